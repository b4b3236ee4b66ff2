package core

import (
	"errors"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

// apiVersionDate is the version of Clerk's APIs that this package speaks.
const apiVersionDate = "2026-05-12"

// maxHandshakes is how many handshakes may follow each other before the request
// is answered as signed out.
const maxHandshakes = 3

// handshakeClockSkew is the tolerance of the second look at a token that a
// development instance has just minted.
const handshakeClockSkew = 24 * time.Hour

// handshake sends the browser to Clerk, if the request is a page load that can
// follow; otherwise the request is signed out for the same reason.
func (a *authentication) handshake(reason Reason, message string) *State {
	if !a.eligibleForHandshake() {
		return signedOut(SessionToken, reason, message)
	}
	a.readCookies() // A token in the header may lead here too.
	location, err := a.handshakeURL(reason)
	if err != nil {
		return failed(err)
	}
	return a.redirect(reason, message, location)
}

// redirectTo is handshake with another destination than Clerk.
func (a *authentication) redirectTo(reason Reason, location webURL) *State {
	if !a.eligibleForHandshake() {
		return signedOut(SessionToken, reason, "")
	}
	return a.redirect(reason, "", location.String())
}

func (a *authentication) redirect(reason Reason, message, location string) *State {
	if a.loopCounter == maxHandshakes {
		a.logRedirectLoop(reason)
		// Signing in and out fast enough ends here too; that is no fault to explain.
		loop := reason != ReasonDevBrowserSync
		return signedOut(SessionToken, reason, message).because(details{message: message, loop: loop})
	}
	counter := cookieRedirectCount + "=" + formatNumber(a.loopCounter+1) + "; SameSite=Lax; HttpOnly; Max-Age=2"
	return handshake(reason, message, []Header{
		{headerCacheControl, "no-store"},
		{headerLocation, location},
		{headerSetCookie, counter},
	})
}

// eligibleForHandshake reports whether the request is probably a page load.
func (a *authentication) eligibleForHandshake() bool {
	if a.method != "GET" {
		return false
	}
	switch dest := header(a.request, "Sec-Fetch-Dest"); dest {
	case "document", "iframe":
		return true
	case "":
		return strings.HasPrefix(header(a.request, "Accept"), "text/html")
	}
	return false
}

// logRedirectLoop names the usual cause of a loop.
func (a *authentication) logRedirectLoop(reason Reason) {
	advice := "the publishable key and the secret key probably belong to different instances: copy both from the same page of the Clerk dashboard"
	if reason == ReasonSatelliteNeedsSyncing {
		advice = "check that the request uses a domain that is configured as primary or satellite of this production instance; preview deployments need a development instance"
	}
	a.clerk.log.WarnContext(a.ctx, "core: handshake redirect loop stopped", "reason", string(reason), "advice", advice)
}

// handshakeURL builds the Frontend API's address for a handshake.
func (a *authentication) handshakeURL(reason Reason) (string, error) {
	back := a.publicURL().deleteParams(queryDevBrowser, queryLegacyDevBrowser)

	params := []param{
		{"redirect_url", back.String()},
		{"__clerk_api_version", apiVersionDate},
		{"suffixed_cookies", boolText(a.suffixed)},
		{"__clerk_hs_reason", string(reason)},
		{"format", "nonce"},
	}
	if session := a.sessionToken(); session != "" {
		params = append(params, param{cookieSession, session})
	}
	if a.clerk.key.instance == development && a.devBrowser != "" {
		params = append(params, param{queryDevBrowser, a.devBrowser})
	}
	if target, ok := a.clerk.organizations.find(a.publicURL().pathname()); ok {
		params = append(params, param{"organization_id", target.activate()})
	}
	fapi := a.frontendAPI()
	if fapi.handshakeErr != nil {
		return "", fapi.handshakeErr
	}
	return fapi.handshake.appendParams(params...).String(), nil
}

var errFrontendAPI = &Error{class: ErrConfiguration, message: "the Frontend API's address is not a URL: check Options.ProxyURL (CLERK_PROXY_URL) and Options.Domain (CLERK_DOMAIN)"}

// frontendAPI is the Frontend API for this request. A relative proxy URL belongs
// to the request's own origin.
func (a *authentication) frontendAPI() frontendAPI {
	if proxy := a.clerk.proxyURLFor(a.request); strings.HasPrefix(proxy, "/") {
		return newFrontendAPI(a.publicURL().origin() + proxy)
	}
	return a.clerk.frontendAPI
}

// frontendAPI is what follows from the address of a Frontend API.
type frontendAPI struct {
	handshake      webURL // the handshake endpoint
	handshakeErr   error
	host           string // "" where the address is not a URL
	accountsOrigin string // of the Account Portal, "" where there is none
}

// newFrontendAPI parses an address: a URL, or a host.
func newFrontendAPI(address string) frontendAPI {
	f := frontendAPI{host: address, handshakeErr: errFrontendAPI}
	base := address
	if !strings.HasPrefix(base, "http") {
		base = "https://" + base
	} else if u, err := parseURL(base); err == nil {
		f.host = u.hostname()
	} else {
		f.host = ""
	}
	if u, err := parseURL(strings.TrimRight(base, "/") + "/"); err == nil {
		if u, err := u.resolve("v1/client/handshake"); err == nil {
			f.handshake, f.handshakeErr = u, nil
		}
	}
	if u, err := parseURL(accountsURL(address)); err == nil {
		f.accountsOrigin = u.origin()
	}
	return f
}

// sessionToken is the session that the browser or the caller presented.
func (a *authentication) sessionToken() string {
	return firstNonEmpty(a.sessionCookie, a.headerToken)
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// resolveHandshake takes what a handshake brought back: a nonce to redeem or a
// signed token, each a list of cookies. It returns nil where the request came
// from no handshake, or where the handshake failed and the request is judged by
// its cookies.
func (a *authentication) resolveHandshake() *State {
	if a.handshakeNonce == "" && a.handshakeToken == "" {
		return nil
	}
	directives, err := a.handshakeDirectives()
	if err != nil {
		var failure *token.Error
		if errors.As(err, &failure) && a.clerk.key.instance == development {
			return failed(developmentHandshakeError(failure))
		}
		a.clerk.log.ErrorContext(a.ctx, "core: unable to resolve handshake", "error", err)
		return nil
	}
	headers := []Header{{headerACAO, "null"}, {headerACAC, "true"}}
	cookies, session, err := setCookies(directives)
	if err != nil {
		a.clerk.log.ErrorContext(a.ctx, "core: unable to resolve handshake", "error", err)
		return nil
	}
	headers = append(headers, cookies...)
	if a.clerk.key.instance == development {
		clean := a.publicURL().deleteParams(queryHandshake, queryHandshakeHelp, queryDevBrowser, queryHandshakeNonce)
		headers = append(headers, Header{headerLocation, clean.String()}, Header{headerCacheControl, "no-store"})
	}
	if session.value == "" && !session.malformed {
		return signedOut(SessionToken, ReasonSessionTokenMissing, "", headers...)
	}
	verified, err := a.verifyHandshakeSession(session.value)
	if err != nil {
		a.clerk.log.ErrorContext(a.ctx, "core: unable to resolve handshake", "error", err)
		return nil
	}
	return signedIn(verified, headers...)
}

// handshakeDirectives returns the Set-Cookie values that a handshake brought. A
// nonce that cannot be redeemed brings none.
func (a *authentication) handshakeDirectives() ([]string, error) {
	if a.handshakeNonce != "" {
		directives, err := a.clerk.backend.handshakePayload(a.ctx, a.handshakeNonce)
		if err != nil && !errors.Is(err, errBadDirective) {
			a.clerk.log.ErrorContext(a.ctx, "core: handshake payload could not be loaded", "error", err)
			return nil, nil
		}
		return directives, err
	}
	payload, err := a.clerk.verifier.Handshake(a.ctx, a.handshakeToken)
	if err != nil {
		return nil, err
	}
	claim := payload.Claims().Get("handshake")
	if _, isArray := claim.Array(); !isArray {
		return nil, nil
	}
	directives, ok := claim.Strings()
	if !ok {
		return nil, errBadDirective
	}
	return directives, nil
}

var errBadDirective = errors.New("core: a cookie in the handshake payload is no text or holds control characters")

// sessionDirective is the session that a list of Set-Cookie values carries.
type sessionDirective struct {
	value     string
	malformed bool // the cookie has no value at all, not even an empty one
}

// setCookies returns the headers for Set-Cookie values, and the session among
// them: the last cookie whose name starts with __session. Values that would break
// out of a header are refused.
func setCookies(directives []string) ([]Header, sessionDirective, error) {
	headers := make([]Header, 0, len(directives))
	var session sessionDirective
	for _, d := range directives {
		encoded, ok := headerValue(d)
		if !ok {
			return nil, session, errBadDirective
		}
		headers = append(headers, Header{headerSetCookie, encoded})
		pair, _, _ := strings.Cut(d, ";")
		name, value, found := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, cookieSession) {
			continue
		}
		value, _, _ = strings.Cut(value, "=")
		session = sessionDirective{value: value, malformed: !found}
	}
	return headers, session, nil
}

// verifyHandshakeSession verifies the session that a handshake brought. The
// clocks of development machines are often wrong, so a development instance
// looks a second time with a day's tolerance.
func (a *authentication) verifyHandshakeSession(session string) (*token.Token, error) {
	verified, err := onlySession(a.clerk.verifier.Session(a.ctx, session))
	if err == nil || a.clerk.key.instance != development {
		return verified, err
	}
	var failure *token.Error
	if !errors.As(err, &failure) {
		return nil, err
	}
	switch failure.Reason {
	case token.ReasonExpired, token.ReasonNotActiveYet, token.ReasonIATInTheFuture:
	default:
		return nil, err
	}
	a.clerk.log.WarnContext(a.ctx, "core: clock skew detected: the clock of this machine differs from Clerk's; "+
		"set it right, for example with automatic time synchronization", "detail", failure.FullMessage("cookie"))
	return onlySession(a.clerk.verifier.SessionWithSkew(a.ctx, session, handshakeClockSkew))
}

// onlySession refuses verified tokens that are no sessions: those of machines and
// of templates. Clerk's JavaScript SDK looks at this only where a browser or a
// caller brings the token itself.
func onlySession(t *token.Token, err error) (*token.Token, error) {
	if err == nil && (t.IsMachine() || t.IsNonSessionCategory()) {
		return nil, errNotSession
	}
	return t, err
}

var errNotSession = errors.New("core: the session that Clerk's API brought is a token of another kind")

// developmentHandshakeError explains a handshake token that does not verify. On a
// development machine the usual cause is a change of keys.
func developmentHandshakeError(failure *token.Error) error {
	message := "Clerk: Handshake token verification failed: " + failure.FullMessage("") + "."
	if failure.Reason == token.ReasonInvalidSignature {
		message = "Clerk: Handshake token verification failed due to an invalid signature. " +
			"If you have switched Clerk keys locally, clear your cookies and try again."
	}
	return &Error{class: ErrConfiguration, reason: Reason(failure.Reason), message: message}
}
