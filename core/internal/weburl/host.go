package weburl

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
)

// profile is the standard's way from names to ASCII.
var profile = idna.New(
	idna.MapForLookup(),
	idna.BidiRule(),
	idna.CheckJoiners(true),
	idna.CheckHyphens(false),
	idna.StrictDomainName(false),
	idna.Transitional(false),
	idna.VerifyDNSLength(false),
)

// forbidden are the characters that no host may hold; domains may hold fewer still.
const forbidden = "\x00\t\n\r #/:<>?@[\\]^|"

// parseHost reads a host and returns it as it is written out. Only those of special schemes are
// domains and IPv4 addresses.
func parseHost(s string, special bool) (host string, ok bool) {
	switch {
	case len(s) > MaxHost:
		return "", false
	case strings.HasPrefix(s, "["):
		if len(s) < 2 || s[len(s)-1] != ']' {
			return "", false
		}
		address, ok := parseIPv6(s[1 : len(s)-1])
		if !ok {
			return "", false
		}
		return "[" + writeIPv6(address) + "]", true
	case !special:
		if strings.ContainsAny(s, forbidden) {
			return "", false
		}
		return escapeHost(s), true
	}
	domain, ok := toASCII(jstext.ToValidUTF8(unescape(s)))
	if !ok || domain == "" {
		return "", false
	}
	for i := range len(domain) {
		if c := domain[i]; c < ' ' || c == '%' || c >= 0x7F || strings.IndexByte(forbidden, c) >= 0 {
			return "", false
		}
	}
	if !endsInNumber(domain) {
		return domain, true
	}
	address, ok := parseIPv4(domain)
	if !ok {
		return "", false
	}
	return netip.AddrFrom4(address).String(), true
}

// escapeHost escapes the host of a scheme that browsers do not know.
func escapeHost(s string) string {
	var w writer
	w.escape(s, controlSet)
	return w.text.String()
}

// toASCII is the standard's domain to ASCII.
func toASCII(domain string) (string, bool) {
	ascii, punycode := true, false
	for i := range len(domain) {
		ascii = ascii && domain[i] < utf8.RuneSelf
		punycode = punycode || (i == 0 || domain[i-1] == '.') && hasPunycode(domain[i:])
	}
	if ascii && !punycode {
		return strings.ToLower(domain), true
	}
	out, err := profile.ToASCII(domain)
	return out, err == nil && keepsPunycode(domain, out)
}

// keepsPunycode reports whether every label that claims to be encoded still is. One that encodes
// nothing would become another name.
func keepsPunycode(domain, out string) bool {
	for domain != "" {
		var label, encoded string
		if i := strings.IndexAny(domain, ".\u3002\uff0e\uff61"); i >= 0 {
			_, size := utf8.DecodeRuneInString(domain[i:])
			label, domain = domain[:i], domain[i+size:]
		} else {
			label, domain = domain, ""
		}
		encoded, out, _ = strings.Cut(out, ".")
		if hasPunycode(label) && !hasPunycode(encoded) {
			return false
		}
	}
	return true
}

func hasPunycode(label string) bool { return len(label) >= 4 && strings.EqualFold(label[:4], "xn--") }

// endsInNumber reports whether a domain is meant as an IPv4 address.
func endsInNumber(domain string) bool {
	domain = strings.TrimSuffix(domain, ".")
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	if last == "" {
		return false
	}
	digits := true
	for i := range len(last) {
		digits = digits && '0' <= last[i] && last[i] <= '9'
	}
	if digits {
		return true
	}
	_, ok := parseIPv4Number(last)
	return ok
}

func parseIPv4(domain string) (address [4]byte, ok bool) {
	parts := strings.Split(strings.TrimSuffix(domain, "."), ".")
	if len(parts) > 4 {
		return address, false
	}
	var all uint64
	for i, part := range parts {
		n, ok := parseIPv4Number(part)
		if !ok {
			return address, false
		}
		if i < len(parts)-1 {
			if n > 0xFF {
				return address, false
			}
			all |= n << (8 * (3 - i))
			continue
		}
		if n >= 1<<(8*(5-len(parts))) {
			return address, false
		}
		all |= n
	}
	return [4]byte{byte(all >> 24), byte(all >> 16), byte(all >> 8), byte(all)}, true
}

