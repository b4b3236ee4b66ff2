package core

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/core/token"
)

// machineData is a verified machine credential.
type machineData struct {
	tokenType TokenType
	id        string
	subject   string
	scopes    []string
	name      string
	clientID  string
	actor     *Actor          // of OAuth tokens
	claims    json.RawMessage // nil without custom claims
	raw       string          // the credential itself
}

// fromMachine fills a with what the verified credential of s says.
func (a *Auth) fromMachine(s *State) {
	m := s.machine
	*a = Auth{
		TokenType:     m.tokenType,
		ID:            m.id,
		Subject:       m.subject,
		Scopes:        slices.Clone(m.scopes),
		state:         s,
		authenticated: true,
	}
	switch m.tokenType {
	case APIKey:
		a.Name = m.name
		if strings.HasPrefix(m.subject, "user_") {
			a.UserID = m.subject
		}
		if strings.HasPrefix(m.subject, "org_") {
			a.OrgID = m.subject
		}
	case M2MToken:
		a.MachineID = m.subject
	case OAuthToken:
		a.UserID = m.subject
		a.ClientID = m.clientID
		a.Actor = m.actor.clone()
	case SessionToken:
	}
}

// machineError is why a machine's credential was refused, in the terms of
// Clerk's SDKs.
type machineError struct {
	code        Reason
	message     string
	status      int // of the Backend API, 0 without an answer
	unavailable error
	cause       error     // for the log
	tokenType   TokenType // where the form decides otherwise than the prefix
}

func (e *machineError) fullMessage() string {
	status := "n/a"
	if e.status != 0 {
		status = strconv.Itoa(e.status)
	}
	return e.message + " (code=" + string(e.code) + ", status=" + status + ")"
}

// state is the refusal of a token of a kind.
func (e *machineError) state(kind TokenType) *State {
	message := e.fullMessage()
	public := message
	if e.code == ReasonSecretKeyInvalid || quotesBackend(e.cause) {
		public = ""
	}
	return signedOut(kind, e.code, public).because(details{message: message, unavailable: e.unavailable})
}

// verifyMachine verifies the header's machine token of a known kind.
func (a *authentication) verifyMachine(kind TokenType) *State {
	data, failure := a.machine(kind)
	if failure != nil {
		if failure.tokenType != "" {
			kind = failure.tokenType
		}
		if failure.code == ReasonSecretKeyInvalid {
			a.clerk.logSecretKeyRefused(a.ctx, failure.cause)
		}
		return failure.state(kind)
	}
	// The header's memory may be reused when the handler has returned.
	data.raw = strings.Clone(a.headerToken)
	return &State{status: StatusSignedIn, tokenType: kind, machine: data}
}

