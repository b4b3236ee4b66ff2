package engine

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// APIVersionDate is the version of Clerk's APIs that this package speaks.
const APIVersionDate = "2026-05-12"

// handshakeClockSkew is the tolerance of the second look at a token that a
// development instance has just minted.
const handshakeClockSkew = 24 * time.Hour

// handshake sends the browser to Clerk, if the request is a page load that can
// follow; otherwise the request is signed out for the same reason. Where Clerk is known
// not to answer, other than in Clerk's JavaScript SDK nobody is sent there: only Clerk
// could have told who the user is.
func (a *Authentication) handshake(why reason.Reason, message string) Verdict {
	if !a.eligibleForHandshake() {
		return signedOut(SessionToken, why, message)
	}
	a.readCookies() // A token in the header may lead here too.
	if a.loopCounter != MaxHandshakes {
		if err := a.engine.Clerk.Reachable(a.ctx); err != nil {
			return unanswered(why, message, err)
		}
	}
	location, err := a.handshakeURL(why)
	if err != nil {
		return failed(err)
	}
	return a.redirect(why, message, location)
}

// redirectTo is handshake with another destination than Clerk.
func (a *Authentication) redirectTo(why reason.Reason, location weburl.URL) Verdict {
	if !a.eligibleForHandshake() {
		return signedOut(SessionToken, why, "")
	}
	return a.redirect(why, "", location.String())
}

// eligibleForHandshake reports whether the request is probably a page load.
func (a *Authentication) eligibleForHandshake() bool {
	return a.method == http.MethodGet && a.navigates()
}

// takesUpHandshake reports whether the request may bring back what a handshake has
// left: by the rule by which browsers are sent into one, and HEAD as GET. Elsewhere
// it is stale, or somebody else's.
func (a *Authentication) takesUpHandshake() bool {
	return (a.method == http.MethodGet || a.method == http.MethodHead) && a.navigates()
}

// navigates reports whether the request's headers are those of a page load.
func (a *Authentication) navigates() bool {
	switch dest := request.Header(a.request, "Sec-Fetch-Dest"); dest {
	case "document", "iframe":
		return true
	case "":
		return strings.HasPrefix(request.Header(a.request, "Accept"), "text/html")
	}
	return false
}

// handshakeURL builds the Frontend API's address for a handshake.
func (a *Authentication) handshakeURL(why reason.Reason) (string, error) {
	// What an earlier handshake left in the URL must not come back: a development
	// instance would take it for the new one's, over and over. Clerk's JavaScript SDK
	// leaves it.
	back := a.publicURL().DeleteParams(QueryDevBrowser, queryLegacyDevBrowser, queryHandshake, queryHandshakeNonce, queryHandshakeHelp)

	params := []weburl.Param{
		weburl.Pair("redirect_url", back.String()),
		weburl.Pair("__clerk_api_version", APIVersionDate),
		weburl.Pair("suffixed_cookies", strconv.FormatBool(a.suffixed)),
		weburl.Pair("__clerk_hs_reason", string(why)),
		weburl.Pair("format", a.handshakeFormat()),
	}
	if session := a.sessionToken(); session != "" {
		params = append(params, weburl.Pair(CookieSession, session))
	}
	if a.engine.Key.Instance == clerkkey.Development && a.devBrowser != "" {
		params = append(params, weburl.Pair(QueryDevBrowser, a.devBrowser))
	}
	if target, ok := a.engine.Organizations.find(a.publicURL().Path()); ok {
		params = append(params, weburl.Pair("organization_id", target.activate()))
	}
	fapi := a.frontendAPI()
	if fapi.handshakeErr != nil {
		return "", fapi.handshakeErr
	}
	return fapi.handshake.AppendParams(params...).String(), nil
}

// handshakeFormat is how the handshake should bring back the session: by a nonce, for which
// the Backend API is asked, or, where that is known not to answer, other than in Clerk's
// JavaScript SDK by a signed token, for which nobody needs to be asked.
func (a *Authentication) handshakeFormat() string {
	if a.engine.Clerk.NoncesFail() {
		return "token"
	}
	return "nonce"
}

