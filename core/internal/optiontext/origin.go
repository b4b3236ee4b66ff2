package optiontext

import (
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/redact"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// PartyOrigin returns the origin that a text means, as browsers and Clerk's azp claim
// spell it. For a text that means none, remedy says what to write instead.
//
// scheme://host of any scheme is an origin: extensions and wrapped applications
// have chrome-extension://…, capacitor://localhost and the like.
func PartyOrigin(text string) (origin, remedy string) {
	scheme, rest, found := strings.Cut(text, "://")
	switch {
	case text == "":
		return "", "remove the blank entry"
	case strings.ContainsAny(text, ", ;") || strings.ContainsFunc(text, IsInvisible):
		return "", "write one origin for each entry, without white space"
	case strings.Contains(text, "*"):
		return "", "there are no wildcards: list each origin, such as https://app.example.com"
	case strings.Trim(text, quotes) != text:
		return "", "remove the quotes"
	case text == "null":
		return "", "null is the origin of no page: write scheme and host, such as https://app.example.com"
	case !found && singleSlash(text) != "":
		return "", "write " + singleSlash(text)
	case !found && strings.HasPrefix(hostName(text), "localhost"):
		return "", "write the scheme in front, such as http://" + hostName(text)
	case !found && hostName(text) != "":
		return "", "write the scheme in front, such as https://" + hostName(text)
	case !found || !request.IsScheme(scheme):
		return "", "write scheme and host, such as https://app.example.com"
	}
	scheme = strings.ToLower(scheme)
	host := strings.TrimSuffix(rest, "/")
	if name := hostName(host); name == "" || name != host {
		if name != "" {
			if short, other := PartyOrigin(scheme + "://" + name); other == "" {
				return "", "write " + short + " alone, without user, path, query or fragment"
			}
		}
		return "", "write scheme and host alone, such as https://app.example.com"
	}
	switch scheme {
	case "http", "https", "ws", "wss", "ftp": // Those whose hosts have a canonical spelling.
		u, err := weburl.Parse(scheme + "://" + host)
		if err != nil {
			return "", "the host is none: write one such as https://app.example.com"
		}
		return u.Origin(), ""
	}
	return scheme + "://" + host, ""
}

// singleSlash returns what was probably meant by a web address that lacks one or both
// slashes before its host, or "".
func singleSlash(text string) string {
	for _, scheme := range [...]string{"https:", "http:"} {
		if rest, found := strings.CutPrefix(strings.ToLower(text), scheme); found && hostName(rest) != "" {
			return scheme + "//" + hostName(rest)
		}
	}
	return ""
}

// hostName cuts what may stand around a host, with its port, off a text without its
// scheme.
func hostName(text string) string {
	text = strings.TrimLeft(text, `/\`)
	if i := strings.IndexAny(text, `/?#\`); i >= 0 {
		text = text[:i]
	}
	return redact.Redactor{}.Redact(text[strings.LastIndexByte(text, '@')+1:])
}
