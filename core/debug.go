package core

import (
	"context"
	"html"
	"log/slog"
	"net/http"
	"strings"
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

// secretParams are query parameters whose values are credentials.
var secretParams = map[string]bool{
	cookieSession: true, queryDevBrowser: true, queryHandshake: true, queryHandshakeNonce: true, queryLegacyDevBrowser: true,
}

// redactURL cuts the credentials in the query of a URL, also in URLs that
// parameters hold.
func redactURL(u string) string {
	base, query, found := strings.Cut(u, "?")
	if !found {
		return u
	}
	query, hash, hasHash := strings.Cut(query, "#")
	params := parseQuery(query)
	for i, p := range params {
		switch {
		case secretParams[p.name]:
			params[i].value = cut(p.value)
		case strings.Contains(p.value, "?"):
			params[i].value = redactURL(p.value)
		}
	}
	base += "?" + encodeQuery(params)
	if hasHash {
		base += "#" + hash
	}
	return base
}

// logRequest logs what Options.Debug promises. Cookies and the Authorization
// header are not logged at all, only which of Clerk's are there.
func (c *Clerk) logRequest(ctx context.Context, ra *RequestAuth) {
	s, o := ra.state, &c.opts
	auth := s.Auth()
	jar := parseCookies(ra.request.Header("Cookie"), &c.cookieNames)
	var headers []any
	for _, h := range s.headers {
		switch h.Name {
		case headerSetCookie:
			name, value, _ := strings.Cut(h.Value, "=")
			headers = append(headers, slog.String(h.Name, name+"="+cut(value)))
		case headerLocation:
			headers = append(headers, slog.String(h.Name, redactURL(h.Value)))
		default:
			headers = append(headers, slog.String(h.Name, h.Value))
		}
	}
	c.log.InfoContext(ctx, "clerk debug",
		slog.Group("options",
			"publishableKey", o.PublishableKey, "secretKey", cut(o.SecretKey), "machineSecretKey", cut(o.MachineSecretKey),
			"jwtKey", o.JWTKey != "", "proxyUrl", o.ProxyURL, "domain", o.Domain, "isSatellite", o.IsSatellite,
			"signInUrl", o.SignInURL, "signUpUrl", o.SignUpURL, "apiUrl", o.APIURL, "authorizedParties", o.AuthorizedParties),
		slog.Group("request",
			"method", ra.request.Method(), "url", redactURL(ra.publicURL().String()),
			"forwarded", len(ra.request.Header("X-Forwarded-Host")) > 0, "secFetchDest", header(ra.request, "Sec-Fetch-Dest"),
			"authorization", header(ra.request, "Authorization") != "",
			"sessionCookie", jar.session.value != "" || jar.sessionSuffixed.value != "",
			"clientUat", jar.clientUAT.value+jar.clientUATSuffixed.value,
			"devBrowserCookie", jar.devBrowser.value != "" || jar.devBrowserSuffixed.value != "",
			"redirectCount", jar.redirectCount.value),
		slog.Group("requestState", "status", string(s.status), "reason", string(s.reason), "message", s.message,
			slog.Group("headers", headers...)),
		slog.Group("auth", "userId", auth.UserID, "sessionId", auth.SessionID, "sessionStatus", auth.SessionStatus,
			"orgId", auth.OrgID, "orgSlug", auth.OrgSlug, "orgRole", auth.OrgRole),
		"explanation", Explain(s),
	)
}

// loopPage is where a redirect loop ends on a development instance: a page for the
// developer, instead of an application that wonders why nobody is signed in.
func loopPage(s *State) Outcome {
	failure := &Error{class: ErrConfiguration, reason: s.reason, message: "handshake redirect loop stopped"}
	body := `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Clerk: redirect loop</title>` +
		`<meta name="viewport" content="width=device-width"><style>body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}` +
		`code{background:#8883;padding:.1em .3em;border-radius:.2em}</style></head><body><main><h1>Clerk stopped a redirect loop</h1>` +
		`<p>The browser was sent to Clerk and back ` + formatNumber(maxHandshakes) + ` times, and is still not known here: <code>` +
		html.EscapeString(string(s.reason)) + `</code>.</p><p>` + html.EscapeString(Explain(s)) + `</p>` +
		`<p>What usually helps: copy the publishable key and the secret key of one instance from Clerk's dashboard; ` +
		`reach the application under one host name, such as <code>localhost</code>; allow its cookies; clear them once; then load the page again.</p>` +
		`<p>Only development instances show this page.</p></main></body></html>`
	return Outcome{
		Delivery: DeliverEmpty,
		Status:   http.StatusInternalServerError,
		Headers:  append(append([]Header(nil), s.headers...), Header{"Content-Type", "text/html; charset=utf-8"}, Header{headerCacheControl, "no-store"}),
		Body:     body,
		Err:      failure,
	}
}
