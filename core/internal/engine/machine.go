package engine

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// Machine is a verified machine credential.
type Machine struct {
	Type     TokenType
	ID       string
	Subject  string
	Scopes   []string
	Name     string
	ClientID string
	Actor    json.RawMessage // of OAuth tokens
	Claims   json.RawMessage // nil without custom claims
	Token    string          // the credential itself
	Expires  time.Time       // by Clerk's clock; zero where it does not, or nobody says so
	Opaque   bool            // it is no JWT, and Clerk may revoke it
	Checked  time.Time       // when an opaque one passed

	issued float64 // of a JWT, in seconds since 1970; 0 where it does not say so
}

// machineError is why a machine's credential was refused, in the terms of
// Clerk's SDKs.
type machineError struct {
	code        reason.Reason
	message     string
	status      int // of the Backend API, 0 without an answer
	unavailable error
	cause       error     // for the log
	kind        TokenType // where the form decides otherwise than the prefix
	quotes      bool      // the message is made of what Clerk answered
}

// verdict is the refusal of a token of a kind.
func (e *machineError) verdict(kind TokenType) Verdict {
	status := "n/a"
	if e.status != 0 {
		status = strconv.Itoa(e.status)
	}
	return Verdict{Type: kind, Reason: e.code, Why: &Why{
		Message:     e.message + " (code=" + string(e.code) + ", status=" + status + ")",
		Quotes:      e.quotes || e.code == reason.SecretKeyInvalid,
		Unavailable: e.unavailable,
	}}
}

// GaveUp is the verdict on a machine token of a kind whose check nobody waited for.
func GaveUp(kind TokenType, cause error) Verdict {
	return (&machineError{code: reason.UnexpectedError, message: "Unexpected error", unavailable: cause}).verdict(kind)
}

// VerifyMachine verifies the header's machine token of a known kind.
func (a *Authentication) VerifyMachine(kind TokenType) Verdict {
	m, failure := a.machine(kind)
	if failure == nil {
		failure = a.heedMachine(m)
	}
	if failure != nil {
		if failure.code == reason.SecretKeyInvalid {
			a.engine.SecretKeyRefused(a.ctx, failure.cause)
		}
		return failure.verdict(cmp.Or(failure.kind, kind))
	}
	// The header's memory may be reused when the handler has returned.
	m.Token = strings.Clone(a.headerToken)
	return Verdict{Status: SignedIn, Type: kind, Machine: m}
}

// machine verifies a JWT with the instance's keys and anything else with the
// Backend API. The form decides first: a token with a machine's prefix that looks
// like a JWT is judged as one.
func (a *Authentication) machine(kind TokenType) (*Machine, *machineError) {
	if !isJWTForm(a.headerToken) {
		return a.opaqueMachine(kind)
	}
	t, err := a.header()
	switch {
	case err != nil:
		return nil, &machineError{code: reason.TokenInvalid, message: tokenMessage(err), kind: M2MToken}
	case t.IsM2M():
		a.watch(t)
		verified, err := a.engine.Verifier.M2M(a.ctx, t)
		if err != nil {
			return nil, a.jwtMachineError(err)
		}
		return m2mMachine(verified), nil
	case t.IsOAuth():
		a.watch(t)
		verified, err := a.engine.Verifier.OAuth(a.ctx, t)
		if err != nil {
			return nil, a.jwtMachineError(err)
		}
		a.engine.sawMachine(verified)
		return oauthMachine(verified), nil
	}
	return nil, &machineError{
		code:    reason.TokenVerificationFailed,
		message: "Invalid JWT type. Expected one of: at+jwt, application/at+jwt for OAuth, or sub starting with 'mch_' for M2M",
		kind:    OAuthToken,
	}
}

// isJWTForm reports whether s consists of three non-empty parts of base64url.
func isJWTForm(s string) bool {
	parts := 0
	for part := range strings.SplitSeq(s, ".") {
		parts++
		if part == "" || parts > 3 {
			return false
		}
		for i := range len(part) {
			switch c := part[i]; {
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '=':
			default:
				return false
			}
		}
	}
	return parts == 3
}

func tokenMessage(err error) string {
	if failure, ok := errors.AsType[*token.Error](err); ok {
		return failure.Message
	}
	return "Unexpected error"
}

