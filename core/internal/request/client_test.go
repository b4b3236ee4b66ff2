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
		{name: "a connection", remote: "203.0.113.9:4711", one: "203.0.113.9/32 -", network: "203.0.113.0/24 -"},
		{name: "a connection of IPv6", remote: "[2001:db8:1:2:3:4:5:6]:4711", one: "2001:db8:1:2::/64 -", network: "2001:db8:1::/48 -"},
		{name: "IPv4 in IPv6", remote: "[::ffff:203.0.113.9]:4711", one: "203.0.113.9/32 -", network: "203.0.113.0/24 -"},
		{name: "a zone", remote: "[fe80::1%eth0]:4711", one: "fe80::/64 -", network: "fe80::/48 -"},
		{name: "no address", one: "- -", network: "- -"},
		{name: "a socket in the file system", remote: "@", one: "- -", network: "- -"},
		{name: "a proxy at a socket in the file system", remote: "@", forwarded: []string{"203.0.113.9"}, one: "- 203.0.113.9/32", network: "- 203.0.113.0/24"},
		{name: "a proxy on this machine", remote: "127.0.0.1:1", forwarded: []string{"203.0.113.9"}, one: "- 203.0.113.9/32", network: "- 203.0.113.0/24"},
		{name: "a proxy in a private network", remote: "10.1.2.3:1", forwarded: []string{"2001:db8:1:2::9"}, one: "- 2001:db8:1:2::/64", network: "- 2001:db8:1::/48"},
		{name: "a proxy in shared space", remote: "100.64.0.1:1", forwarded: []string{"203.0.113.9"}, one: "- 203.0.113.9/32", network: "- 203.0.113.0/24"},
		{name: "a chain that the client invented", remote: "10.1.2.3:1", forwarded: []string{"1.1.1.1, 2.2.2.2", "3.3.3.3, 203.0.113.9:4711 "}, one: "- 203.0.113.9/32", network: "- 203.0.113.0/24"},
		{name: "quotes and brackets", remote: "10.1.2.3:1", forwarded: []string{`"[2001:db8:1:2::9]:4711"`}, one: "- 2001:db8:1:2::/64", network: "- 2001:db8:1::/48"},
		{name: "brackets without a port", remote: "10.1.2.3:1", forwarded: []string{`[2001:db8:1:2::9]`}, one: "- 2001:db8:1:2::/64", network: "- 2001:db8:1::/48"},
		{name: "a proxy that names nobody", remote: "10.1.2.3:1", forwarded: []string{"203.0.113.9, unknown"}, one: "10.1.2.3/32 -", network: "10.1.2.0/24 -"},
		{name: "an empty header", remote: "10.1.2.3:1", forwarded: []string{""}, one: "10.1.2.3/32 -", network: "10.1.2.0/24 -"},
		{name: "a stranger's own header", remote: "198.51.100.1:1", forwarded: []string{"203.0.113.9"}, one: "198.51.100.1/32 203.0.113.9/32", network: "198.51.100.1/32 -"},
		{name: "forwarded headers ignored", remote: "10.1.2.3:1", forwarded: []string{"203.0.113.9"}, ignore: true, one: "10.1.2.3/32 -", network: "10.1.2.0/24 -"},
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