// parseIPv4Number reads a decimal, octal or hexadecimal number. One that is too large is some
// number that is too large.
func parseIPv4Number(s string) (n uint64, ok bool) {
	if s == "" {
		return 0, false
	}
	base := 10
	if len(s) >= 2 && s[0] == '0' {
		if s[1]|0x20 == 'x' {
			base, s = 16, s[2:]
		} else {
			base, s = 8, s[1:]
		}
	}
	for i := range len(s) {
		d, ok := jstext.Unhex(s[i])
		if !ok || int(d) >= base {
			return 0, false
		}
		n = min(n*uint64(base)+uint64(d), 1<<40)
	}
	return n, true
}

// parseIPv6 reads an address without brackets, in the standard's way: some zeros too many and parts
// of IPv4 addresses differ from package netip.
func parseIPv6(s string) (address [8]uint16, ok bool) {
	piece, compress, i := 0, -1, 0
	if strings.HasPrefix(s, ":") {
		if !strings.HasPrefix(s, "::") {
			return address, false
		}
		i, piece, compress = 2, 1, 1
	}
	for i < len(s) {
		if piece == 8 {
			return address, false
		}
		if s[i] == ':' {
			if compress >= 0 {
				return address, false
			}
			i++
			piece++
			compress = piece
			continue
		}
		value, start := 0, i
		for i < len(s) && i < start+4 {
			d, isHex := jstext.Unhex(s[i])
			if !isHex {
				break
			}
			value = value<<4 | int(d)
			i++
		}
		switch {
		case i < len(s) && s[i] == '.':
			if i == start || piece > 6 {
				return address, false
			}
			v4, ok := parseIPv4Tail(s[start:])
			if !ok {
				return address, false
			}
			address[piece], address[piece+1] = uint16(v4>>16), uint16(v4)
			piece += 2
			i = len(s)
			continue
		case i < len(s) && s[i] == ':':
			if i++; i == len(s) {
				return address, false
			}
		case i < len(s):
			return address, false
		}
		address[piece] = uint16(value)
		piece++
	}
	if compress >= 0 {
		moved := piece - compress
		for j := 7; piece != compress && j >= 8-moved; j-- {
			from := compress + (j - (8 - moved))
			address[j] = address[from]
			if from != j {
				address[from] = 0
			}
		}
		return address, true
	}
	return address, piece == 8
}

// parseIPv4Tail reads the IPv4 address at the end of an IPv6 address: four decimal numbers without
// leading zeros.
func parseIPv4Tail(s string) (v4 uint32, ok bool) {
	parts := 0
	for part := range strings.SplitSeq(s, ".") {
		if parts++; parts > 4 || part == "" || len(part) > 3 || len(part) > 1 && part[0] == '0' {
			return 0, false
		}
		n := 0
		for i := range len(part) {
			if part[i] < '0' || part[i] > '9' {
				return 0, false
			}
			n = n*10 + int(part[i]-'0')
		}
		if n > 0xFF {
			return 0, false
		}
		v4 = v4<<8 | uint32(n)
	}
	return v4, parts == 4
}

// writeIPv6 writes an address with its first longest run of zeros left out.
func writeIPv6(address [8]uint16) string {
	start, length := -1, 1
	for i := 0; i < 8; i++ {
		end := i
		for end < 8 && address[end] == 0 {
			end++
		}
		if end-i > length {
			start, length = i, end-i
		}
		if end > i {
			i = end
		}
	}
	var b strings.Builder
	for i := 0; i < 8; i++ {
		if i == start {
			if i == 0 {
				b.WriteByte(':')
			}
			b.WriteByte(':')
			i += length - 1
			continue
		}
		b.WriteString(strconv.FormatUint(uint64(address[i]), 16))
		if i < 7 {
			b.WriteByte(':')
		}
	}
	return b.String()
}
