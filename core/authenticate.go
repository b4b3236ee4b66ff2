package core

import (
	"context"
	"errors"
	"math"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
	"github.com/clerkgo/clerkgo/core/token"
)

// Authenticate judges one request. It never refuses one: the result says whether
// the request is signed in, signed out, or must make a handshake with Clerk.
//
// It may call Clerk's Backend API: for the signing keys when they are not cached,
// to resolve a handshake, to refresh an expired session, and to verify opaque
// machine tokens. ctx bounds those calls. Safe for concurrent use.
func (c *Clerk) Authenticate(ctx context.Context, r Request) *State {
	var a authentication
	a.begin(ctx, c, r)
	return a.authenticate()
}

// begin reads what every path needs of a request.
func (a *authentication) begin(ctx context.Context, c *Clerk, r Request) {
	a.clerk, a.ctx, a.request, a.method = c, ctx, r, r.Method()
	authorization := request.Header(r, "Authorization")
	if rest, ok := strings.CutPrefix(authorization, "Bearer "); ok {
		// As usual. A token that is remembered holds no space that would end it.
		if a.decoded = c.verifier.Remembered(rest); a.decoded != nil {
			a.headerToken = rest
			return
		}
	}
	a.headerToken = authorizationToken(authorization)
}

// authentication is the work on one request. Its methods follow the reference's
// order of decisions, one for each step or flow.
type authentication struct {
	clerk   *Clerk
	ctx     context.Context //nolint:containedctx // lives as long as one Authenticate call
	request Request

	method      string
	headerToken string
	decoded     *token.Token // of headerToken, on demand
	decodeErr   error

	cookiesRead    bool
	cookies        cookieJar
	suffixed       bool         // the suffixed cookies count, not the bare ones
	sessionCookie  string       // the chosen session cookie
	decodedCookie  *token.Token // of the last session cookie that could be decoded
	clientUAT      float64
	devBrowser     string
	handshakeToken string
	handshakeNonce string
	loopCounter    float64
	handshakeFault error // why what a handshake brought back was not taken

	url    weburl.URL
	hasURL bool

	storage *State // for the one state that most requests need
}

// final returns the storage of the state that ends the work. States that may be
// given up for another must not use it.
func (a *authentication) final() *State {
	if a.storage == nil {
		return new(State)
	}
	return a.storage
}

// authenticate is the entry.
func (a *authentication) authenticate() *State {
	s := a.decide().complete(a.clerk)
	if s.session != nil {
		a.clerk.worked()
	} else {
		a.clerk.tell(a.ctx, a.request, s)
	}
	return s
}

// decide looks at what was presented, and what is accepted.
func (a *authentication) decide() *State {
	accepts := a.clerk.accepts
	if err := a.checkSatelliteOrigin(); err != nil {
		return failed(err)
	}
	if accepts.kind == acceptList && !accepts.accepts(a.presentedType()) {
		return signedOut("", ReasonTokenTypeMismatch, "")
	}
	if a.headerToken != "" {
		switch one := accepts.one(); one {
		case SessionToken:
			return a.sessionInHeader()
		case "":
			return a.anyInHeader()
		case APIKey, M2MToken, OAuthToken:
			return a.machineInHeader(one)
		}
	}
	if one := accepts.one(); one != "" && one != SessionToken {
		return signedOut(one, ReasonNoTokenInHeader, "")
	}
	return a.cookie()
}

// authorizationToken returns the token of an Authorization header. The scheme is
// case-sensitive; a value without a scheme is a token.
func authorizationToken(value string) string {
	if rest, ok := strings.CutPrefix(value, "Bearer "); ok && len(rest) > token.MaxLength && rest[0] != ' ' {
		return rest // Too long, wherever it ends: it is not searched.
	}
	scheme, rest, found := cutSpace(value)
	if !found {
		return scheme
	}
	tok, _, _ := cutSpace(rest)
	switch {
	case tok == "":
		return scheme
	case scheme == "Bearer":
		return tok
	}
	return ""
}

