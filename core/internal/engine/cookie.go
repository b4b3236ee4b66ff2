package engine

import (
	"cmp"
	"math"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// cookie is the path of browsers: first what a handshake brought back, then
// satellites and development browsers, then the session cookie itself.
func (a *Authentication) cookie(v *Verdict) {
	a.readCookies()
	if a.resolveHandshake(v) || a.syncSatellite(v) || a.respondToSatellite(v) || a.syncDevBrowser(v) || a.requireSessionAndClient(v) {
		return
	}
	a.sessionInCookie(v)
}

// noClientUAT is what the cookie counts as that is not there.
var noClientUAT = jstext.ParseInt("")

// readCookies reads Clerk's cookies and query parameters, once.
func (a *Authentication) readCookies() {
	if a.memory.cookiesRead {
		return
	}
	a.memory.cookiesRead = true
	if len(a.credentials.Cookie()) == 0 && strings.IndexByte(a.request.Target(), '?') < 0 {
		a.clientUAT = noClientUAT
		return
	}
	jar := ParseCookies(a.credentials.Cookie(), &a.engine.Cookies)
	session, uat, devBrowser := jar.Session, jar.ClientUAT, jar.DevBrowser
	if a.suffixed = a.usesSuffixedCookies(&jar); a.suffixed {
		session, uat, devBrowser = jar.SessionSuffixed, jar.ClientUATSuffixed, jar.DevBrowserSuffixed
	}
	a.sessionCookie, a.refreshCookie = session.Value, jar.RefreshSuffixed.Value
	a.clientUAT = jstext.ParseInt(uat.Value)
	a.devBrowser = cmp.Or(a.query(QueryDevBrowser), devBrowser.Value)
	a.handshakeToken = cmp.Or(a.query(queryHandshake), jar.Handshake.Value)
	a.handshakeNonce = cmp.Or(a.query(queryHandshakeNonce), jar.HandshakeNonce.Value)
	if count := jstext.Number(jar.RedirectCount.Value); !math.IsNaN(count) {
		a.loopCounter = count
	}
}

// usesSuffixedCookies decides which spelling of the cookies counts on a domain
// that several instances, or older SDKs, may share.
func (a *Authentication) usesSuffixedCookies(jar *Jar) bool {
	uat, suffixedUAT := jar.ClientUAT.Value, jar.ClientUATSuffixed.Value
	session, suffixedSession := jar.Session.Value, jar.SessionSuffixed.Value

	var bare *token.Token
	if session != "" {
		t, err := a.decodeCookie(session)
		if err != nil {
			return false
		}
		iss := t.Claims().Get("iss")
		if !iss.Truthy() {
			return false
		}
		if !a.issuedByInstance(iss) {
			return true
		}
		bare = t
	}
	if suffixedUAT == "" && suffixedSession == "" {
		return false
	}
	var suffixed *token.Token
	if suffixedSession != "" {
		if t, err := a.decodeCookie(suffixedSession); err == nil {
			suffixed = t
		}
	}
	if suffixedUAT != "0" && uat != "0" && issuedAt(bare) > issuedAt(suffixed) {
		return false
	}
	if suffixedUAT == "0" && uat != "0" {
		return false
	}
	if a.engine.Key.Instance != clerkkey.Production && suffixedUAT != "0" && uat == "0" && a.expired(suffixed) {
		return false
	}
	return suffixedUAT != "" || suffixedSession == ""
}

// issuedByInstance compares the issuer with the Frontend API that the key itself
// names, whatever proxy is in front of it.
func (a *Authentication) issuedByInstance(iss token.Value) bool {
	issuer, ok := iss.Text()
	if host, https := strings.CutPrefix(issuer, "https://"); https && host == a.engine.Issuer {
		return true // As usual.
	}
	return ok && equalWithoutSchemes(issuer, a.engine.Issuer)
}

// equalWithoutSchemes reports whether s is want once every http:// and https:// is cut
// out of it.
func equalWithoutSchemes(s, want string) bool {
	for s != "" {
		switch {
		case jstext.HasPrefixFold(s, "http://"):
			s = s[len("http://"):]
		case jstext.HasPrefixFold(s, "https://"):
			s = s[len("https://"):]
		case want == "" || s[0] != want[0]:
			return false
		default:
			s, want = s[1:], want[1:]
		}
	}
	return want == ""
}

// issuedAt returns the iat of a token, 0 where there is none.
func issuedAt(t *token.Token) float64 {
	if t == nil {
		return 0
	}
	if seconds, ok := t.IssuedAt(); ok {
		return seconds
	}
	iat := t.Claims().Get("iat")
	if !iat.Truthy() {
		return 0
	}
	return iat.ToNumber()
}

// expired reports whether a token is past its exp, without tolerance.
func (a *Authentication) expired(t *token.Token) bool {
	return t != nil && t.Claims().Get("exp").ToNumber() <= math.Floor(float64(a.engine.Now().UnixMilli())/1000)
}

// requireSessionAndClient compares the session cookie with what the browser says
// about its client.
func (a *Authentication) requireSessionAndClient(v *Verdict) (done bool) {
	active, session := a.clientUAT != 0, a.sessionCookie != ""
	switch {
	case !active && !session:
		*v = stranger
		return true
	case !active:
		*v = a.handshake(reason.SessionTokenWithoutClientUAT, "")
		return true
	case !session:
		*v = a.handshake(reason.ClientUATWithoutSessionToken, "")
		return true
	}
	return false
}

// sessionInCookie verifies the session cookie.
func (a *Authentication) sessionInCookie(v *Verdict) {
	t, err := a.decodeCookie(a.sessionCookie)
	if err != nil {
		*v = a.sessionError(nil, err, inCookie)
		return
	}
	if isOtherKind(t) {
		*v = signedOut(SessionToken, reason.TokenTypeMismatch, "")
		return
	}
	if a.olderThanClient(t) {
		*v = a.handshake(reason.SessionTokenIATBeforeClientUAT, "")
		return
	}
	a.watch(t)
	verified, err := a.engine.Verifier.SessionToken(a.ctx, t)
	if err != nil {
		*v = a.sessionError(t, err, inCookie)
		return
	}
	a.verifiedCookie(v, verified)
}

// verifiedCookie makes v, which is the zero Verdict, the one on a session cookie whose token is
// valid: other domains, or another organization, may be due first.
func (a *Authentication) verifiedCookie(v *Verdict, verified *token.Token) {
	if !verified.Claims().Get("azp").Truthy() {
		a.engine.MissingAZP(a.ctx)
	}
	if a.needsCrossOriginSync() {
		sync := a.handshake(reason.PrimaryDomainCrossOriginSync, "Cross-origin request from satellite domain requires handshake")
		if sync.Why == nil || sync.Why.Unavailable == nil {
			*v = sync
			return
		}
		// Clerk cannot be asked whether the user has signed out elsewhere; the session is valid.
	}
	session, err := a.engine.ReadSession(verified)
	if err != nil {
		*v = signedOut(SessionToken, reason.UnexpectedError, "")
		return
	}
	if sync, done := a.syncOrganization(session); done {
		*v = sync
		return
	}
	v.signIn(verified)
}

// olderThanClient reports whether a session token was issued before the browser's
// last sign-in or sign-out.
func (a *Authentication) olderThanClient(t *token.Token) bool {
	iat, ok := t.IssuedAt()
	if !ok {
		iat = t.Claims().Get("iat").ToNumber()
	}
	return iat < a.clientUAT
}
