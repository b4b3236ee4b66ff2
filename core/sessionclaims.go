package core

import (
	"time"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/revocations"
	"github.com/clerkgo/clerkgo/core/token"
)

// What a session token says about who makes a request.

// sessionAuth is what the claims of a session token say, once per token.
type sessionAuth struct {
	auth     Auth
	err      error
	subject  revocations.Subject
	lifetime time.Duration
}

// fromSession fills a with what the verified session token of f says. Everything
// that a holder of a could change is its own; r, if there is one, has room for some of it.
func (a *Auth) fromSession(f *authResult, r *room) {
	read, ok := f.session.Memo(readSession).(*sessionAuth)
	if !ok || read.err != nil {
		*a = Auth{TokenType: SessionToken, unreadable: true, result: f}
		return
	}
	if f.clerk != nil {
		f.clerk.revocations.Saw(revocations.Lifetimes{Session: read.lifetime})
	}
	*a = read.auth
	a.result = f
	if permissions := a.OrgPermissions; permissions != nil {
		a.OrgPermissions = r.strings(len(permissions))
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

// readSession reads the claims of a verified session token, once per token.
func readSession(t *token.Token) any {
	read := new(sessionAuth)
	read.err = read.auth.readClaims(t.Claims())
	read.subject = revocations.Subject{SessionID: read.auth.SessionID, UserID: read.auth.UserID, OrgID: read.auth.OrgID}
	exp, expires := t.Claims().Get("exp").Number()
	if expires {
		read.subject.Expires = exp
	}
	if iat, ok := t.IssuedAt(); ok {
		read.subject.IssuedAt = iat
		if expires && exp > iat {
			read.lifetime = time.Duration(min(exp-iat, day.Seconds()) * float64(time.Second))
		}
	}
	return read
}

const day = 24 * time.Hour

// subjectOf returns who a verified session token names, for what was revoked.
func subjectOf(t *token.Token) revocations.Subject {
	read, ok := t.Memo(readSession).(*sessionAuth)
	if !ok {
		return revocations.Subject{}
	}
	return read.subject
}

// readClaims reads the claims of a verified session token, version 1 or 2. Where v is
// anything but the number 2 (absent, the text "2", a version to come), they count as
// version 1: that is the rule of Clerk's JavaScript SDK.
func (a *Auth) readClaims(c token.Object) error {
	*a = Auth{
		TokenType:     SessionToken,
		UserID:        claimText(c.Get("sub")),
		SessionID:     claimText(c.Get("sid")),
		SessionStatus: claimText(c.Get("sts")),
		authenticated: true,
	}
	a.Actor = readActor(c.Get("act"))
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
	a.OrgRole = organizationRole(claimText(o.Get("rol")))
	permissions, err := organizationPermissions(c.Get("fea"), o)
	a.OrgPermissions = permissions
	return err
}

// organizationRole is a role of a version 2 token as guards name it.
func organizationRole(short string) string {
	switch short {
	case "":
		return ""
	case "admin":
		return "org:admin"
	case "member":
		return "org:member"
	}
	return "org:" + short
}
