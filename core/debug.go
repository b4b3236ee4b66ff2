package core

import (
	"context"
	"html"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/redact"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// logRequest logs what Options.Debug promises. Cookies and the Authorization
// header are not logged at all, only which of Clerk's are there.
func (c *Clerk) logRequest(ctx context.Context, ra *RequestAuth) {
	s, o := ra.state, &c.opts
	auth := s.Auth()
	jar := engine.ParseCookies(ra.request.Header("Cookie"), &c.engine.Cookies)
	red := c.redactor(ra.request, &jar)
	authorization := request.Header(ra.request, "Authorization")
	var headers []any
	for _, h := range s.headers {
		switch h.Name {
		case headerSetCookie:
			name, value, _ := strings.Cut(h.Value, "=")
			headers = append(headers, slog.String(h.Name, name+"="+redact.Cut(value)))
		default:
			headers = append(headers, red.URL(h.Name, h.Value))
		}
	}
	c.log.InfoContext(ctx, "clerk debug",
		slog.Group("options",
			red.Text("publishableKey", o.PublishableKey), "secretKey", redact.Cut(o.SecretKey), "machineSecretKey", redact.Cut(o.MachineSecretKey),
			"jwtKey", o.JWTKey != "", "audience", o.Audience, red.URLs("authorizedParties", o.AuthorizedParties), red.URLs("issuer", o.Issuer), "clockSkew", c.skew,
			red.URL("domain", o.Domain), "isSatellite", o.IsSatellite, "satelliteAutoSync", o.SatelliteAutoSync, red.URL("proxyUrl", o.ProxyURL),
			red.URL("signInUrl", o.SignInURL), red.URL("signUpUrl", o.SignUpURL),
			"organizationPatterns", o.OrganizationSync.OrganizationPatterns, "personalAccountPatterns", o.OrganizationSync.PersonalAccountPatterns,
			red.URL("apiUrl", o.APIURL), red.Text("apiVersion", o.APIVersion), "apiStatus", o.APIStatus, "ignoreForwarded", o.IgnoreForwarded),
		slog.Group("request",
			"method", ra.request.Method(), red.URL("url", ra.publicURL().String()),
			"forwarded", len(ra.request.Header("X-Forwarded-Host")) > 0, red.Text("secFetchDest", request.Header(ra.request, "Sec-Fetch-Dest")),
			"authorization", authorization != "", "basicAuth", strings.HasPrefix(authorization, "Basic "),
			"sessionCookie", jar.Session.Value != "" || jar.SessionSuffixed.Value != "",
			red.Text("clientUat", jar.ClientUAT.Value), red.Text("clientUatSuffixed", jar.ClientUATSuffixed.Value),
			"devBrowserCookie", jar.DevBrowser.Value != "" || jar.DevBrowserSuffixed.Value != "",
			red.Text("redirectCount", jar.RedirectCount.Value)),
		slog.Group("requestState", "status", string(s.Status()), red.Text("reason", string(s.reason)), red.Text("message", s.Message()),
			slog.Group("headers", headers...)),
		slog.Group("auth", "tokenType", string(auth.TokenType), "userId", auth.UserID, "sessionId", auth.SessionID, "sessionStatus", auth.SessionStatus,
			"orgId", auth.OrgID, "orgSlug", auth.OrgSlug, "orgRole", auth.OrgRole),
		explanation(red, s, maxDebugged),
	)
}

// logMachine logs the verdict on a machine's token, which comes later.
func (c *Clerk) logMachine(ctx context.Context, s *State) {
	red := redact.Redactor{}
	c.log.InfoContext(ctx, "clerk debug",
		slog.Group("requestState", "status", string(s.Status()), "tokenType", string(s.tokenType), red.Text("reason", string(s.reason)), red.Text("message", s.Message())),
		explanation(red, s, maxDebugged),
	)
}

// loopPage is where a redirect loop ends on a development instance: a page for the
// developer, instead of an application that wonders why nobody is signed in.
func (ra *RequestAuth) loopPage() Outcome {
	jar := engine.ParseCookies(ra.request.Header("Cookie"), &ra.clerk.engine.Cookies)
	missing := make([]string, 0, 3)
	for _, c := range [...]struct {
		name           string
		bare, suffixed engine.Cookie
	}{
		{engine.CookieDevBrowser, jar.DevBrowser, jar.DevBrowserSuffixed},
		{engine.CookieClientUAT, jar.ClientUAT, jar.ClientUATSuffixed},
		{engine.CookieSession, jar.Session, jar.SessionSuffixed},
	} {
		if c.bare.Value == "" && c.suffixed.Value == "" {
			missing = append(missing, "<code>"+c.name+"</code>")
		}
	}
	cookies := "All of Clerk's cookies came along."
	if len(missing) > 0 {
		cookies = "Cookies that did not come along: " + strings.Join(missing, ", ") + "."
	}
	return ra.developerPage("The browser was sent to Clerk and back "+strconv.Itoa(engine.MaxHandshakes)+" times, and is still not known here.",
		"<p>"+cookies+"</p><p>"+html.EscapeString(Explain(ra.state))+"</p>"+
			"<p>What else may help: "+
			"reach the application under one host name, such as <code>localhost</code>; allow its cookies; clear them once; then load the page again.</p>")
}

// guardedSignInPage is the same for a sign-in page that asks for a signed-in user.
func (ra *RequestAuth) guardedSignInPage() Outcome {
	return ra.developerPage("The sign-in page protects itself.", "<p>"+html.EscapeString(guardedSignInAdvice)+"</p>")
}

const guardedSignInAdvice = "The sign-in page (Options.SignInURL) stands behind a guard, which sends signed-out users to the sign-in page. " +
	"Let everybody reach it: register it outside the guarded group, or add it to the public routes, for example core.MustRouteMatcher(\"/sign-in(.*)\").Not()."

// isGuardedSignIn reports whether a redirect to the sign-in page has come back to
// itself: page, the current one, is the target, and is to lead back to itself.
func isGuardedSignIn(target, page weburl.URL) bool {
	samePage := func(u weburl.URL) bool { return u.Origin() == page.Origin() && u.Path() == page.Path() }
	if !samePage(target) {
		return false
	}
	back, found := weburl.QueryParam(page.Query(), "redirect_url")
	if !found || back == "" {
		return false
	}
	u, err := page.Resolve(back)
	return err == nil && samePage(u)
}

// developerPage ends a redirect loop. text is HTML.
func (ra *RequestAuth) developerPage(what, text string) Outcome {
	s := ra.state
	body := `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Clerk: redirect loop</title>` +
		`<meta name="viewport" content="width=device-width"><style>body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}` +
		`code{background:#8883;padding:.1em .3em;border-radius:.2em}</style></head><body><main><h1>Clerk stopped a redirect loop</h1>` +
		`<p>` + html.EscapeString(what) + ` The reason: <code>` + html.EscapeString(string(s.reason)) + `</code>.</p>` + text +
		`<p>Only development instances show this page.</p></main></body></html>`
	return Outcome{
		kind:        deliverAnswer,
		page:        true,
		Status:      http.StatusInternalServerError,
		Headers:     []Header{{headerCacheControl, "no-store"}},
		Body:        body,
		ContentType: "text/html; charset=utf-8",
		Err:         &Error{class: ErrConfiguration, reason: s.reason, message: "redirect loop stopped"},
	}
}
