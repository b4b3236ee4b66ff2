package request

import (
	"net/netip"
	"strings"
)

// AddressOf returns the IP address in s, which may carry a port, and the brackets
// and quotes that addresses have in headers. It is the zero Addr where there is
// none. IPv4 in IPv6 is IPv4, and zones are dropped.
func AddressOf(s string) netip.Addr {
	const longest = len(`"[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%some-interface]:65535"`)
	s = TrimOWS(s)
	if len(s) > longest {
		return netip.Addr{}
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`)
	ip, err := netip.ParseAddr(s)
	if err != nil {
		if withPort, err := netip.ParseAddrPort(s); err == nil {
			ip = withPort.Addr()
		} else if inner, ok := strings.CutPrefix(s, "["); ok {
			ip, _ = netip.ParseAddr(strings.TrimSuffix(inner, "]")) // The zero Addr where it is none.
		}
	}
	return ip.Unmap().WithZone("")
}

// BareAddress returns the address in s without its port, and s where it holds none.
func BareAddress(s string) string {
	if ip := AddressOf(s); ip.IsValid() {
		return ip.String()
	}
	return s
}

// Client is for whom a call to Clerk is counted: one address, or one network.
// Addresses of IPv6 are cut to /64, which is what one customer has.
type Client struct {
	Peer      netip.Prefix // of the connection; zero where it says nothing
	Forwarded netip.Prefix // what a proxy says; zero where there is none
}

// ClientOf returns the client that makes a request, and the network it belongs to.
//
// A proxy appends the address that it saw to X-Forwarded-For: only the last entry
// is not the client's own invention. It stands for the client where the connection
// comes from a private network or this machine, as a proxy's does. A connection
// from the public network is the client's own, or comes from a proxy out there: the
// entry then tells clients apart, and the connection is the network, whose share
// invented entries cannot exceed.
func ClientOf(r Request, ignoreForwarded bool) (one, network Client) {
	peer := AddressOf(r.RemoteAddr())
	var forwarded netip.Addr
	if !ignoreForwarded {
		forwarded = AddressOf(lastElement(Values(r, HeaderForwardedFor)))
	}
	public := peer.IsValid() && !isLocal(peer)
	switch {
	case public && forwarded.IsValid():
		return Client{prefix(peer, 32, 64), prefix(forwarded, 32, 64)}, Client{Peer: prefix(peer, 32, 64)}
	case forwarded.IsValid():
		return Client{Forwarded: prefix(forwarded, 32, 64)}, Client{Forwarded: prefix(forwarded, 24, 48)}
	}
	return Client{Peer: prefix(peer, 32, 64)}, Client{Peer: prefix(peer, 24, 48)}
}

// ClientAt is [ClientOf] for an address that the application gives. ok is false for
// what is none.
func ClientAt(address string) (one, network Client, ok bool) {
	ip := AddressOf(address)
	if !ip.IsValid() {
		return Client{}, Client{}, false
	}
	return Client{Forwarded: prefix(ip, 32, 64)}, Client{Forwarded: prefix(ip, 24, 48)}, true
}

// isLocal reports whether an address is of this machine or of a private network.
func isLocal(ip netip.Addr) bool {
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || sharedSpace.Contains(ip)
}

// sharedSpace are the addresses between a provider and its customers (RFC 6598),
// which some platforms use for their own networks.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// prefix cuts an address to a network; the zero Prefix stays for the zero Addr.
func prefix(ip netip.Addr, bits4, bits6 int) netip.Prefix {
	bits := bits6
	if ip.Is4() {
		bits = bits4
	}
	p, _ := ip.Prefix(bits) // Fails for the zero Addr only.
	return p
}

// lastElement returns the last element of a header that is a list.
func lastElement(values []string) string {
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return TrimOWS(last[strings.LastIndexByte(last, ',')+1:])
}
