// Package redact cuts credentials out of what is logged, and out of what an error
// quotes.
package redact

import (
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// visible is how much of a secret debug output shows.
const visible = 7

// Cut shortens a secret for debug output.
func Cut(secret string) string {
	if len(secret) <= visible {
		return strings.Repeat("*", len(secret))
	}
	return secret[:visible] + "..."
}

// shownParams are the query parameters whose values may be seen: Clerk's own that
// hold no credential. What the parameters of an application hold, nobody knows.
var shownParams = [...]string{
	engine.QuerySynced, "__clerk_hs_reason", "__clerk_api_version", "suffixed_cookies", "format", "organization_id",
}

// urlParams are those that hold URLs, which are read likewise.
var urlParams = [...]string{"redirect_url", engine.QueryRedirectURL}

// credentials are texts that look like one, wherever they stand.
var credentials = regexp.MustCompile(
	`(?:sk_test_|sk_live_|whsec_|\bak_|\boat_|\bmt_)[A-Za-z0-9+/=_-]+|eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?`)

// userinfos are what may stand in front of the host in a URL.
var userinfos = regexp.MustCompile(`//[^/?#@\s]*@`)

// urlsInText are the URLs with a query or a fragment that a text quotes, an error for
// example.
var urlsInText = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]*[?#][^\s"'<>]*`)

// Redactor cuts credentials out of what is logged about one request. The zero
// value knows what credentials look like, but none of the request's own.
type Redactor struct{ own *strings.Replacer }

// New returns what cuts these secrets too, in whatever text they stand.
func New(secrets []string) Redactor {
	// The longest first, so that none is cut inside another.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, secret := range secrets {
		if len(secret) > visible {
			pairs = append(pairs, secret, Cut(secret))
		}
	}
	return Redactor{strings.NewReplacer(pairs...)}
}

// Redact cuts credentials out of a text.
func (red Redactor) Redact(s string) string {
	if red.own != nil {
		s = red.own.Replace(s)
	}
	s = urlsInText.ReplaceAllStringFunc(s, func(u string) string { return inURL(u, 0) })
	return userinfos.ReplaceAllString(credentials.ReplaceAllStringFunc(s, Cut), "//...@")
}

// maxShown bounds what a log entry shows of one text. What is longer is not shown at
// all: a part of a credential is not known for one.
const maxShown = 8 << 10

// Text is a log entry with a text.
func (red Redactor) Text(name, value string) slog.Attr {
	if len(value) > maxShown {
		return slog.String(name, hidden+" ("+strconv.Itoa(len(value))+" bytes)")
	}
	return slog.String(name, red.Redact(value))
}

// URL is a log entry with a URL, or with a text that may be one.
func (red Redactor) URL(name, value string) slog.Attr {
	if len(value) <= maxShown {
		value = inURL(value, 0)
	}
	return red.Text(name, value)
}

// URLs is a log entry with several.
func (red Redactor) URLs(name string, values []string) slog.Attr {
	redacted := make([]string, len(values))
	for i, value := range values {
		redacted[i] = red.Redact(inURL(value, 0))
	}
	return slog.Any(name, redacted)
}

// maxURLDepth is how deep URLs in URLs are read. What is deeper is cut off.
const maxURLDepth = 16

// inURL cuts the credentials in front of the host of a URL, its fragment, and the
// values of its query but those that may be seen, also in URLs that parameters hold.
func inURL(u string, depth int) string {
	if depth > maxURLDepth {
		return hidden
	}
	u = userinfos.ReplaceAllString(u, "//...@")
	u, hash := request.CutHash(u)
	if len(hash) > 1 {
		hash = "#" + hidden
	}
	base, query, hasQuery := strings.Cut(u, "?")
	if !hasQuery {
		return u + hash
	}
	return base + "?" + inQuery(query, depth) + hash
}

// hidden stands for what is not shown.
const hidden = "..."

func inQuery(query string, depth int) string {
	params := weburl.ParseQuery(query)
	for i, p := range params {
		switch {
		case !isParamName(p.Name), p.Value == "" && !slices.Contains(shownParams[:], p.Name): // Perhaps a token alone.
			params[i] = weburl.Pair(hidden, hidden)
		case slices.Contains(shownParams[:], p.Name):
			params[i].Value = shownValue(p.Value)
		case slices.Contains(urlParams[:], p.Name) && (strings.HasPrefix(p.Value, "/") || weburl.IsAbsolute(p.Value)):
			params[i].Value = inURL(p.Value, depth+1)
		default:
			params[i].Value = hidden
		}
	}
	return weburl.EncodeQuery(params)
}

// isParamName reports whether a text may be the name of a parameter. A query may
// consist of a token alone, which then stands in the place of a name.
func isParamName(name string) bool {
	const most = 24
	digits := 0
	for i := range len(name) {
		switch c := name[i]; {
		case '0' <= c && c <= '9':
			digits++
		case !jstext.IsWordByte(c) && c != '-' && c != '.':
			return false
		}
	}
	return name != "" && len(name) <= most && digits <= 2
}

// shownValue is the value of one of Clerk's parameters, which are words. Whoever
// sends something else there does not get it into the log.
func shownValue(value string) string {
	const most = 64
	if len(value) > most || strings.ContainsFunc(value, func(r rune) bool { return !jstext.IsWordByte(byte(r)) && r != '-' || r > 0x7F }) {
		return hidden
	}
	return value
}

// Quoted quotes a configured text in an error, which must neither be long nor show
// a credential that was put into the wrong field.
func Quoted(text string) string {
	const most = 80
	text = Redactor{}.Redact(inURL(text, 0))
	if len(text) > most {
		text = text[:most] + "..."
	}
	return strconv.Quote(text)
}