// sessionToken is the session that the browser or the caller presented.
func (a *Authentication) sessionToken() string {
	return cmp.Or(a.sessionCookie, a.headerToken)
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
// signed token, each a list of cookies. It is not done where the request came
// from no handshake, or where Clerk wants to know nothing of it: the request is
// then judged by its cookies.
//
// Clerk's JavaScript SDK takes it from every request, and calls a request signed out
// whose nonce cannot be redeemed, whatever its cookies say. Here only page loads
// bring it, and a failure is never a sign-out.
func (a *Authentication) resolveHandshake(v *Verdict) (done bool) {
	if a.handshakeNonce == "" && a.handshakeToken == "" || !a.takesUpHandshake() {
		return false
	}
	directives, err := a.handshakeDirectives()
	if err != nil {
		return a.unresolved(err, v)
	}
	cookies, session, err := setCookies(directives)
	if err != nil {
		return a.unresolved(err, v)
	}
	if session.value == "" && !session.malformed {
		*v = signedOut(SessionToken, reason.SessionTokenMissing, "")
	} else {
		verified, err := a.verifyHandshakeSession(session.value)
		if err != nil {
			return a.unresolved(err, v)
		}
		*v = signedIn(verified)
	}
	v.Returned, v.SetCookie = true, cookies
	if a.engine.Key.Instance == clerkkey.Development {
		v.Location = a.publicURL().DeleteParams(queryHandshake, queryHandshakeHelp, QueryDevBrowser, queryHandshakeNonce).String()
	}
	return true
}

// unresolved is the way of a page load whose handshake brought nothing. Where that
// is an answer, the cookies decide as ever. Where nothing is known they can only say
// yes, and nobody is sent into another handshake.
func (a *Authentication) unresolved(err error, v *Verdict) (done bool) {
	a.handshakeFault = err
	if a.answerOf(err) == No {
		var own *handshakeTokenError
		if errors.As(err, &own) && a.engine.Key.Instance == clerkkey.Development {
			*v = failed(developmentHandshakeFault(own.refusal))
			return true
		}
		a.engine.Log(a.ctx, slog.LevelWarn, "handshake refused", "core: a handshake is not believed", "error", err)
		return false
	}
	*v = a.unchecked(reason.UnexpectedError, "", err)
	if f, _ := a.engine.Clerk.Failure(err); v.Why != nil && !f.Unasked { // That is logged already.
		a.engine.Log(a.ctx, slog.LevelWarn, "handshake unanswered", "core: a handshake could not be looked at", "error", err)
	}
	if t := a.currentSession(); t != nil {
		*v = signedIn(t)
	}
	return true
}

// currentSession is the session of a browser whose cookies alone say that it is
// signed in, nil for every other. It moves nobody.
func (a *Authentication) currentSession() *token.Token {
	if a.sessionCookie == "" || a.clientUAT == 0 {
		return nil
	}
	t, err := a.decodeCookie(a.sessionCookie)
	if err != nil || isOtherKind(t) || a.olderThanClient(t) {
		return nil
	}
	verified, err := a.engine.Verifier.SessionToken(a.ctx, t)
	if err != nil {
		return nil
	}
	if _, err := a.engine.ReadSession(verified); err != nil {
		return nil
	}
	return verified
}

// handshakeDirectives returns the Set-Cookie values that a handshake brought.
func (a *Authentication) handshakeDirectives() ([]string, error) {
	if a.handshakeNonce != "" {
		return a.engine.Clerk.HandshakePayload(a.ctx, a.request, a.handshakeNonce)
	}
	payload, err := a.engine.Verifier.Decode(a.handshakeToken)
	if err == nil {
		if a.handshakeExpired(payload) {
			return nil, errHandshakeExpired
		}
		payload, err = a.engine.Verifier.HandshakeToken(a.ctx, payload)
	}
	if err != nil {
		if failure, ok := errors.AsType[*token.Error](err); ok {
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
		return nil, ErrBadDirective
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
func (a *Authentication) handshakeExpired(t *token.Token) bool {
	now := float64(a.engine.Now().UnixMilli()) / 1000
	claims := t.Claims()
	if exp := claims.Get("exp"); exp.Exists() && !exp.IsNull() {
		if seconds, ok := exp.Number(); !ok || seconds <= now-a.engine.Skew.Seconds() {
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

// ErrBadDirective says that what Clerk wants to set is no cookie.
var ErrBadDirective = errors.New("core: a cookie in the handshake payload is no text or holds control characters")

// sessionDirective is the session that a list of Set-Cookie values carries.
type sessionDirective struct {
	value     string
	malformed bool // the cookie has no value at all, not even an empty one
}

// setCookies returns Set-Cookie values as a header may hold them, and the session
// among them: the last cookie whose name starts with __session. Values that would
// break out of a header are refused.
func setCookies(directives []string) ([]string, sessionDirective, error) {
	cookies := make([]string, len(directives))
	var session sessionDirective
	for i, d := range directives {
		encoded, ok := request.HeaderValue(d)
		if !ok {
			return nil, session, ErrBadDirective
		}
		cookies[i] = encoded
		pair, _, _ := strings.Cut(d, ";")
		name, value, found := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, CookieSession) {
			continue
		}
		value, _, _ = strings.Cut(value, "=")
		session = sessionDirective{value: value, malformed: !found}
	}
	return cookies, session, nil
}

// verifyHandshakeSession verifies the session that a handshake brought. The
// clocks of development machines are often wrong, so a development instance
// looks a second time with a day's tolerance.
func (a *Authentication) verifyHandshakeSession(session string) (*token.Token, error) {
	verified, err := onlySession(a.engine.Verifier.Session(a.ctx, session))
	if err == nil || a.engine.Key.Instance != clerkkey.Development {
		return verified, err
	}
	var failure *token.Error
	if !errors.As(err, &failure) {
		return nil, err
	}
	if !isClockFault(err) {
		return nil, err
	}
	a.engine.Log(a.ctx, slog.LevelWarn, "clock skew", "core: clock skew detected: the clock of this machine differs from Clerk's; "+
		"set it right, for example with automatic time synchronization", "detail", failure.FullMessage("cookie"))
	return onlySession(a.engine.Verifier.SessionWithSkew(a.ctx, session, handshakeClockSkew))
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
	if err == nil && isOtherKind(t) {
		return nil, errNotSession
	}
	return t, err
}

var errNotSession = errors.New("core: the session that Clerk's API brought is a token of another kind")

// developmentHandshakeFault explains a handshake token that does not verify. On a
// development machine the usual cause is a change of keys.
func developmentHandshakeFault(failure *token.Error) *Fault {
	message := "Clerk: Handshake token verification failed: " + failure.FullMessage("") + "."
	if failure.Reason == token.ReasonInvalidSignature {
		message = "Clerk: Handshake token verification failed due to an invalid signature. " +
			"If you have switched Clerk keys locally, clear your cookies and try again."
	}
	return &Fault{Reason: reason.Reason(failure.Reason), Message: message}
}
