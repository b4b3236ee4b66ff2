package optiontext

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// Trim cuts what cannot be seen off both ends of a configured text: white
// space, line ends, and what comes along when one copies from a web page or saves
// with another editor, such as a byte order mark or a zero-width space.
func Trim(s string) string { return strings.TrimFunc(s, IsInvisible) }

// IsInvisible reports whether a rune cannot be seen.
func IsInvisible(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf) }

// DomainOf returns the domain that a text means: people give it with a scheme or a
// slash behind. Tokens and cookies name it in small letters.
func DomainOf(text string) string {
	u, err := weburl.Parse(text)
	if hasScheme := strings.Contains(text, "://"); !hasScheme {
		u, err = weburl.Parse("https://" + text)
	}
	if err != nil || !u.IsHTTP() || u.Path() != "/" || u.Search() != "" || u.Hash() != "" || u.HasCredentials() {
		return text
	}
	return u.Host()
}

// IsDomain reports whether a text is the name of a host, and nothing else.
func IsDomain(text string) bool {
	u, err := weburl.Parse("https://" + text)
	return err == nil && u.Host() == text && !strings.ContainsAny(text, "*,;'\"!$&()=~")
}

// CanBeCalled reports whether package net/url reads an address as browsers do, who
// overlook much.
func CanBeCalled(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != ""
}

// IsVersion reports whether a version may stand in a path. Slashes around it do not
// count.
func IsVersion(version string) bool {
	for segment := range strings.SplitSeq(strings.Trim(version, "/"), "/") {
		if segment == "" || segment == "." || segment == ".." || strings.ContainsFunc(segment, func(r rune) bool {
			return !jstext.IsWordByte(byte(r)) && r != '.' && r != '-' || r > unicode.MaxASCII
		}) {
			return false
		}
	}
	return true
}
