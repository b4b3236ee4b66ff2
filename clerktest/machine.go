package clerktest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// MachineToken describes a machine token. Every field is optional.
type MachineToken struct {
	// ID of the token's record, for example mt_1. Empty: counted.
	ID string
	// Subject is whom the token speaks for: a machine (mch_…) for M2M tokens, a user
	// for OAuth tokens, a user or an organization for API keys. Empty: a made-up one.
	Subject string
	// Scopes of the token. For M2M tokens these are the machines that it may call.
	Scopes []string
	// Claims are custom claims; OAuth tokens have none.
	Claims map[string]any
	// Actor is the act claim of an OAuth token that was delegated, for example
	// map[string]any{"sub": "client_agent"}. Nil: none.
	Actor map[string]any
	// Name of an API key. Empty: "clerktest".
	Name string
	// ClientID of the OAuth application. Empty: a made-up one.
	ClientID string
	// Lifetime of the token. Zero means an hour, except that API keys then last for
	// ever. Negative makes it expired already.
	Lifetime time.Duration
}

// M2MToken issues an opaque machine-to-machine token, mt_….
func (s *Server) M2MToken(m MachineToken) (token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issueM2M(m)
}

// OAuthToken issues an opaque OAuth access token, oat_….
func (s *Server) OAuthToken(m MachineToken) (token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issueOAuth(m)
}

// APIKey issues an API key, ak_….
func (s *Server) APIKey(m MachineToken) (secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issueAPIKey(m)
}

// M2MJWT mints a machine-to-machine token that verifies without a call.
func (s *Server) M2MJWT(m MachineToken, opts ...TokenOption) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m = s.complete("mt", m, "mch_clerktest", time.Hour)
	return s.signM2M(m, newSpec(opts))
}

func (s *Server) signM2M(m MachineToken, spec *tokenSpec) string {
	claims := maps.Clone(document(m.Claims))
	claims["iss"], claims["sub"], claims["jti"] = s.issuer, m.Subject, m.ID
	if len(m.Scopes) > 0 {
		claims["scopes"] = strings.Join(m.Scopes, " ")
	}
	s.times(claims, spec, m.Lifetime, 0)
	return s.sign(claims, CategoryM2M, "JWT", spec)
}

// OAuthJWT mints an OAuth access token that verifies without a call.
func (s *Server) OAuthJWT(m MachineToken, opts ...TokenOption) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m = s.complete("oat", m, "user_clerktest", time.Hour)
	claims := map[string]any{
		"iss": s.issuer, "sub": m.Subject, "jti": m.ID, "client_id": m.ClientID, "scope": strings.Join(m.Scopes, " "),
	}
	if m.Actor != nil {
		claims["act"] = m.Actor
	}
	s.times(claims, newSpec(opts), m.Lifetime, 0)
	return s.sign(claims, "", "at+jwt", newSpec(opts))
}

// RevokeToken revokes an opaque machine token and reports whether it was valid.
func (s *Server) RevokeToken(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range []store.Of[store.Credential]{s.state.M2MTokens, s.state.OAuthTokens, s.state.APIKeys} {
		if c := s.state.Presented(t, token); c != nil {
			t.Touched(c, func() { c.Revoked = true })
			return true
		}
	}
	return false
}

// Everything below is called with s.mu held.

func (s *Server) issueM2M(m MachineToken) string {
	return s.issue(s.state.M2MTokens, m, "mch_clerktest", time.Hour).Secret
}

func (s *Server) issueOAuth(m MachineToken) string {
	return s.issue(s.state.OAuthTokens, m, "user_clerktest", time.Hour).Secret
}

func (s *Server) issueAPIKey(m MachineToken) string {
	return s.issue(s.state.APIKeys, m, "user_clerktest", 0).Secret
}

// complete fills in what a description leaves out.
func (s *Server) complete(prefix string, m MachineToken, subject string, lifetime time.Duration) MachineToken {
	if m.ID == "" {
		m.ID = s.newID(prefix)
	}
	if m.Subject == "" {
		m.Subject = subject
	}
	if m.Name == "" {
		m.Name = "clerktest"
	}
	if m.ClientID == "" {
		m.ClientID = "client_clerktest"
	}
	if m.Lifetime == 0 {
		m.Lifetime = lifetime
	}
	return m
}

func (s *Server) issue(t store.Of[store.Credential], m MachineToken, subject string, lifetime time.Duration) *store.Credential {
	m = s.complete(t.Prefix(), m, subject, lifetime)
	c := &store.Credential{
		Record: store.Record{ID: m.ID}, Subject: m.Subject, Scopes: slices.Clone(m.Scopes), Claims: maps.Clone(m.Claims),
		Name: m.Name, CreatedBy: m.Subject, ClientID: m.ClientID, Actor: maps.Clone(m.Actor),
	}
	if m.Lifetime != 0 {
		c.ExpiresAt = s.state.Now().Add(m.Lifetime)
	}
	s.state.Issue(t, c)
	return c
}
