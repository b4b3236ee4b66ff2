package clerktest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

var epoch = time.Unix(1795217577, 0)

// decode verifies a token's signature with the instance's key set and returns
// header and claims. Claims that differ every time are taken out.
func decode(t *testing.T, s *clerktest.Server, token string) (header, claims map[string]any) {
	t.Helper()
	got := jwt.MapClaims{}
	parsed, err := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation()).ParseWithClaims(token, got, publicKey(s))
	if err != nil {
		t.Fatalf("token does not verify: %v", err)
	}
	delete(got, "jti")
	return parsed.Header, got
}

func seeded(t *testing.T) *clerktest.Server {
	t.Helper()
	return clerktest.New(t, clerktest.Config{
		Clock: clerktest.NewClock(epoch),
		Users: []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse", FirstName: "Ada", Plans: []string{"plus"}, Features: []string{"reports", "export"}}},
		Organizations: []clerktest.Organization{{
			ID: "org_acme", Name: "Acme", Slug: "acme", Plans: []string{"pro"}, Features: []string{"dashboard", "reports"},
			Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin", Permissions: []string{
				"org:invoices:create", "org:reports:read", "org:invoices:read", "org:sys_profile:manage",
			}}},
		}},
	})
}

func TestSessionTokenClaims(t *testing.T) {
	t.Parallel()
	base := func(more map[string]any) map[string]any {
		m := map[string]any{
			"iss": "https://calm-otter-42.clerk.accounts.dev", "sub": "user_ada", "sid": "sess_x", "sts": "active", "v": 2.0,
			"iat": 1795217577.0, "nbf": 1795217567.0, "exp": 1795217637.0, "fva": []any{0.0, -1.0},
			"fea": "u:reports,u:export", "pla": "u:plus",
		}
		for k, v := range more {
			if v == nil {
				delete(m, k)
				continue
			}
			m[k] = v
		}
		return m
	}
	org := map[string]any{
		"o":   map[string]any{"id": "org_acme", "slg": "acme", "rol": "admin", "per": "create,read", "fpm": "0,2,3"},
		"fea": "o:dashboard,ou:reports,o:invoices,u:export", "pla": "o:pro,u:plus",
	}
	tests := []struct {
		name string
		opts []clerktest.TokenOption
		want map[string]any
	}{
		{name: "a personal account", want: base(nil)},
		{
			name: "an organization by id", opts: []clerktest.TokenOption{clerktest.InOrganization("org_acme")},
			want: base(org),
		},
		{
			name: "an organization by slug", opts: []clerktest.TokenOption{clerktest.InOrganization("acme")},
			want: base(org),
		},
		{
			name: "an organization joined just now",
			opts: []clerktest.TokenOption{clerktest.InOrganization("org_new")},
			want: base(map[string]any{"o": map[string]any{"id": "org_new", "slg": "new", "rol": "member"}}),
		},
		{
			name: "version 1", opts: []clerktest.TokenOption{clerktest.Version(1), clerktest.InOrganization("acme")},
			want: base(map[string]any{
				"v": nil, "fea": nil, "pla": nil, "org_id": "org_acme", "org_slug": "acme", "org_role": "org:admin",
				"org_permissions": []any{"org:invoices:create", "org:reports:read", "org:invoices:read"},
			}),
		},
		{
			name: "an authorized party",
			opts: []clerktest.TokenOption{clerktest.AuthorizedParty("http://localhost:3000")},
			want: base(map[string]any{"azp": "http://localhost:3000"}),
		},
		{
			name: "a lifetime", opts: []clerktest.TokenOption{clerktest.Lifetime(time.Hour)},
			want: base(map[string]any{"exp": 1795221177.0}),
		},
		{
			name: "an expired token", opts: []clerktest.TokenOption{clerktest.Lifetime(-time.Minute)},
			want: base(map[string]any{"exp": 1795217517.0}),
		},
		{
			name: "another moment of issue", opts: []clerktest.TokenOption{clerktest.IssuedAt(epoch.Add(-time.Hour))},
			want: base(map[string]any{"iat": 1795213977.0, "nbf": 1795213967.0, "exp": 1795214037.0, "fva": []any{0.0, -1.0}}),
		},
		{
			name: "a pending session", opts: []clerktest.TokenOption{clerktest.Pending()},
			want: base(map[string]any{"sts": "pending"}),
		},
		{
			name: "ages of factors", opts: []clerktest.TokenOption{clerktest.FactorAge(5, 3)},
			want: base(map[string]any{"fva": []any{5.0, 3.0}}),
		},
		{
			name: "an impersonation", opts: []clerktest.TokenOption{clerktest.ActingAs("user_admin")},
			want: base(map[string]any{"act": map[string]any{"sub": "user_admin"}}),
		},
		{
			name: "extra claims, and claims taken away",
			opts: []clerktest.TokenOption{clerktest.Claim("plan", "gold"), clerktest.Claim("sts", nil)},
			want: base(map[string]any{"plan": "gold", "sts": nil}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := seeded(t)
			header, claims := decode(t, s, s.SessionToken("user_ada", append(tt.opts, clerktest.SessionID("sess_x"))...))
			if diff := cmp.Diff(tt.want, claims); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
			wantHeader := map[string]any{"alg": "RS256", "typ": "JWT", "kid": s.KeyID(), "cat": clerktest.CategorySession, "oiat": claims["iat"]}
			if diff := cmp.Diff(wantHeader, header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOtherTokens(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	s.AddTemplate(clerktest.Template{Name: "supabase", Lifetime: time.Hour, Claims: map[string]any{
		"email": "{{user.primary_email_address}}", "app": map[string]any{"org": "{{org.slug}}", "meta": "{{user.public_metadata}}"}, "hello": "hi {{ user.first_name }}",
	}})
	times := func(lifetime float64, claims map[string]any) map[string]any {
		claims["iat"], claims["nbf"], claims["exp"] = 1795217577.0, 1795217567.0, 1795217577.0+lifetime
		claims["iss"] = s.Issuer()
		return claims
	}
	tests := []struct {
		name   string
		token  string
		cat    any
		typ    string
		claims map[string]any
	}{
		{
			name: "a template token", token: s.TemplateToken("user_ada", "supabase", clerktest.InOrganization("acme")),
			cat: clerktest.CategoryTemplate, typ: "JWT",
			claims: times(3600, map[string]any{
				"sub": "user_ada", "email": "ada@example.com", "hello": "hi Ada", "app": map[string]any{"org": "acme", "meta": map[string]any{}},
			}),
		},
		{
			name:  "an M2M token",
			token: s.M2MJWT(clerktest.MachineToken{Subject: "mch_a", Scopes: []string{"mch_b", "mch_c"}, Claims: map[string]any{"x": 1}}),
			cat:   clerktest.CategoryM2M, typ: "JWT",
			claims: times(3600, map[string]any{"sub": "mch_a", "scopes": "mch_b mch_c", "x": 1.0}),
		},
		{
			name:   "an OAuth token",
			token:  s.OAuthJWT(clerktest.MachineToken{Subject: "user_ada", ClientID: "client_a", Scopes: []string{"profile", "email"}}),
			typ:    "at+jwt",
			claims: times(3600, map[string]any{"sub": "user_ada", "client_id": "client_a", "scope": "profile email"}),
		},
		{
			name: "a handshake token", token: s.HandshakeToken([]string{"a=b"}), cat: clerktest.CategorySession,
			typ: "JWT", claims: map[string]any{"handshake": []any{"a=b"}},
		},
		{
			name: "a handshake token of nothing", token: s.HandshakeToken(nil), cat: clerktest.CategorySession,
			typ: "JWT", claims: map[string]any{"handshake": []any{}},
		},
		{
			name:  "a session token of the class that ignores classes",
			token: s.SessionToken("user_bob", clerktest.SessionID("sess_x"), clerktest.Category(clerktest.CategoryIgnore), clerktest.Version(1)),
			cat:   clerktest.CategoryIgnore, typ: "JWT",
			claims: times(60, map[string]any{"sub": "user_bob", "sid": "sess_x", "sts": "active", "fva": []any{0.0, -1.0}}),
		},
		{
			name:   "a session token without a class",
			token:  s.SessionToken("user_bob", clerktest.SessionID("sess_x"), clerktest.Category(""), clerktest.Version(1)),
			typ:    "JWT",
			claims: times(60, map[string]any{"sub": "user_bob", "sid": "sess_x", "sts": "active", "fva": []any{0.0, -1.0}}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header, claims := decode(t, s, tt.token)
			if header["cat"] != tt.cat || header["typ"] != tt.typ {
				t.Errorf("cat %v typ %v, want %v %v", header["cat"], header["typ"], tt.cat, tt.typ)
			}
			if diff := cmp.Diff(tt.claims, claims); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
		})
	}
}

func TestForgedToken(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	key, err := clerktest.OtherKey()
	if err != nil {
		t.Fatal(err)
	}
	forged := s.SessionToken("user_ada", clerktest.SignedWith(key, s.KeyID()))
	if _, err := newApp(t, s, "localhost").claims(forged); err == nil {
		t.Error("a token signed with another key verifies")
	}
	header, _ := decode(t, s, s.SessionToken("user_ada", clerktest.HeaderField("typ", nil), clerktest.HeaderField("x", "y")))
	if _, has := header["typ"]; has || header["x"] != "y" {
		t.Errorf("header %v, want no typ and an x", header)
	}
}

func TestMintedSessionsAreKnownToTheBackend(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	_, one := decode(t, s, s.SessionToken("user_ada"))
	_, again := decode(t, s, s.SessionToken("user_ada"))
	_, inOrg := decode(t, s, s.SessionToken("user_ada", clerktest.InOrganization("acme")))
	if one["sid"] != again["sid"] || one["sid"] == inOrg["sid"] {
		t.Errorf("sessions %v, %v and in the organization %v; want the first two equal", one["sid"], again["sid"], inOrg["sid"])
	}
	sid, _ := inOrg["sid"].(string)
	var tok struct{ JWT string }
	if status := call(t, s, http.MethodPost, "/v1/sessions/"+sid+"/tokens", nil, &tok); status != http.StatusOK {
		t.Fatalf("tokens answered %d", status)
	}
	if _, claims := decode(t, s, tok.JWT); claims["sid"] != sid || claims["o"] == nil {
		t.Errorf("the session's own token has claims %v", claims)
	}
	if !s.RevokeSession(sid) || s.RevokeSession(sid) || s.RevokeSession("sess_nobody") {
		t.Error("RevokeSession did not report what it did")
	}
	if _, next := decode(t, s, s.SessionToken("user_ada", clerktest.InOrganization("acme"))); next["sid"] == sid {
		t.Error("a revoked session got a new token")
	}
	if status := call(t, s, http.MethodPost, "/v1/sessions/"+sid+"/tokens", nil, nil); status != http.StatusNotFound {
		t.Errorf("a revoked session's tokens answered %d, want 404", status)
	}
	var states []string
	for _, sess := range s.Sessions("user_ada") {
		states = append(states, sess.Status+" "+sess.OrganizationID)
	}
	if want := []string{"active ", "revoked org_acme", "active org_acme"}; !cmp.Equal(states, want) {
		t.Errorf("sessions %q, want %q", states, want)
	}
}

func TestSessionsExpire(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	_, claims := decode(t, s, s.SessionToken("user_ada"))
	s.Clock().Advance(8 * 24 * time.Hour)
	var got struct{ Status string }
	call(t, s, http.MethodGet, fmt.Sprint("/v1/sessions/", claims["sid"]), nil, &got)
	if got.Status != "expired" {
		t.Errorf("after 8 days the session is %q, want expired", got.Status)
	}
}

func TestPermissionsBeyondSixtyFour(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	var permissions []string
	for i := range 70 {
		permissions = append(permissions, "org:f:p"+string(rune('A'+i%26))+string(rune('a'+i/26)))
	}
	s.AddOrganization(clerktest.Organization{ID: "org_big", Members: []clerktest.Member{{UserID: "user_ada", Permissions: permissions}}})
	_, claims := decode(t, s, s.SessionToken("user_ada", clerktest.InOrganization("org_big")))
	o, _ := claims["o"].(map[string]any)
	if o["fpm"] != "1180591620717411303423" { // 2^70 - 1
		t.Errorf("fpm %v, want 70 bits set", o["fpm"])
	}
}

func TestDeterministicIDs(t *testing.T) {
	t.Parallel()
	ids := func() []string {
		s := clerktest.New(t)
		u := s.AddUser(clerktest.User{})
		o := s.AddOrganization(clerktest.Organization{Name: "Big Co"})
		return []string{u, o, s.AddUser(clerktest.User{ID: "user_ada"})}
	}
	one, two := ids(), ids()
	if !cmp.Equal(one, two) || one[2] != "user_ada" || one[0] == one[1] {
		t.Errorf("ids %q and %q, want the same twice", one, two)
	}
	s := clerktest.New(t)
	s.AddOrganization(clerktest.Organization{Name: "Big Co"})
	var list struct {
		Data []struct{ Slug, Name string }
	}
	call(t, s, http.MethodGet, "/v1/organizations", nil, &list)
	if len(list.Data) != 1 || list.Data[0].Slug != "big-co" {
		b, _ := json.Marshal(list)
		t.Errorf("organizations %s, want one with the slug big-co", b)
	}
}