// machine verifies a JWT with the instance's keys and anything else with the
// Backend API. The form decides first: a token with a machine's prefix that looks
// like a JWT is judged as one.
func (a *authentication) machine(kind TokenType) (*machineData, *machineError) {
	if !isJWTForm(a.headerToken) {
		return a.opaqueMachine(kind)
	}
	t, err := a.header()
	switch {
	case err != nil:
		return nil, &machineError{code: ReasonTokenInvalid, message: tokenMessage(err), tokenType: M2MToken}
	case t.IsM2M():
		verified, err := a.clerk.verifier.M2M(a.ctx, t)
		if err != nil {
			return nil, jwtMachineError(err)
		}
		return m2mData(verified), nil
	case t.IsOAuth():
		verified, err := a.clerk.verifier.OAuth(a.ctx, t)
		if err != nil {
			return nil, jwtMachineError(err)
		}
		return oauthData(verified), nil
	}
	return nil, &machineError{
		code:      ReasonTokenVerificationFailed,
		message:   "Invalid JWT type. Expected one of: at+jwt, application/at+jwt for OAuth, or sub starting with 'mch_' for M2M",
		tokenType: OAuthToken,
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
	var failure *token.Error
	if errors.As(err, &failure) {
		return failure.Message
	}
	return "Unexpected error"
}

// jwtMachineError maps a verification failure: only a wrong category keeps its
// reason.
func jwtMachineError(err error) *machineError {
	e := &machineError{code: ReasonTokenVerificationFailed, message: tokenMessage(err), cause: err}
	var failure *token.Error
	switch {
	case !errors.As(err, &failure):
		e.unavailable = err
	case failure.Unavailable:
		e.unavailable = failure
	case failure.Reason == token.ReasonSecretKeyInvalid:
		e.code = ReasonSecretKeyInvalid
	case failure.Reason == token.ReasonInvalid && failure.Message == invalidM2MCategory:
		e.code = ReasonTokenInvalid
	}
	return e
}

const invalidM2MCategory = "Invalid M2M JWT category."

// m2mData maps the claims of an M2M JWT.
func m2mData(t *token.Token) *machineData {
	c := t.Claims()
	m := &machineData{tokenType: M2MToken, id: text(c.Get("jti")), subject: text(c.Get("sub")), scopes: []string{}}
	switch scopes, aud := c.Get("scopes"), c.Get("aud"); {
	case scopes.Exists() && !scopes.IsNull():
		m.scopes = splitText(scopes)
	case aud.Exists() && !aud.IsNull():
		m.scopes = textList(aud)
	}
	m.claims = customClaims(c)
	return m
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

// oauthData maps the claims of an OAuth access token.
func oauthData(t *token.Token) *machineData {
	c := t.Claims()
	m := &machineData{
		tokenType: OAuthToken,
		id:        text(c.Get("jti")),
		subject:   text(c.Get("sub")),
		clientID:  text(c.Get("client_id")),
		actor:     delegate(c.Get("act").Raw(), 1),
		scopes:    []string{},
	}
	switch scp, scope := c.Get("scp"), c.Get("scope"); {
	case scp.Exists() && !scp.IsNull():
		m.scopes = textList(scp)
	case scope.Exists() && !scope.IsNull():
		m.scopes = splitText(scope)
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
func (a *authentication) opaqueMachine(kind TokenType) (*machineData, *machineError) {
	b, opaque := a.clerk.backend, opaqueKindOf(kind)
	if kind == M2MToken && !b.hasM2M || kind != M2MToken && b.secretKey == "" {
		return nil, &machineError{code: ReasonUnexpectedError, message: "Unexpected error", unavailable: errNoSecretKey}
	}
	body, err := a.askMachine(kind, opaque)
	if err != nil {
		return nil, opaqueError(err, opaque)
	}
	return a.readMachine(kind, opaque, body)
}

var errNoMachine = &BackendError{Status: http.StatusOK, cause: errors.New("the answer describes no such token")}

var errNoSecretKey = &Error{class: ErrConfiguration, message: "Missing Clerk Secret Key. Go to https://dashboard.clerk.com and get your key for your instance."}

// opaqueError tells Clerk's refusal of a token from a question that it did not
// answer. A status without Clerk's error in it is no answer about the token, and
// neither is one that says that we may not ask.
func opaqueError(err error, opaque opaqueKind) *machineError {
	e := &machineError{code: ReasonUnexpectedError, message: "Unexpected error", unavailable: err, cause: err}
	var failure *BackendError
	if !errors.As(err, &failure) {
		return e
	}
	e.status = failure.Status
	switch {
	case failure.Status == http.StatusUnauthorized, failure.answer() == answerKey:
		e.code, e.message, e.unavailable = ReasonSecretKeyInvalid, "Invalid secret key", nil
		if len(failure.Items) > 0 && failure.Items[0].Message != "" {
			e.message = failure.Items[0].Message
		}
	case failure.answer() != answerNo:
	case failure.Status == http.StatusNotFound:
		e.code, e.message, e.unavailable = ReasonTokenInvalid, opaque.notFound, nil
	case failure.Status == http.StatusBadRequest, failure.Status == http.StatusUnprocessableEntity:
		e.unavailable = nil
	}
	return e
}

// readMachine reads the Backend API's description of a token. It is stricter than
// Clerk's JavaScript SDK: a token that is revoked, expired or without subject is no
// sign-in, and what describes no such token is no answer.
func (a *authentication) readMachine(kind TokenType, opaque opaqueKind, body []byte) (*machineData, *machineError) {
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
		return nil, &machineError{code: ReasonUnexpectedError, message: "Unexpected error", status: 200, unavailable: errNoMachine}
	}
	if answer.Subject == "" {
		return nil, &machineError{code: ReasonUnexpectedError, message: "Unexpected error", status: 200}
	}
	expired := answer.Expired ||
		answer.Expiration != nil && *answer.Expiration <= float64(a.clerk.now().Add(-a.clerk.skew).UnixMilli())
	if answer.Revoked || expired {
		return nil, &machineError{code: ReasonTokenInvalid, message: opaque.notFound, status: 200}
	}
	if kind == OAuthToken && !audienceAccepted(answer.Audience, a.clerk.opts.Audience) {
		return nil, &machineError{code: ReasonTokenVerificationFailed, message: "OAuth token audience is not accepted"}
	}
	m := &machineData{
		tokenType: kind,
		id:        answer.ID,
		subject:   answer.Subject,
		scopes:    answer.Scopes,
		name:      answer.Name,
		clientID:  answer.ClientID,
	}
	if kind == OAuthToken {
		m.actor = delegate(answer.Actor, 1)
	}
	if len(answer.Claims) > 0 && string(answer.Claims) != "null" {
		m.claims = answer.Claims
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