// jwtMachineError maps a verification failure: only a wrong category keeps its
// reason.
func (a *Authentication) jwtMachineError(err error) *machineError {
	e := &machineError{code: reason.TokenVerificationFailed, message: tokenMessage(err), cause: err, quotes: a.quotesClerk(err)}
	var failure *token.Error
	switch {
	case !errors.As(err, &failure):
		e.unavailable = err
	case failure.Unavailable:
		e.unavailable = failure
	case failure.Reason == token.ReasonSecretKeyInvalid:
		e.code = reason.SecretKeyInvalid
	case errors.Is(err, token.ErrCategory):
		e.code = reason.TokenInvalid
	}
	return e
}

// m2mMachine maps the claims of an M2M JWT.
func m2mMachine(t *token.Token) *Machine {
	c := t.Claims()
	m := &Machine{Type: M2MToken, ID: text(c.Get("jti")), Subject: text(c.Get("sub")), Scopes: []string{}, Expires: expiryOf(t)}
	switch scopes, aud := c.Get("scopes"), c.Get("aud"); {
	case scopes.Exists() && !scopes.IsNull():
		m.Scopes = splitText(scopes)
	case aud.Exists() && !aud.IsNull():
		m.Scopes = textList(aud)
	}
	m.issued, _ = t.IssuedAt()
	m.Claims = customClaims(c)
	return m
}

// expiryOf returns when a verified token expires, zero where it does not say so.
func expiryOf(t *token.Token) time.Time {
	seconds, ok := t.Claims().Get("exp").Number()
	if !ok {
		return time.Time{}
	}
	return unixMilli(math.Trunc(seconds) * 1000)
}

// unixMilli is a time in milliseconds since 1970, as far as a year of four digits can be.
func unixMilli(ms float64) time.Time {
	const last = 253_402_300_799_000 // the end of the year 9999
	return time.UnixMilli(int64(min(max(ms, 0), last)))
}

