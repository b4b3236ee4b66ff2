package core

import (
	"encoding/json"
	"slices"

	"github.com/clerkgo/clerkgo/core/token"
)

// Actor is the one who acts on a user's behalf: an impersonator or an agent in a
// session, the party that a token was handed to in an OAuth access token (RFC 8693).
type Actor struct {
	// Subject is the actor's id, usually a user id.
	Subject string
	// Issuer is who vouches for Subject (iss); empty where the token does not say.
	Issuer string
	// Type is "agent" for agents, otherwise empty.
	Type string
	// Actor is who acts through this actor: the link before it in a chain of
	// delegation. Clerk's chains have one such link at most; further ones are only in
	// Raw. Nil without one.
	Actor *Actor
	// Raw is the whole act claim.
	Raw json.RawMessage
}

// clone returns a copy that shares nothing with a.
func (a *Actor) clone() *Actor {
	if a == nil {
		return nil
	}
	c := *a
	c.Raw = slices.Clone(a.Raw)
	c.Actor = a.Actor.clone()
	return &c
}

// readActor reads the act claim of a session, which is whatever object it is; nil
// without one. An actor before it counts only where it has a subject.
func readActor(v token.Value) *Actor {
	o, ok := v.Object()
	if !ok {
		return nil
	}
	return &Actor{
		Subject: claimText(o.Get("sub")),
		Issuer:  claimText(o.Get("iss")),
		Type:    claimText(o.Get("type")),
		Actor:   delegate(o.Get("act").Raw(), 0),
		Raw:     v.Raw(),
	}
}

// delegate reads the act member of an OAuth access token, of its claims or of the
// Backend API's description, with so many links before it. It is nil where there is
// none, or one whose subject is no text.
func delegate(raw json.RawMessage, links int) *Actor {
	// Not a struct: that would take SUB for sub.
	var members map[string]json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &members) != nil {
		return nil
	}
	var subject *string
	if json.Unmarshal(members["sub"], &subject) != nil || subject == nil {
		return nil
	}
	a := &Actor{Subject: *subject, Raw: slices.Clone(raw)}
	var issuer string
	if json.Unmarshal(members["iss"], &issuer) == nil {
		a.Issuer = issuer
	}
	if links > 0 {
		a.Actor = delegate(members["act"], links-1)
	}
	return a
}

// claimText returns a string claim, "" for any other type.
func claimText(v token.Value) string {
	s, _ := v.Text()
	return s
}
