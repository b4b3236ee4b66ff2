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

type machineKind int

const (
	kindM2M machineKind = iota
	kindOAuth
	kindAPIKey
)

// machineRecord is an opaque token that was given out.
type machineRecord struct {
	MachineToken
	kind        machineKind
	secret      string
	createdBy   string
	description string
	revoked     bool
	reason      string
	expireAt    time.Time // zero: never
	createdAt   time.Time
	updatedAt   time.Time
}

// M2MToken issues an opaque machine-to-machine token, mt_….
func (s *Server) M2MToken(m MachineToken) (token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(kindM2M, m).secret
}

// OAuthToken issues an opaque OAuth access token, oat_….
func (s *Server) OAuthToken(m MachineToken) (token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(kindOAuth, m).secret
}

// APIKey issues an API key, ak_….
func (s *Server) APIKey(m MachineToken) (secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(kindAPIKey, m).secret
}

// M2MJWT mints a machine-to-machine token that verifies without a call.
func (s *Server) M2MJWT(m MachineToken, opts ...TokenOption) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complete(kindM2M, &m)
	claims := maps.Clone(document(m.Claims))
	claims["iss"], claims["sub"], claims["jti"] = s.issuer, m.Subject, m.ID
	if len(m.Scopes) > 0 {
		claims["scopes"] = strings.Join(m.Scopes, " ")
	}
	s.times(claims, newSpec(opts), m.Lifetime, 0)
	return s.sign(claims, CategoryM2M, "JWT", newSpec(opts))
}

// OAuthJWT mints an OAuth access token that verifies without a call.
func (s *Server) OAuthJWT(m MachineToken, opts ...TokenOption) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complete(kindOAuth, &m)
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
	m := s.machineBySecret(token)
	if m == nil || m.revoked {
		return false
	}
	m.revoked, m.updatedAt = true, s.clock.Now()
	return true
}

// Everything below is called with s.mu held.

// complete fills in what a description leaves out.
func (s *Server) complete(kind machineKind, m *MachineToken) {
	prefix, subject := "mt", "mch_clerktest"
	switch kind {
	case kindM2M:
	case kindOAuth:
		prefix, subject = "oat", "user_clerktest"
	case kindAPIKey:
		prefix, subject = "ak", "user_clerktest"
	}
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
	if m.Lifetime == 0 && kind != kindAPIKey {
		m.Lifetime = time.Hour
	}
	m.Scopes, m.Claims, m.Actor = slices.Clone(m.Scopes), maps.Clone(m.Claims), maps.Clone(m.Actor)
}

func (s *Server) issue(kind machineKind, m MachineToken) *machineRecord {
	s.complete(kind, &m)
	now := s.clock.Now()
	rec := &machineRecord{MachineToken: m, kind: kind, createdAt: now, updatedAt: now}
	if m.Lifetime != 0 {
		rec.expireAt = now.Add(m.Lifetime)
	}
	switch kind {
	case kindM2M:
		rec.secret = "mt_" + store.NewSecret()
	case kindOAuth:
		rec.secret = "oat_" + store.NewSecret()
	case kindAPIKey:
		rec.secret, rec.createdBy = "ak_"+store.NewSecret(), m.Subject
	}
	if s.machines[m.ID] == nil {
		s.machineOrder = append(s.machineOrder, m.ID)
	}
	s.machines[m.ID] = rec
	return rec
}

func (s *Server) machineBySecret(secret string) *machineRecord {
	for _, m := range s.machines {
		if secret != "" && constantEqual(m.secret, secret) {
			return m
		}
	}
	return nil
}

func (s *Server) expired(m *machineRecord) bool {
	return !m.expireAt.IsZero() && !s.clock.Now().Before(m.expireAt)
}

func (s *Server) machineObject(m *machineRecord) map[string]any {
	doc := map[string]any{
		"id":                m.ID,
		"subject":           m.Subject,
		"scopes":            append([]string{}, m.Scopes...),
		"revoked":           m.revoked,
		"revocation_reason": textOrNull(m.reason),
		"expired":           s.expired(m),
		"expiration":        millisOrNull(m.expireAt),
		"created_at":        millis(m.createdAt),
		"updated_at":        millis(m.updatedAt),
	}
	switch m.kind {
	case kindM2M:
		doc["object"], doc["claims"] = "machine_to_machine_token", mapOrNull(m.Claims)
	case kindOAuth:
		doc["object"], doc["type"], doc["client_id"] = "clerk_idp_oauth_access_token", "oauth_token", m.ClientID
		if m.Actor != nil {
			doc["act"] = m.Actor
		}
	case kindAPIKey:
		doc["object"], doc["type"], doc["name"] = "api_key", "api_key", m.Name
		doc["claims"], doc["created_by"] = document(m.Claims), textOrNull(m.createdBy)
		doc["description"], doc["last_used_at"] = textOrNull(m.description), nil
	}
	return doc
}
