package clerktest

import (
	"crypto/rsa"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// TokenOption shapes a token that is minted in code. Options that make no sense
// for a kind of token are ignored by it.
type TokenOption func(*tokenSpec)

type tokenSpec struct {
	orgKey    *string
	lifetime  *time.Duration
	issuedAt  *time.Time
	azp       string
	pending   bool
	sessionID string
	version   int
	factorAge *[2]int
	actor     map[string]any
	claims    map[string]any
	header    map[string]any
	signer    *signingKey
}

// InOrganization makes an organization, named by id or slug, the active one of
// the token. A user who is no member becomes one, as org:member.
func InOrganization(idOrSlug string) TokenOption {
	return func(t *tokenSpec) { t.orgKey = &idOrSlug }
}

// Lifetime sets how long the token is valid. Negative makes it expired already.
func Lifetime(d time.Duration) TokenOption {
	return func(t *tokenSpec) { t.lifetime = &d }
}

// IssuedAt sets the moment of issue, from which nbf and exp follow.
func IssuedAt(at time.Time) TokenOption {
	return func(t *tokenSpec) { t.issuedAt = &at }
}

// AuthorizedParty sets the claim azp: the origin of the page that asked for the
// token, for example http://localhost:3000. Without it the token has none.
func AuthorizedParty(origin string) TokenOption {
	return func(t *tokenSpec) { t.azp = origin }
}

// Pending mints the token of a session that still has tasks to do (sts pending).
func Pending() TokenOption {
	return func(t *tokenSpec) { t.pending = true }
}

// SessionID sets the claim sid. The session need not exist.
func SessionID(id string) TokenOption {
	return func(t *tokenSpec) { t.sessionID = id }
}

// Version chooses the claims of session tokens: 2 or 1.
func Version(v int) TokenOption {
	return func(t *tokenSpec) { t.version = v }
}

// FactorAge sets the claim fva: the minutes since the first and the second
// factor were verified; -1 means never.
func FactorAge(first, second int) TokenOption {
	return func(t *tokenSpec) { t.factorAge = &[2]int{first, second} }
}

// ActingAs marks the token as one of an impersonation: actor is the user id of
// the person who really acts.
func ActingAs(actor string) TokenOption {
	return func(t *tokenSpec) { t.actor = map[string]any{"sub": actor} }
}

// Claim sets one claim to any JSON value; it wins over everything else. A nil
// value removes the claim.
func Claim(name string, value any) TokenOption {
	return func(t *tokenSpec) {
		if t.claims == nil {
			t.claims = map[string]any{}
		}
		t.claims[name] = value
	}
}

// HeaderField sets one field of the token's header. A nil value removes it.
func HeaderField(name string, value any) TokenOption {
	return func(t *tokenSpec) {
		if t.header == nil {
			t.header = map[string]any{}
		}
		t.header[name] = value
	}
}

// Category sets the token class (see [CategorySession]); empty removes it, as in
// tokens from before Clerk had classes.
func Category(cat string) TokenOption {
	if cat == "" {
		return HeaderField("cat", nil)
	}
	return HeaderField("cat", cat)
}

// SignedWith signs the token with another key under the given key id: what a
// forger would do, or another instance.
func SignedWith(key *rsa.PrivateKey, kid string) TokenOption {
	return func(t *tokenSpec) { t.signer = &signingKey{kid: kid, key: key} }
}

func newSpec(opts []TokenOption) *tokenSpec {
	t := &tokenSpec{}
	for _, o := range opts {
		o(t)
	}
	return t
}

// SessionToken mints a session token for a user, who is created if unknown. It
// belongs to a session of the instance, so that the Backend API knows it. The
// same user's tokens share that session, one for each organization.
func (s *Server) SessionToken(userID string, opts ...TokenOption) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	spec := newSpec(opts)
	u := s.ensureUser(userID)
	orgID := s.joinOrganization(u, spec)
	sess := s.state.Sessions.Get(spec.sessionID)
	if sess == nil || sess.UserID != u.ID {
		sess = s.state.MintedSession(u, orgID)
	}
	return s.mintSession(sess, spec)
}

// TemplateToken mints a token of the JWT template name for a user: no session
// id, and the class of templates. The template's claims are those given to
// [Server.AddTemplate], plus any [Claim].
func (s *Server) TemplateToken(userID, name string, opts ...TokenOption) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	spec := newSpec(opts)
	u := s.ensureUser(userID)
	return s.mintTemplate(s.state.MintedSession(u, s.joinOrganization(u, spec)), s.state.Templates.By("name", name), spec)
}

