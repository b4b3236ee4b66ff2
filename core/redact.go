package core

import (
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// visible is how much of a secret debug output shows.
const visible = 7

// cut shortens a secret for debug output.
func cut(secret string) string {
	if len(secret) <= visible {
		return strings.Repeat("*", len(secret))
	}
	return secret[:visible] + "..."
}

// secretParams start the names of query parameters whose values are credentials.
var secretParams = [...]string{
	cookieSession, cookieRefresh, queryDevBrowser, queryHandshake, queryLegacyDevBrowser,
	"__clerk_ticket", "__clerk_invitation", "rotating_token_nonce",
}

// secretWords are other names of such parameters, of applications' own.
var secretWords = [...]string{
	"token", "access_token", "refresh_token", "id_token", "code", "api_key", "apikey", "key", "password", "secret", "client_secret", "signature", "sig",
}

// credentials are texts that look like one, wherever they stand.
var credentials = regexp.MustCompile(
	`(?:sk_test_|sk_live_|whsec_|\bak_|\boat_|\bmt_)[A-Za-z0-9+/=_-]+|eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?`)

// userinfos are what may stand in front of the host in a URL.
var userinfos = regexp.MustCompile(`//[^/?#@\s]*@`)

func isSecretParam(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(secretWords[:], name) ||
		slices.ContainsFunc(secretParams[:], func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// redactor cuts credentials out of what is logged about one request. The zero
// value knows what credentials look like, but none of the request's own.
type redactor struct{ own *strings.Replacer }

// redactor returns what cuts the credentials of a request and of the options, in
// whatever text they stand.
func (c *Clerk) redactor(r Request, jar *cookieJar) redactor {
	secrets := []string{c.opts.SecretKey, c.opts.MachineSecretKey, authorizationToken(header(r, "Authorization"))}
	for _, name := range [...]string{"Authorization", "Proxy-Authorization", headerAuthToken, headerRequestData} {
		for _, value := range r.Header(name) {
			secrets = append(secrets, value)
			_, value, _ = strings.Cut(value, " ")
			secrets = append(secrets, value)
		}
	}
	for _, cookie := range [...]cookie{
		jar.session, jar.sessionSuffixed, jar.devBrowser, jar.devBrowserSuffixed, jar.refreshSuffixed, jar.handshake, jar.handshakeNonce,
	} {
		secrets = append(secrets, cookie.value)
	}
	// The longest first, so that none is cut inside another.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, secret := range secrets {
		if len(secret) > visible {
			pairs = append(pairs, secret, cut(secret))
		}
	}
	return redactor{strings.NewReplacer(pairs...)}
}

func (red redactor) redact(s string) string {
	if red.own != nil {
		s = red.own.Replace(s)
	}
	return userinfos.ReplaceAllString(credentials.ReplaceAllStringFunc(s, cut), "//...@")
}

// text is a log entry with a text.
func (red redactor) text(name, value string) slog.Attr { return slog.String(name, red.redact(value)) }

// url is a log entry with a URL, or with a text that may be one.
func (red redactor) url(name, value string) slog.Attr {
	return slog.String(name, red.redact(redactURL(value, 0)))
}

func (red redactor) urls(name string, values []string) slog.Attr {
	redacted := make([]string, len(values))
	for i, value := range values {
		redacted[i] = red.redact(redactURL(value, 0))
	}
	return slog.Any(name, redacted)
}

// maxURLDepth is how deep URLs in URLs are read. What is deeper is cut off.
const maxURLDepth = 16

// redactURL cuts the credentials in front of the host, in the query and the fragment of a URL, also in
// URLs that parameters hold.
func redactURL(u string, depth int) string {
	if depth > maxURLDepth {
		return "..."
	}
	u = userinfos.ReplaceAllString(u, "//...@")
	i := strings.IndexAny(u, "?#")
	if i < 0 {
		return u
	}
	base, rest := u[:i+1], u[i+1:]
	if u[i] == '?' {
		query, hash, hasHash := strings.Cut(rest, "#")
		base += redactQuery(query, depth)
		if !hasHash {
			return base
		}
		base, rest = base+"#", hash
	}
	if strings.Contains(rest, "=") {
		rest = redactQuery(rest, depth)
	}
	return base + rest
}

func redactQuery(query string, depth int) string {
	params := weburl.ParseQuery(query)
	for i, p := range params {
		// A fragment may hold a path and a query of its own, as in #/page?token=x.
		name := p.Name[strings.LastIndexAny(p.Name, "?#/")+1:]
		if isSecretParam(name) {
			params[i].Value = cut(p.Value)
		} else {
			params[i].Value = redactURL(p.Value, depth+1)
		}
	}
	return weburl.EncodeQuery(params)
}