// cutSpace cuts s at its first space. It looks no further than where a token is
// too long anyway.
func cutSpace(s string) (before, after string, found bool) {
	i := strings.IndexByte(s[:min(len(s), token.MaxLength+1)], ' ')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// presentedType classifies what the Authorization header holds. No token counts
// as a session, which may be in a cookie.
func (a *authentication) presentedType() TokenType {
	if kind := a.machineType(); kind != "" {
		return kind
	}
	return SessionToken
}

// machineType returns the type of the machine token in the Authorization header,
// "" where it holds none. It verifies nothing.
func (a *authentication) machineType() TokenType {
	raw := a.headerToken
	switch {
	case raw == "":
		return ""
	case strings.HasPrefix(raw, "mt_"):
		return M2MToken
	case strings.HasPrefix(raw, "oat_"):
		return OAuthToken
	case strings.HasPrefix(raw, "ak_"):
		return APIKey
	}
	switch t, err := a.header(); {
	case err != nil:
		return ""
	case t.IsM2M():
		return M2MToken
	case t.IsOAuth():
		return OAuthToken
	}
	return ""
}

// header decodes the header's token, once.
func (a *authentication) header() (*token.Token, error) {
	if a.decoded == nil && a.decodeErr == nil {
		a.decoded, a.decodeErr = a.clerk.verifier.Decode(a.headerToken)
	}
	return a.decoded, a.decodeErr
}

// sessionInHeader is the path of a header token where only sessions are accepted.
func (a *authentication) sessionInHeader() *State {
	t, err := a.header()
	if err != nil {
		return a.sessionError(err, "header")
	}
	if t.IsMachine() || t.IsNonSessionCategory() {
		return signedOut(SessionToken, ReasonTokenTypeMismatch, "")
	}
	return a.verifiedHeaderSession(t)
}

// anyInHeader is the path of a header token where several types are accepted.
func (a *authentication) anyInHeader() *State {
	if kind := a.machineType(); kind != "" {
		return a.verifyMachine(kind)
	}
	return a.sessionInHeader()
}

// machineInHeader is the path where exactly one machine type is accepted.
func (a *authentication) machineInHeader(want TokenType) *State {
	if a.machineType() != want {
		return signedOut(want, ReasonTokenTypeMismatch, "")
	}
	return a.verifyMachine(want)
}

func (a *authentication) verifiedHeaderSession(t *token.Token) *State {
	verified, err := a.clerk.verifier.SessionToken(a.ctx, t)
	if err != nil {
		return a.sessionError(err, "header")
	}
	return a.final().signIn(verified, nil)
}

// cookie is the path of browsers: first what a handshake brought back, then
// satellites and development browsers, then the session cookie itself.
func (a *authentication) cookie() *State {
	a.readCookies()
	if state := a.resolveHandshake(); state != nil {
		return state
	}
	if state := a.syncSatellite(); state != nil {
		return state
	}
	if state := a.respondToSatellite(); state != nil {
		return state
	}
	if state := a.syncDevBrowser(); state != nil {
		return state
	}
	if state := a.requireSessionAndClient(); state != nil {
		return state
	}
	return a.sessionInCookie()
}

// readCookies reads Clerk's cookies and query parameters, once.
func (a *authentication) readCookies() {
	if a.cookiesRead {
		return
	}
	a.cookiesRead = true
	c := a.clerk
	a.cookies = parseCookies(request.Values(a.request, "Cookie"), &c.cookieNames)
	a.suffixed = a.usesSuffixedCookies()
	session, uat, devBrowser := a.cookies.session, a.cookies.clientUAT, a.cookies.devBrowser
	if a.suffixed {
		session, uat, devBrowser = a.cookies.sessionSuffixed, a.cookies.clientUATSuffixed, a.cookies.devBrowserSuffixed
	}
	a.sessionCookie = session.value
	a.clientUAT = jstext.ParseInt(uat.value)
	a.devBrowser = firstNonEmpty(a.query(queryDevBrowser), devBrowser.value)
	a.handshakeToken = firstNonEmpty(a.query(queryHandshake), a.cookies.handshake.value)
	a.handshakeNonce = firstNonEmpty(a.query(queryHandshakeNonce), a.cookies.handshakeNonce.value)
	a.loopCounter = number(a.cookies.redirectCount.value)
}

// usesSuffixedCookies decides which spelling of the cookies counts on a domain
// that several instances, or older SDKs, may share.
func (a *authentication) usesSuffixedCookies() bool {
	uat, suffixedUAT := a.cookies.clientUAT.value, a.cookies.clientUATSuffixed.value
	session, suffixedSession := a.cookies.session.value, a.cookies.sessionSuffixed.value

	var bare *token.Token
	if session != "" {
		t, err := a.decodeCookie(session)
		if err != nil || !t.Claims().Get("iss").Truthy() {
			return false
		}
		if !a.issuedByInstance(t) {
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
	if a.clerk.key.instance != production && suffixedUAT != "0" && uat == "0" && a.expired(suffixed) {
		return false
	}
	return suffixedUAT != "" || suffixedSession == ""
}

// decodeCookie decodes a session cookie. The bare and the suffixed one are usually
// equal, and then decoded once.
func (a *authentication) decodeCookie(session string) (*token.Token, error) {
	if a.decodedCookie != nil && a.decodedCookie.Raw() == session {
		return a.decodedCookie, nil
	}
	t, err := a.clerk.verifier.Decode(session)
	if err == nil {
		a.decodedCookie = t
	}
	return t, err
}

// issuedByInstance compares the issuer with the Frontend API that the key itself
// names, whatever proxy is in front of it.
func (a *authentication) issuedByInstance(t *token.Token) bool {
	issuer, ok := t.Claims().Get("iss").Text()
	if host, https := strings.CutPrefix(issuer, "https://"); https && host == a.clerk.originalFrontendAPI {
		return true // As usual.
	}
	return ok && equalWithoutSchemes(issuer, a.clerk.originalFrontendAPI)
}

// equalWithoutSchemes reports whether s is want once every http:// and https:// is cut
// out of it.
func equalWithoutSchemes(s, want string) bool {
	for s != "" {
		switch {
		case hasPrefixFold(s, "http://"):
			s = s[len("http://"):]
		case hasPrefixFold(s, "https://"):
			s = s[len("https://"):]
		case want == "" || s[0] != want[0]:
			return false
		default:
			s, want = s[1:], want[1:]
		}
	}
	return want == ""
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
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
func (a *authentication) expired(t *token.Token) bool {
	return t != nil && t.Claims().Get("exp").ToNumber() <= math.Floor(float64(a.clerk.now().UnixMilli())/1000)
}

// requireSessionAndClient compares the session cookie with what the browser says
// about its client.
func (a *authentication) requireSessionAndClient() *State {
	active, session := a.clientUAT != 0, a.sessionCookie != ""
	switch {
	case !active && !session:
		return a.final().signOut(SessionToken, ReasonSessionTokenAndUATMissing, "", nil)
	case !active:
		return a.handshake(ReasonSessionTokenWithoutClientUAT, "")
	case !session:
		return a.handshake(ReasonClientUATWithoutSessionToken, "")
	}
	return nil
}

// sessionInCookie verifies the session cookie.
func (a *authentication) sessionInCookie() *State {
	t, err := a.decodeCookie(a.sessionCookie)
	if err != nil {
		return a.sessionError(err, "cookie")
	}
	if t.IsMachine() || t.IsNonSessionCategory() {
		return signedOut(SessionToken, ReasonTokenTypeMismatch, "")
	}
	if a.olderThanClient(t) {
		return a.handshake(ReasonSessionTokenIATBeforeClientUAT, "")
	}
	verified, err := a.clerk.verifier.SessionToken(a.ctx, t)
	if err != nil {
		return a.sessionError(err, "cookie")
	}
	if !verified.Claims().Get("azp").Truthy() {
		a.clerk.warnMissingAZP()
	}
	state := a.final().signIn(verified, nil)
	if a.needsCrossOriginSync() {
		return a.handshake(ReasonPrimaryDomainCrossOriginSync,
			"Cross-origin request from satellite domain requires handshake")
	}
	state.complete(a.clerk)
	if state.auth.unreadable {
		return signedOut(SessionToken, ReasonUnexpectedError, "")
	}
	if state.auth.UserID != "" {
		if moved := a.syncOrganization(&state.auth); moved != nil {
			return moved
		}
	}
	return state
}

// olderThanClient reports whether a session token was issued before the browser's
// last sign-in or sign-out.
func (a *authentication) olderThanClient(t *token.Token) bool {
	iat, ok := t.IssuedAt()
	if !ok {
		iat = t.Claims().Get("iat").ToNumber()
	}
	return iat < a.clientUAT
}

// sessionError turns the failure of a session token into a state. Expired tokens
// may be refreshed; tokens that only time separates from validity lead to a
// handshake.
func (a *authentication) sessionError(err error, carrier string) *State {
	if fault := formFaultOf(err, carrier); fault != nil {
		return a.final().signOutAs(fault)
	}
	var failure *token.Error
	if !errors.As(err, &failure) {
		return signedOut(SessionToken, ReasonUnexpectedError, "").because(details{unavailable: err})
	}
	reason := Reason(failure.Reason)
	switch failure.Reason {
	case token.ReasonExpired:
		refreshed, refreshError, unanswered := a.refresh()
		if refreshed != nil {
			return refreshed
		}
		reason = Reason(reasonExpiredPrefix + refreshError)
		if unanswered != nil {
			return a.unchecked(reason, failure.FullMessage(carrier), unanswered)
		}
	case token.ReasonNotActiveYet:
		reason = ReasonSessionTokenNBF
	case token.ReasonIATInTheFuture:
		reason = ReasonSessionTokenIATInTheFuture
	default:
		message := failure.FullMessage(carrier)
		why := details{message: message}
		if failure.Unavailable {
			why.unavailable = failure
		}
		switch {
		case quotesBackend(failure):
			return a.final().signOut(SessionToken, reason, "", nil).because(why)
		case failure.Unavailable:
			return a.final().signOut(SessionToken, reason, message, nil).because(why)
		}
		return a.final().signOut(SessionToken, reason, message, nil)
	}
	return a.handshake(reason, failure.FullMessage(carrier))
}

// formFault is what is said about a token that cannot be read: always the same, so
// it is made once.
type formFault struct {
	err     error
	carrier string
	made    State
}

var formFaults = newFormFaults(token.ErrTooLong, token.ErrForm, token.ErrUndecodable)

func newFormFaults(errs ...error) []formFault {
	var faults []formFault
	for _, err := range errs {
		var failure *token.Error
		if !errors.As(err, &failure) {
			continue
		}
		for _, carrier := range [...]string{"header", "cookie"} {
			message := failure.FullMessage(carrier)
			faults = append(faults, formFault{err, carrier, *signedOut(SessionToken, Reason(failure.Reason), message)})
		}
	}
	return faults
}

func formFaultOf(err error, carrier string) *formFault {
	for i := range formFaults {
		if f := &formFaults[i]; f.err == err && f.carrier == carrier { //nolint:errorlint // identity is the point
			return f
		}
	}
	return nil
}

// publicURL is the address under which the client reached the application. It is
// derived when first needed.
func (a *authentication) publicURL() weburl.URL {
	if !a.hasURL {
		a.url, a.hasURL = request.PublicURL(a.request, a.clerk.opts.IgnoreForwarded), true
	}
	return a.url
}

// query returns the first value of a query parameter, "" where it is absent.
func (a *authentication) query(name string) string {
	value, _ := a.lookupQuery(name)
	return value
}

func (a *authentication) lookupQuery(name string) (string, bool) {
	target := a.request.Target()
	if strings.IndexByte(target, '?') < 0 {
		return "", false
	}
	_, query := request.SplitTarget(target)
	return weburl.QueryParam(query, name)
}

// Query parameters that Clerk's flows use.
const (
	querySynced           = "__clerk_synced"
	queryRedirectURL      = "__clerk_redirect_url"
	queryDevBrowser       = "__clerk_db_jwt"
	queryLegacyDevBrowser = "__dev_session"
	queryHandshake        = "__clerk_handshake"
	queryHandshakeNonce   = "__clerk_handshake_nonce"
	queryHandshakeHelp    = "__clerk_help"
)

func firstNonEmpty(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