// HandshakeToken mints a handshake token that carries Set-Cookie directives.
func (s *Server) HandshakeToken(directives []string, opts ...TokenOption) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mintHandshake(directives, newSpec(opts))
}

// Everything below is called with s.mu held.

// joinOrganization finds or makes the organization that an option names, with
// the user in it, and returns its id.
func (s *Server) joinOrganization(u *store.User, spec *tokenSpec) string {
	if spec.orgKey == nil || *spec.orgKey == "" {
		return ""
	}
	o := s.ensureOrganization(*spec.orgKey)
	if o.Member(u.ID) == nil {
		s.putMember(o, Member{UserID: u.ID})
	}
	return o.ID
}

func (s *Server) mintHandshake(directives []string, spec *tokenSpec) string {
	if directives == nil {
		directives = []string{}
	}
	return s.sign(map[string]any{"handshake": directives}, CategorySession, "JWT", spec)
}

// sign finishes a token: overrides of the caller's, header, signature.
func (s *Server) sign(claims map[string]any, category, typ string, spec *tokenSpec) string {
	override(claims, spec.claims)
	signer := s.signer
	if spec.signer != nil {
		signer = *spec.signer
	}
	header := map[string]any{"alg": "RS256", "kid": signer.kid, "typ": typ}
	if category != "" {
		header["cat"] = category
	}
	if iat, ok := claims["iat"]; ok && category == CategorySession {
		header["oiat"] = iat
	}
	override(header, spec.header)
	return signJWT(signer.key, header, claims)
}

func override(dst, src map[string]any) {
	for name, value := range src {
		if value == nil {
			delete(dst, name)
			continue
		}
		dst[name] = value
	}
}

// times sets iat, nbf and exp, and returns iat.
func (s *Server) times(claims map[string]any, spec *tokenSpec, lifetime time.Duration, notBefore int64) int64 {
	iat := max(s.clock.Now().Unix(), notBefore)
	if spec.issuedAt != nil {
		iat = spec.issuedAt.Unix()
	}
	if spec.lifetime != nil {
		lifetime = *spec.lifetime
	}
	claims["iat"], claims["nbf"], claims["exp"] = iat, iat-10, iat+int64(lifetime/time.Second)
	return iat
}

// mintSession mints a session token of version 2 or 1. Its iat is never before
// the client_uat that goes with it: one second less is an endless handshake.
func (s *Server) mintSession(sess *store.Session, spec *tokenSpec) string {
	claims := s.expand(sess, s.sessionClaims)
	maps.Copy(claims, s.expand(sess, s.state.Authentication.One().SessionClaims))
	maps.Copy(claims, map[string]any{
		"iss": s.issuer,
		"sub": sess.UserID,
		"sid": sess.ID,
		"jti": newHex(20),
		"sts": store.Active,
	})
	iat := s.times(claims, spec, s.lifetime, s.state.ClientUAT(s.state.Clients.Get(sess.ClientID)))
	if sess.Status == store.Pending || spec.pending {
		claims["sts"] = store.Pending
	}
	if spec.sessionID != "" {
		claims["sid"] = spec.sessionID
	}
	if spec.azp != "" {
		claims["azp"] = spec.azp
	}
	if spec.factorAge != nil {
		claims["fva"] = []int{spec.factorAge[0], spec.factorAge[1]}
	} else {
		claims["fva"] = []int{factorAge(iat, sess.First), factorAge(iat, sess.Second)}
	}
	if actor := spec.actor; actor != nil {
		claims["act"] = actor
	} else if sess.Actor != nil {
		claims["act"] = sess.Actor
	}

	orgKey := sess.OrganizationID
	if spec.orgKey != nil {
		orgKey = *spec.orgKey
	}
	version := spec.version
	if version == 0 {
		version = s.version
	}
	o := s.state.Organizations.Get(orgKey)
	var m *store.Membership
	var permissions []string
	if o != nil {
		if m = o.Member(sess.UserID); m != nil {
			permissions = s.state.PermissionsOf(m)
		}
	}
	if version == 1 {
		setVersion1(claims, o, m, permissions)
	} else {
		setVersion2(claims, s.state.Users.Get(sess.UserID), o, m, permissions)
	}
	return s.sign(claims, CategorySession, "JWT", spec)
}

