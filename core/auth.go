package core

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// Auth is who makes a request: Clerk's Auth object. The zero value is a signed-out
// request. An Auth is read-only and safe for concurrent use once it was handed
// out; its slices belong to it and are shared with no cache.
//
// Clerk's null is Go's zero value here. A claim of an unexpected JSON type, which
// Clerk does not issue, counts as absent.
type Auth struct {
	// TokenType is the kind of credential, [SessionToken] for signed-out requests.
	TokenType TokenType

	// UserID is the user's id. Empty means that nobody is signed in (or that a
	// machine is).
	UserID string
	// SessionID is the id of the session.
	SessionID string
	// SessionStatus is "active" or "pending" (the user still has a task to do,
	// such as choosing an organization). It is set for pending sessions even where
	// those count as signed out.
	SessionStatus string
	// OrgID, OrgRole and OrgSlug describe the active organization. They are empty
	// without one: a personal account. OrgRole has the form org:admin.
	OrgID, OrgRole, OrgSlug string
	// OrgPermissions are the custom permissions in the active organization, each
	// org:feature:permission.
	OrgPermissions []string
	// Actor is who acts on the user's behalf, or nil: an impersonator or agent in a
	// session, the bearer of a delegated OAuth access token.
	Actor *Actor
	// FactorVerificationAge says how long ago the user proved who they are, or nil
	// when the token does not tell.
	FactorVerificationAge *FactorVerificationAge

	// ID is the id of a machine's credential.
	ID string
	// Subject is whom a machine's credential speaks for: a user_, org_ or mch_ id.
	Subject string
	// Scopes are the scopes of a machine's credential.
	Scopes []string
	// Name is the name of an API key.
	Name string
	// ClientID is the OAuth application's client id.
	ClientID string
	// MachineID is the machine's id, of M2M tokens.
	MachineID string

	authenticated bool
	unreadable    bool     // there is a session, but its claims cannot be understood
	finding       *finding // which it was made from; nil for a zero Auth

	age FactorVerificationAge // what FactorVerificationAge points to
}

// IsAuthenticated reports whether a valid credential was presented: a session
// that is not pending, or a machine's token.
func (a *Auth) IsAuthenticated() bool { return a.authenticated }

// InGrace reports whether the session token has expired and passes all the same, because
// Clerk is down: see [Outage].Grace. What it says may be out of date by as much. Guards with
// [NoGrace] do not let it pass.
func (a *Auth) InGrace() bool { return a.finding != nil && a.finding.grace != nil }

// Reason says why nobody is signed in; it is empty when somebody is.
func (a *Auth) Reason() reason.Reason {
	switch {
	case a.unreadable:
		return reason.UnexpectedError
	case a.finding == nil:
		return ""
	}
	return a.finding.reason
}

// Claims returns the payload of the session token, or the custom claims of a
// machine's token, as JSON text; nil without any. The caller may change it.
func (a *Auth) Claims() json.RawMessage {
	switch {
	case !a.authenticated:
		return nil
	case a.finding.session != nil:
		return a.finding.session.Payload()
	case a.finding.machine != nil && a.finding.machine.Claims != nil:
		return append(json.RawMessage(nil), a.finding.machine.Claims...)
	}
	return nil
}

// claim returns a claim of a session token, an absent one where there is none.
func (a *Auth) claim(name string) token.Value {
	if !a.authenticated || a.finding.session == nil {
		return token.Value{}
	}
	return a.finding.session.Claims().Get(name)
}

// AuthOption changes how an Auth is built from a [State].
type AuthOption interface{ applyAuth(*authOptions) }

type authOptions struct{ pendingAsSignedIn bool }

type authOption func(*authOptions)

func (f authOption) applyAuth(o *authOptions) { f(o) }

// PendingAsSignedIn returns a pending session as a signed-in one, like Clerk's
// treatPendingAsSignedOut: false. By default a user whose session is pending
// counts as signed out.
var PendingAsSignedIn AuthOption = authOption(func(o *authOptions) { o.pendingAsSignedIn = true })