// customClaims returns the claims that are not a JWT's own, or nil.
func customClaims(c token.Object) json.RawMessage {
	var b strings.Builder
	for _, name := range c.Names() {
		switch name {
		case "iss", "sub", "exp", "nbf", "iat", "jti":
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			continue
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(c.Get(name).Raw())
	}
	if b.Len() == 0 {
		return nil
	}
	return json.RawMessage("{" + b.String() + "}")
}

// oauthMachine maps the claims of an OAuth access token.
func oauthMachine(t *token.Token) *Machine {
	c := t.Claims()
	m := &Machine{
		Type:     OAuthToken,
		ID:       text(c.Get("jti")),
		Subject:  text(c.Get("sub")),
		ClientID: text(c.Get("client_id")),
		Actor:    c.Get("act").Raw(),
		Scopes:   []string{},
		Expires:  expiryOf(t),
	}
	m.issued, _ = t.IssuedAt()
	switch scp, scope := c.Get("scp"), c.Get("scope"); {
	case scp.Exists() && !scp.IsNull():
		m.Scopes = textList(scp)
	case scope.Exists() && !scope.IsNull():
		m.Scopes = splitText(scope)
	}
	return m
}

// splitText splits a claim at each space. A claim that is no text has no scopes.
func splitText(v token.Value) []string {
	s, ok := v.Text()
	if !ok {
		return nil
	}
	return strings.Split(s, " ")
}

// textList returns a list of strings; one string counts as a list of one.
func textList(v token.Value) []string {
	if s, ok := v.Text(); ok {
		return []string{s}
	}
	list, _ := v.Strings()
	return list
}

// opaqueKind is how the Backend API speaks of a kind of opaque token.
type opaqueKind struct{ object, notFound string }

func opaqueKindOf(kind TokenType) opaqueKind {
	switch kind {
	case M2MToken:
		return opaqueKind{"machine_to_machine_token", "Machine token not found"}
	case OAuthToken:
		return opaqueKind{"clerk_idp_oauth_access_token", "OAuth token not found"}
	case APIKey, SessionToken:
	}
	return opaqueKind{"api_key", "API key not found"}
}

// opaqueMachine asks the Backend API about an opaque token.
func (a *Authentication) opaqueMachine(kind TokenType) (*Machine, *machineError) {
	e, opaque := a.engine, opaqueKindOf(kind)
	if kind == M2MToken && !e.HasMachineSecret || kind != M2MToken && !e.HasSecret {
		return nil, &machineError{code: reason.UnexpectedError, message: "Unexpected error", unavailable: errNoSecretKey}
	}
	body, err := e.Clerk.DescribeMachine(a.ctx, a.request, kind, a.headerToken, func(body []byte) bool {
		_, failure := e.readMachine(kind, opaque, body)
		return failure == nil
	})
	if err != nil {
		return nil, a.opaqueError(err, opaque)
	}
	return e.readMachine(kind, opaque, body)
}

// ErrNoMachine says that Clerk's answer describes no token of the kind.
var ErrNoMachine = errors.New("the answer describes no such token")

var errNoSecretKey = &Fault{Message: "Missing Clerk Secret Key. Go to https://dashboard.clerk.com and get your key for your instance."}

// opaqueError tells Clerk's refusal of a token from a question that it did not
// answer. A status without Clerk's error in it is no answer about the token, and
// neither is one that says that we may not ask.
func (a *Authentication) opaqueError(err error, opaque opaqueKind) *machineError {
	e := &machineError{code: reason.UnexpectedError, message: "Unexpected error", unavailable: err, cause: err}
	failure, ok := a.engine.Clerk.Failure(err)
	if !ok {
		return e
	}
	e.status = failure.Status
	switch {
	case failure.Status == http.StatusUnauthorized, failure.Answer == KeyRefused:
		e.code, e.message, e.unavailable = reason.SecretKeyInvalid, cmp.Or(failure.Message, "Invalid secret key"), nil
	case failure.Answer != No:
	case failure.Status == http.StatusNotFound:
		e.code, e.message, e.unavailable = reason.TokenInvalid, opaque.notFound, nil
	case failure.Status == http.StatusBadRequest, failure.Status == http.StatusUnprocessableEntity:
		e.unavailable = nil
	}
	return e
}

// readMachine reads the Backend API's description of a token. It is stricter than
// Clerk's JavaScript SDK: a token that is revoked, expired or without subject is no
// sign-in, and what describes no such token is no answer.
func (e *Engine) readMachine(kind TokenType, opaque opaqueKind, body []byte) (*Machine, *machineError) {
	var answer struct {
		Object     string          `json:"object"`
		ID         string          `json:"id"`
		Subject    string          `json:"subject"`
		Scopes     []string        `json:"scopes"`
		Claims     json.RawMessage `json:"claims"`
		Name       string          `json:"name"`
		ClientID   string          `json:"client_id"`
		Revoked    bool            `json:"revoked"`
		Expired    bool            `json:"expired"`
		Expiration *float64        `json:"expiration"` // Unix milliseconds
		Audience   json.RawMessage `json:"aud"`
		Actor      json.RawMessage `json:"act"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Object != opaque.object {
		return nil, &machineError{code: reason.UnexpectedError, message: "Unexpected error", status: 200, unavailable: ErrNoMachine}
	}
	if answer.Subject == "" {
		return nil, &machineError{code: reason.UnexpectedError, message: "Unexpected error", status: 200}
	}
	expired := answer.Expired ||
		answer.Expiration != nil && *answer.Expiration <= float64(e.Now().Add(-e.Skew).UnixMilli())
	if answer.Revoked || expired {
		return nil, &machineError{code: reason.TokenInvalid, message: opaque.notFound, status: 200}
	}
	if kind == OAuthToken && !audienceAccepted(answer.Audience, e.Audience) {
		return nil, &machineError{code: reason.TokenVerificationFailed, message: "OAuth token audience is not accepted"}
	}
	m := &Machine{
		Type:     kind,
		ID:       answer.ID,
		Subject:  answer.Subject,
		Scopes:   answer.Scopes,
		Name:     answer.Name,
		ClientID: answer.ClientID,
		Opaque:   true,
		Checked:  e.Now(),
	}
	if answer.Expiration != nil {
		m.Expires = unixMilli(*answer.Expiration)
	}
	if kind == OAuthToken {
		m.Actor = answer.Actor
	}
	if len(answer.Claims) > 0 && string(answer.Claims) != "null" {
		m.Claims = answer.Claims
	}
	return m, nil
}

// audienceAccepted reports whether an OAuth token is meant for this application.
// Where an audience is configured, a token without one is not.
func audienceAccepted(aud json.RawMessage, audience []string) bool {
	if len(audience) == 0 {
		return true
	}
	var one string
	if json.Unmarshal(aud, &one) == nil {
		return slices.Contains(audience, one)
	}
	var list []string
	if json.Unmarshal(aud, &list) != nil || slices.Contains(list, "") {
		return false
	}
	return slices.ContainsFunc(list, func(s string) bool { return slices.Contains(audience, s) })
}

// text returns a string claim, "" for any other type.
func text(v token.Value) string {
	s, _ := v.Text()
	return s
}
