package request

import (
	"net/http"
	"testing"
)

func TestClientOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		remote       string
		forwarded    []string
		ignore       bool
		one, network string
	}{
		{"a connection", "203.0.113.9:4711", nil, false, "203.0.113.9/32 -", "203.0.113.0/24 -"},
		{"a connection of IPv6", "[2001:db8:1:2:3:4:5:6]:4711", nil, false, "2001:db8:1:2::/64 -", "2001:db8:1::/48 -"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.9]:4711", nil, false, "203.0.113.9/32 -", "203.0.113.0/24 -"},
		{"a zone", "[fe80::1%eth0]:4711", nil, false, "fe80::/64 -", "fe80::/48 -"},
		{"no address", "", nil, false, "- -", "- -"},
		{"a socket in the file system", "@", nil, false, "- -", "- -"},
		{"a proxy at a socket in the file system", "@", []string{"203.0.113.9"}, false, "- 203.0.113.9/32", "- 203.0.113.0/24"},
		{"a proxy on this machine", "127.0.0.1:1", []string{"203.0.113.9"}, false, "- 203.0.113.9/32", "- 203.0.113.0/24"},
		{"a proxy in a private network", "10.1.2.3:1", []string{"2001:db8:1:2::9"}, false, "- 2001:db8:1:2::/64", "- 2001:db8:1::/48"},
		{"a proxy in shared space", "100.64.0.1:1", []string{"203.0.113.9"}, false, "- 203.0.113.9/32", "- 203.0.113.0/24"},
		{"a chain that the client invented", "10.1.2.3:1", []string{"1.1.1.1, 2.2.2.2", "3.3.3.3, 203.0.113.9:4711 "}, false, "- 203.0.113.9/32", "- 203.0.113.0/24"},
		{"quotes and brackets", "10.1.2.3:1", []string{`"[2001:db8:1:2::9]:4711"`}, false, "- 2001:db8:1:2::/64", "- 2001:db8:1::/48"},
		{"brackets without a port", "10.1.2.3:1", []string{`[2001:db8:1:2::9]`}, false, "- 2001:db8:1:2::/64", "- 2001:db8:1::/48"},
		{"a proxy that names nobody", "10.1.2.3:1", []string{"203.0.113.9, unknown"}, false, "10.1.2.3/32 -", "10.1.2.0/24 -"},
		{"an empty header", "10.1.2.3:1", []string{""}, false, "10.1.2.3/32 -", "10.1.2.0/24 -"},
		{"a stranger's own header", "198.51.100.1:1", []string{"203.0.113.9"}, false, "198.51.100.1/32 203.0.113.9/32", "198.51.100.1/32 -"},
		{"forwarded headers ignored", "10.1.2.3:1", []string{"203.0.113.9"}, true, "10.1.2.3/32 -", "10.1.2.0/24 -"},
	} {
		h := http.Header{}
		for _, value := range tt.forwarded {
			h.Add("X-Forwarded-For", value)
		}
		one, network := ClientOf(HTTP{R: &http.Request{RemoteAddr: tt.remote, Header: h}}, tt.ignore)
		if got := one.text(); got != tt.one {
			t.Errorf("%s: got client %q, want %q", tt.name, got, tt.one)
		}
		if got := network.text(); got != tt.network {
			t.Errorf("%s: got network %q, want %q", tt.name, got, tt.network)
		}
	}
}

// text is a client in words.
func (c Client) text() string {
	s := "-"
	if c.Peer.IsValid() {
		s = c.Peer.String()
	}
	if c.Forwarded.IsValid() {
		return s + " " + c.Forwarded.String()
	}
	return s + " -"
}
