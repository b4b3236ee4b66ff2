package core

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
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
func (a *authentication) redirectTo(reason Reason, location weburl.URL) *State {
	if !a.eligibleForHandshake() {
		return signedOut(SessionToken, reason, "")
	}
	return a.redirect(reason, "", location.String())
}

func (a *authentication) redirect(reason Reason, message, location string) *State {
	if a.loopCounter == maxHandshakes {
		// Signing in and out fast enough ends here too; that is no fault to explain.
		loop := reason != ReasonDevBrowserSync
		state := signedOut(SessionToken, reason, message).because(details{message: message, loop: loop, hint: a.loopAdvice(reason)})
		a.logRedirectLoop(state)
		return state
	}
	counter := cookieRedirectCount + "=" + jstext.FormatNumber(a.loopCounter+1) + "; SameSite=Lax; HttpOnly; Max-Age=2"
	return handshake(reason, message, []Header{
		{headerCacheControl, "no-store"},
		{headerLocation, location},
		{headerSetCookie, counter},
	})
}

// eligibleForHandshake reports whether the request is probably a page load.
func (a *authentication) eligibleForHandshake() bool {
	return a.method == http.MethodGet && a.navigates()
}

// takesUpHandshake reports whether the request may bring back what a handshake has
// left: by the rule by which browsers are sent into one, and HEAD as GET. Elsewhere
// it is stale, or somebody else's.
func (a *authentication) takesUpHandshake() bool {
	return (a.method == http.MethodGet || a.method == http.MethodHead) && a.navigates()
}

// navigates reports whether the request's headers are those of a page load.
func (a *authentication) navigates() bool {
	switch dest := request.Header(a.request, "Sec-Fetch-Dest"); dest {
	case "document", "iframe":
		return true
	case "":
		return strings.HasPrefix(request.Header(a.request, "Accept"), "text/html")
	}
	return false
}

// logRedirectLoop names the cause of a loop.
func (a *authentication) logRedirectLoop(s *State) {
	if leftOut, ok := a.clerk.logs.allow("loop "+string(s.reason), a.clerk.now()); ok {
		a.clerk.log.LogAttrs(a.ctx, slog.LevelWarn, "core: handshake redirect loop stopped", a.clerk.told(a.request, s, leftOut)...)
	}
}

// handshakeURL builds the Frontend API's address for a handshake.
func (a *authentication) handshakeURL(reason Reason) (string, error) {
	// What an earlier handshake left in the URL must not come back: a development
	// instance would take it for the new one's, over and over. Clerk's JavaScript SDK
	// leaves it.
	back := a.publicURL().DeleteParams(queryDevBrowser, queryLegacyDevBrowser, queryHandshake, queryHandshakeNonce, queryHandshakeHelp)

	params := []weburl.Param{
		weburl.Pair("redirect_url", back.String()),
		weburl.Pair("__clerk_api_version", apiVersionDate),
		weburl.Pair("suffixed_cookies", boolText(a.suffixed)),
		weburl.Pair("__clerk_hs_reason", string(reason)),
		weburl.Pair("format", "nonce"),
	}
	if session := a.sessionToken(); session != "" {
		params = append(params, weburl.Pair(cookieSession, session))
	}
	if a.clerk.key.instance == development && a.devBrowser != "" {
		params = append(params, weburl.Pair(queryDevBrowser, a.devBrowser))
	}
	if target, ok := a.clerk.organizations.find(a.publicURL().Path()); ok {
		params = append(params, weburl.Pair("organization_id", target.activate()))
	}
	fapi := a.frontendAPI()
	if fapi.handshakeErr != nil {
		return "", fapi.handshakeErr
	}
	return fapi.handshake.AppendParams(params...).String(), nil
}

var errFrontendAPI = &Error{class: ErrConfiguration, message: "the Frontend API's address is not a URL: check Options.ProxyURL (CLERK_PROXY_URL) and Options.Domain (CLERK_DOMAIN)"}

// frontendAPI is the Frontend API for this request. A relative proxy URL belongs
// to the request's own origin.
func (a *authentication) frontendAPI() frontendAPI {
	if proxy := a.clerk.proxyURLFor(a.request); strings.HasPrefix(proxy, "/") {
		return newFrontendAPI(a.publicURL().Origin() + proxy)
	}
	return a.clerk.frontendAPI
}

