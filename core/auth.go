package core

import (
	"encoding/json"
	"slices"
	"strings"

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

	// UserID is the user's id. It is also set where an API key or an OAuth token speaks
	// for a user: TokenType tells sessions apart, and a guard that accepts both lets an
	// API key act as its user. Empty means that nobody is signed in, or a machine that
	// speaks for no user.
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
	unreadable    bool        // there is a session, but its claims cannot be understood
	result        *authResult // which it was made from; nil for a zero Auth

	age FactorVerificationAge // what FactorVerificationAge points to
}

// IsAuthenticated reports whether a valid credential was presented: a session
// that is not pending, or a machine's token.
func (a *Auth) IsAuthenticated() bool { return a.authenticated }

// InGrace reports whether the session token has expired and passes all the same, because
// Clerk is down: see [Outage].Grace. What it says may be out of date by as much. Guards with
// [NoGrace] do not let it pass.
func (a *Auth) InGrace() bool { return a.result != nil && a.result.grace != nil }

// Reason says why nobody is signed in; it is empty when somebody is.
func (a *Auth) Reason() reason.Reason {
	switch {
	case a.unreadable:
		return reason.UnexpectedError
	case a.result == nil:
		return ""
	}
	return a.result.reason
}

// Claims returns the payload of the session token, or the custom claims of a
// machine's token, as JSON text; nil without any. The caller may change it.
func (a *Auth) Claims() json.RawMessage {
	switch {
	case !a.authenticated:
		return nil
	case a.result.session != nil:
		return a.result.session.Payload()
	case a.result.machine != nil && a.result.machine.Claims != nil:
		return append(json.RawMessage(nil), a.result.machine.Claims...)
	}
	return nil
}

// claim returns a claim of a session token, an absent one where there is none.
func (a *Auth) claim(name string) token.Value {
	if !a.authenticated || a.result.session == nil {
		return token.Value{}
	}
	return a.result.session.Claims().Get(name)
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
func (a *Auth) fromMachine(f *authResult) {
	m := f.machine
	*a = Auth{
		TokenType:     TokenType(m.Type),
		ID:            m.ID,
		Subject:       m.Subject,
		Scopes:        slices.Clone(m.Scopes),
		result:        f,
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