// fromMachine fills a with what the verified credential of f says.
func (a *Auth) fromMachine(f *finding) {
	m := f.machine
	*a = Auth{
		TokenType:     TokenType(m.Type),
		ID:            m.ID,
		Subject:       m.Subject,
		Scopes:        slices.Clone(m.Scopes),
		finding:       f,
		authenticated: true,
	}
	switch a.TokenType {
	case APIKey:
		a.Name = m.Name
		if strings.HasPrefix(m.Subject, "user_") {
			a.UserID = m.Subject
		}
		if strings.HasPrefix(m.Subject, "org_") {
			a.OrgID = m.Subject
		}
	case M2MToken:
		a.MachineID = m.Subject
	case OAuthToken:
		a.UserID = m.Subject
		a.ClientID = m.ClientID
		a.Actor = delegate(m.Actor, 1)
	case SessionToken:
	}
}

// sessionAuth is what the claims of a session token say, once per token.
type sessionAuth struct {
	auth Auth
	err  error
}

// fromSession fills a with what the verified session token of f says. Everything
// that a holder of a could change is its own.
func (a *Auth) fromSession(f *finding) {
	read, ok := f.session.Memo(readSession).(*sessionAuth)
	if !ok || read.err != nil {
		*a = Auth{TokenType: SessionToken, unreadable: true, finding: f}
		return
	}
	*a = read.auth
	a.finding = f
	if permissions := a.OrgPermissions; permissions != nil {
		a.OrgPermissions = make([]string, len(permissions))
		copy(a.OrgPermissions, permissions)
	}
	if a.FactorVerificationAge != nil {
		a.FactorVerificationAge = &a.age
	}
	a.Actor = a.Actor.clone()
}

// sessionOf returns who the claims of a verified session token name, for the engine.
func sessionOf(t *token.Token) (engine.Session, error) {
	read, ok := t.Memo(readSession).(*sessionAuth)
	if !ok {
		return engine.Session{}, errPermissionClaims
	}
	if read.auth.SessionStatus == "pending" {
		return engine.Session{}, read.err // It counts as nobody's until its tasks are done.
	}
	return engine.Session{UserID: read.auth.UserID, OrgID: read.auth.OrgID, OrgSlug: read.auth.OrgSlug}, read.err
}

func readSession(t *token.Token) any {
	read := new(sessionAuth)
	read.err = read.auth.readClaims(t.Claims())
	return read
}

// readClaims reads the claims of a verified session token, version 1 or 2.
func (a *Auth) readClaims(c token.Object) error {
	*a = Auth{
		TokenType:     SessionToken,
		UserID:        claimText(c.Get("sub")),
		SessionID:     claimText(c.Get("sid")),
		SessionStatus: claimText(c.Get("sts")),
		authenticated: true,
	}
	if actor, ok := readActor(c.Get("act")); ok {
		a.Actor = &actor
	}
	if age, ok := readFactorVerificationAge(c.Get("fva")); ok {
		a.age, a.FactorVerificationAge = age, &a.age
	}
	if v, ok := c.Get("v").Number(); !ok || v != 2 {
		a.OrgID = claimText(c.Get("org_id"))
		a.OrgSlug = claimText(c.Get("org_slug"))
		a.OrgRole = claimText(c.Get("org_role"))
		if permissions, ok := c.Get("org_permissions").Strings(); ok {
			a.OrgPermissions = permissions
		}
		return nil
	}
	org := c.Get("o")
	if !org.Truthy() {
		return nil
	}
	o, _ := org.Object()
	a.OrgID = claimText(o.Get("id"))
	a.OrgSlug = claimText(o.Get("slg"))
	if role := claimText(o.Get("rol")); role != "" {
		a.OrgRole = "org:" + role
	}
	permissions, err := organizationPermissions(c.Get("fea"), o)
	a.OrgPermissions = permissions
	return err
}