// frontendAPI is what follows from the address of a Frontend API.
type frontendAPI struct {
	handshake      weburl.URL // the handshake endpoint
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
	} else if u, err := weburl.Parse(base); err == nil {
		f.host = u.Hostname()
	} else {
		f.host = ""
	}
	if u, err := weburl.Parse(strings.TrimRight(base, "/") + "/"); err == nil {
		if u, err := u.Resolve("v1/client/handshake"); err == nil {
			f.handshake, f.handshakeErr = u, nil
		}
	}
	if u, err := weburl.Parse(accountsURL(address)); err == nil {
		f.accountsOrigin = u.Origin()
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

// withoutHandshake drops what an earlier handshake left in a URL, and leaves one
// without it as it is.
func withoutHandshake(u weburl.URL) weburl.URL {
	for _, name := range [...]string{queryHandshake, queryHandshakeNonce, queryHandshakeHelp} {
		if _, found := weburl.QueryParam(u.Query(), name); found {
			return u.DeleteParams(queryHandshake, queryHandshakeNonce, queryHandshakeHelp)
		}
	}
	return u
}

// resolveHandshake takes what a handshake brought back: a nonce to redeem or a
// signed token, each a list of cookies. It returns nil where the request came
// from no handshake, or where Clerk wants to know nothing of it: the request is
// then judged by its cookies.
//
// Clerk's JavaScript SDK takes it from every request, and calls a request signed out
// whose nonce cannot be redeemed, whatever its cookies say. Here only page loads
// bring it, and a failure is never a sign-out.
func (a *authentication) resolveHandshake() *State {
	if a.handshakeNonce == "" && a.handshakeToken == "" || !a.takesUpHandshake() {
		return nil
	}
	directives, err := a.handshakeDirectives()
	if err != nil {
		return a.unresolved(err)
	}
	headers := []Header{{headerACAO, "null"}, {headerACAC, "true"}}
	cookies, session, err := setCookies(directives)
	if err != nil {
		return a.unresolved(err)
	}
	headers = append(headers, cookies...)
	if a.clerk.key.instance == development {
		clean := a.publicURL().DeleteParams(queryHandshake, queryHandshakeHelp, queryDevBrowser, queryHandshakeNonce)
		headers = append(headers, Header{headerLocation, clean.String()}, Header{headerCacheControl, "no-store"})
	}
	if session.value == "" && !session.malformed {
		return signedOut(SessionToken, ReasonSessionTokenMissing, "", headers...)
	}
	verified, err := a.verifyHandshakeSession(session.value)
	if err != nil {
		return a.unresolved(err)
	}
	return signedIn(verified, headers...)
}

// unresolved is the way of a page load whose handshake brought nothing. Where that
// is an answer, the cookies decide as ever: nil. Where nothing is known they can
// only say yes, and nobody is sent into another handshake.
func (a *authentication) unresolved(err error) *State {
	a.handshakeFault = err
	if answerOf(err) == answerNo {
		var own *handshakeTokenError
		if errors.As(err, &own) && a.clerk.key.instance == development {
			return failed(developmentHandshakeError(own.refusal))
		}
		a.clerk.logOften(a.ctx, slog.LevelWarn, "handshake refused", "core: a handshake is not believed", "error", err)
		return nil
	}
	state := a.unchecked(ReasonUnexpectedError, "", err)
	if state.Unavailable() != nil && !errors.Is(err, errOverBudget) { // That is logged already.
		a.clerk.logOften(a.ctx, slog.LevelWarn, "handshake unanswered", "core: a handshake could not be looked at", "error", err)
	}
	if current := a.currentSession(); current != nil {
		return current
	}
	return state
}

// currentSession is the state of a browser whose cookies alone say that it is signed
// in, nil for every other. It moves nobody.
func (a *authentication) currentSession() *State {
	if a.sessionCookie == "" || a.clientUAT == 0 {
		return nil
	}
	t, err := a.decodeCookie(a.sessionCookie)
	if err != nil || t.IsMachine() || t.IsNonSessionCategory() || a.olderThanClient(t) {
		return nil
	}
	verified, err := a.clerk.verifier.SessionToken(a.ctx, t)
	if err != nil {
		return nil
	}
	state := signedIn(verified).complete(a.clerk)
	if state.auth.unreadable {
		return nil
	}
	return state
}

// handshakeDirectives returns the Set-Cookie values that a handshake brought.
func (a *authentication) handshakeDirectives() ([]string, error) {
	if a.handshakeNonce != "" {
		return a.handshakePayload()
	}
	if t, err := a.clerk.verifier.Decode(a.handshakeToken); err == nil && a.handshakeExpired(t) {
		return nil, errHandshakeExpired
	}
	payload, err := a.clerk.verifier.Handshake(a.ctx, a.handshakeToken)
	if err != nil {
		var failure *token.Error
		if errors.As(err, &failure) {
			return nil, &handshakeTokenError{failure}
		}
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

// handshakeTokenError is the refusal of a handshake's token itself, not of the
// session in it.
type handshakeTokenError struct{ refusal *token.Error }

func (e *handshakeTokenError) Error() string { return e.refusal.Error() }

func (e *handshakeTokenError) Unwrap() error { return e.refusal }

// maxHandshakeAge is how long ago a handshake may have been. A browser brings it
// back at once.
const maxHandshakeAge = time.Hour

// handshakeExpired reports whether a handshake's token is too old to say anything
// about now. Clerk's JavaScript SDK does not look, so that whoever finds one in a log
// or a history can sign in with it as long as the session in it passes. Times that
// are no numbers count as past.
func (a *authentication) handshakeExpired(t *token.Token) bool {
	now := float64(a.clerk.now().UnixMilli()) / 1000
	claims := t.Claims()
	if exp := claims.Get("exp"); exp.Exists() && !exp.IsNull() {
		if seconds, ok := exp.Number(); !ok || seconds <= now-a.clerk.skew.Seconds() {
			return true
		}
	}
	if iat := claims.Get("iat"); iat.Exists() && !iat.IsNull() {
		if seconds, ok := iat.Number(); !ok || seconds < now-maxHandshakeAge.Seconds() {
			return true
		}
	}
	return false
}

var errHandshakeExpired = errors.New("core: the handshake token has expired, or is more than an hour old: if it was made just now, the clock of this machine is wrong")

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
	if !isClockFault(err) {
		return nil, err
	}
	a.clerk.logOften(a.ctx, slog.LevelWarn, "clock skew", "core: clock skew detected: the clock of this machine differs from Clerk's; "+
		"set it right, for example with automatic time synchronization", "detail", failure.FullMessage("cookie"))
	return onlySession(a.clerk.verifier.SessionWithSkew(a.ctx, session, handshakeClockSkew))
}

// isClockFault reports whether a token was refused for a time that is not now.
func isClockFault(err error) bool {
	var failure *token.Error
	if !errors.As(err, &failure) {
		return errors.Is(err, errHandshakeExpired)
	}
	switch failure.Reason { //nolint:exhaustive // the others have nothing to do with time
	case token.ReasonExpired, token.ReasonNotActiveYet, token.ReasonIATInTheFuture:
		return true
	}
	return false
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