// factorAge is the age of a verification in minutes, -1 for never.
func factorAge(now int64, at store.Time) int {
	if at == 0 {
		return -1
	}
	return int(max(now-at.Unix(), 0) / 60)
}

func setVersion1(claims map[string]any, o *store.Organization, m *store.Membership, held []string) {
	if o == nil || m == nil {
		return
	}
	permissions := []string{}
	for _, p := range held {
		if feature, name := splitPermission(p); feature != "" {
			permissions = append(permissions, "org:"+feature+":"+name)
		}
	}
	claims["org_id"], claims["org_slug"] = o.ID, o.Slug
	claims["org_role"], claims["org_permissions"] = m.Role, permissions
}

func setVersion2(claims map[string]any, u *store.User, o *store.Organization, m *store.Membership, held []string) {
	claims["v"] = 2
	var userFeatures, userPlans []string
	if u != nil {
		userFeatures, userPlans = u.Features, u.Plans
	}
	if o == nil || m == nil {
		setList(claims, "fea", scoped(nil, userFeatures))
		setList(claims, "pla", scoped(nil, userPlans))
		return
	}

	features := slices.Clone(o.Features)
	var names []string
	for _, p := range held {
		feature, name := splitPermission(p)
		if feature == "" {
			continue
		}
		if !slices.Contains(features, feature) {
			features = append(features, feature)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	org := map[string]any{"id": o.ID, "slg": o.Slug, "rol": strings.TrimPrefix(m.Role, "org:")}
	if len(names) > 0 {
		org["per"], org["fpm"] = strings.Join(names, ","), permissionMap(features, names, held)
	}
	claims["o"] = org
	setList(claims, "fea", scoped(features, userFeatures))
	setList(claims, "pla", scoped(o.Plans, userPlans))
}

// permissionMap spells which feature has which permission: one decimal number
// per feature, whose bit j stands for names[j].
func permissionMap(features, names, permissions []string) string {
	numbers := make([]string, len(features))
	for i, feature := range features {
		bits := new(big.Int)
		for _, p := range permissions {
			if f, name := splitPermission(p); f == feature {
				bits.SetBit(bits, slices.Index(names, name), 1)
			}
		}
		numbers[i] = bits.String()
	}
	return strings.Join(numbers, ",")
}

// splitPermission splits org:feature:name. System permissions and texts that are
// no permission give "".
func splitPermission(p string) (feature, name string) {
	feature, name, ok := strings.Cut(strings.TrimPrefix(p, "org:"), ":")
	if !ok || feature == "" || name == "" || strings.HasPrefix(feature, "sys_") {
		return "", ""
	}
	return feature, name
}

// scoped writes features or plans with their scopes. Those of the organization
// come first and keep their order, because fpm counts them.
func scoped(org, user []string) string {
	list := make([]string, 0, len(org)+len(user))
	for _, x := range org {
		scope := "o:"
		if slices.Contains(user, x) {
			scope = "ou:"
		}
		list = append(list, scope+x)
	}
	for _, x := range user {
		if !slices.Contains(org, x) {
			list = append(list, "u:"+x)
		}
	}
	return strings.Join(list, ",")
}

func setList(claims map[string]any, name, value string) {
	if value != "" {
		claims[name] = value
	}
}

// mintTemplate mints the token of a template, which may be nil.
func (s *Server) mintTemplate(sess *store.Session, tmpl *store.Template, spec *tokenSpec) string {
	claims := map[string]any{}
	lifetime := s.lifetime
	if tmpl != nil {
		maps.Copy(claims, s.expand(sess, tmpl.Claims))
		if tmpl.Lifetime > 0 {
			lifetime = time.Duration(tmpl.Lifetime) * time.Second
		}
	}
	claims["iss"], claims["sub"], claims["jti"] = s.issuer, sess.UserID, newHex(20)
	if spec.azp != "" {
		claims["azp"] = spec.azp
	}
	iat := s.times(claims, spec, lifetime, 0)
	if tmpl == nil {
		return s.sign(claims, CategoryTemplate, "JWT", spec)
	}
	claims["nbf"] = iat - tmpl.AllowedClockSkew
	if tmpl.CustomSigningKey {
		override(claims, spec.claims)
		return signWithOwnKey(tmpl, claims)
	}
	return s.sign(claims, CategoryTemplate, "JWT", spec)
}
