package core_test

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"

	"github.com/clerkgo/clerkgo/core/reason"
)

// minter makes the Auth of session tokens with any claims.
type minter struct {
	s *clerktest.Server
	c *core.Clerk
}

func newMinter(t *testing.T) minter {
	t.Helper()
	s := newServer(t, true)
	return minter{s, newClerk(t, plain(s))}
}

// claims are claims of a token; nil removes one.
type claims map[string]any

func (m minter) state(t *testing.T, version int, more claims) *core.State {
	t.Helper()
	opts := []clerktest.TokenOption{clerktest.Version(version)}
	for name, value := range more {
		opts = append(opts, clerktest.Claim(name, value))
	}
	return m.c.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+m.s.SessionToken("user_1", opts...)))
}

func (m minter) auth(t *testing.T, version int, more claims) *core.Auth {
	t.Helper()
	return m.state(t, version, more).Auth()
}

// org is the claim o with permissions.
func org(more claims) claims {
	o := claims{"id": "org_1", "slg": "acme", "rol": "admin"}
	maps.Copy(o, more)
	return o
}

func TestAuthOfASession(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	for _, test := range []struct {
		name    string
		version int
		claims  claims
		want    core.Auth
	}{
		{
			name: "version 2", version: 2,
			claims: claims{"o": org(nil), "sts": "active", "fva": []int{5, -1}, "act": claims{"sub": "user_2", "type": "agent", "x": 1}},
			want: core.Auth{
				SessionStatus: "active", OrgID: "org_1", OrgSlug: "acme", OrgRole: "org:admin", OrgPermissions: []string{},
				Actor:                 &core.Actor{Subject: "user_2", Type: "agent", Raw: json.RawMessage(`{"sub":"user_2","type":"agent","x":1}`)},
				FactorVerificationAge: &core.FactorVerificationAge{First: 5, Second: -1},
			},
		},
		{name: "version 2 without organization ignores the old claims", version: 2, claims: claims{"org_id": "org_1", "org_role": "org:admin", "sts": nil, "fva": nil}},
		{
			name: "version 1", version: 1,
			claims: claims{"org_id": "org_1", "org_slug": "acme", "org_role": "admin", "org_permissions": []string{"org:a:b"}, "sts": nil, "fva": nil},
			want:   core.Auth{OrgID: "org_1", OrgSlug: "acme", OrgRole: "admin", OrgPermissions: []string{"org:a:b"}},
		},
		{name: "a version that is text is version 1", version: 2, claims: claims{"v": "2", "o": org(nil), "org_id": "org_2", "sts": nil, "fva": nil}, want: core.Auth{OrgID: "org_2"}},
		{name: "a version to come is version 1", version: 2, claims: claims{"v": 3, "o": org(nil), "org_id": "org_2", "sts": nil, "fva": nil}, want: core.Auth{OrgID: "org_2"}},
		{name: "organization without role", version: 2, claims: claims{"o": claims{"id": "org_1"}, "sts": nil, "fva": nil}, want: core.Auth{OrgID: "org_1", OrgPermissions: []string{}}},
		{
			name: "role with the prefix already", version: 2,
			claims: claims{"o": claims{"id": "org_1", "rol": "org:admin"}, "sts": nil, "fva": nil},
			want:   core.Auth{OrgID: "org_1", OrgRole: "org:org:admin", OrgPermissions: []string{}},
		},
		{name: "another status", version: 2, claims: claims{"sts": "odd", "fva": nil}, want: core.Auth{SessionStatus: "odd"}},
		{
			name: "actor of an issuer, behind another", version: 2,
			claims: claims{"act": json.RawMessage(`{"iss":"https://a.example","sub":"user_2","act":{"iss":5,"sub":"user_3"}}`), "sts": nil, "fva": nil},
			want: core.Auth{Actor: &core.Actor{
				Issuer: "https://a.example", Subject: "user_2",
				Actor: &core.Actor{Subject: "user_3", Raw: json.RawMessage(`{"iss":5,"sub":"user_3"}`)},
				Raw:   json.RawMessage(`{"iss":"https://a.example","sub":"user_2","act":{"iss":5,"sub":"user_3"}}`),
			}},
		},
		{name: "actor behind one without subject", version: 2, claims: claims{"act": json.RawMessage(`{"act":{"sub":5}}`), "sts": nil, "fva": nil}, want: core.Auth{Actor: &core.Actor{Raw: json.RawMessage(`{"act":{"sub":5}}`)}}},
		{name: "null actor", version: 2, claims: claims{"act": json.RawMessage("null"), "sts": nil, "fva": nil}},
		{name: "claims of odd types", version: 2, claims: claims{"sts": 5, "act": "user_2", "fva": "5,5", "o": 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := m.auth(t, test.version, test.claims)
			test.want.TokenType, test.want.UserID, test.want.SessionID = core.SessionToken, "user_1", got.SessionID
			if diff := cmp.Diff(exported(&test.want), exported(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if !got.IsAuthenticated() || got.Reason() != "" || !strings.HasPrefix(got.SessionID, "sess_") {
				t.Errorf("got authenticated %v, reason %q, session %q", got.IsAuthenticated(), got.Reason(), got.SessionID)
			}
			var payload map[string]any
			if err := json.Unmarshal(got.Claims(), &payload); err != nil || payload["sub"] != "user_1" {
				t.Errorf("got claims %s, %v", got.Claims(), err)
			}
		})
	}
	if got := m.auth(t, 2, claims{"sid": nil}); got.SessionID != "" || !got.IsAuthenticated() {
		t.Errorf("without sid: got session %q, authenticated %v", got.SessionID, got.IsAuthenticated())
	}
}

// exported copies what everybody can see of an Auth.
func exported(a *core.Auth) map[string]any {
	return map[string]any{
		"TokenType": a.TokenType, "UserID": a.UserID, "SessionID": a.SessionID, "SessionStatus": a.SessionStatus,
		"OrgID": a.OrgID, "OrgRole": a.OrgRole, "OrgSlug": a.OrgSlug, "OrgPermissions": a.OrgPermissions, "Actor": a.Actor,
		"FactorVerificationAge": a.FactorVerificationAge, "ID": a.ID, "Subject": a.Subject, "Scopes": a.Scopes,
		"Name": a.Name, "ClientID": a.ClientID, "MachineID": a.MachineID,
	}
}

func TestOrganizationPermissions(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	many := make([]string, 54)
	for i := range many {
		many[i] = "p" + string(rune('A'+i%26)) + string(rune('a'+i/26))
	}
	for _, test := range []struct {
		fea, per, fpm string
		want          string // without org:
	}{
		{fea: "o:impersonation,o:memberships", per: "read,manage", fpm: "1,3", want: "impersonation:read memberships:read memberships:manage"},
		{fea: "o:impersonation,o:memberships,o:feature3", per: "read,manage", fpm: "1,3,0", want: "impersonation:read memberships:read memberships:manage"},
		{fea: "ou:memberships,u:impersonation", per: "read,manage", fpm: "3,0", want: "memberships:read memberships:manage"},
		{
			fea: "o:repositories,uo:projects,u:gold", per: "read,create,update,delete,revoke", fpm: "7,21,0",
			want: "repositories:read repositories:create repositories:update projects:read projects:update projects:revoke",
		},
		{
			fea: "o:repositories,o:impersonation,o:billing", per: "manage,read,update", fpm: "6,0,3",
			want: "repositories:read repositories:update billing:manage billing:read",
		},
		{fea: "o:f", per: strings.Join(many, ","), fpm: "9007199254740993", want: "f:" + many[0] + " f:" + many[53]},
		{fea: "o:f", per: strings.Join(many, ","), fpm: "18014398509481984"},
		{fea: "o:f", per: "read", fpm: "1" + strings.Repeat("0", 400)},
		{fea: "o:a,u:b,ou:c,x:d", per: "read, manage", fpm: "1, 2", want: "a:read c:manage"},
		{fea: "u:a,o:b", per: "read", fpm: "1", want: "b:read"},
		{fea: "o:a,o:b", per: "read", fpm: "1", want: "a:read"},
		{fea: "o:a", per: "read", fpm: "007", want: "a:read"},
		{fea: "o:a", per: "read", fpm: "1invalid"},
		{fea: "o:a", per: "read", fpm: "-1"},
		{fea: "o:a", per: "read", fpm: "+1"},
		{fea: "o:a", per: "read", fpm: "1.5"},
		{fea: "o:a", per: "read", fpm: "0x1"},
		{fea: "o:a", per: "read", fpm: "1e0"},
		{fea: "o:a,o:b", per: "read", fpm: ",1", want: "b:read"},
		{fea: "o:a,o:a", per: "read", fpm: "1,1", want: "a:read a:read"},
		{fea: "o:a:b", per: "read", fpm: "1", want: "a:b:read"},
		{fea: "o:a", fpm: "1"},
		{fea: "o:a", per: "read"},
		{per: "read", fpm: "1"},
	} {
		a := m.auth(t, 2, claims{"fea": test.fea, "o": org(claims{"per": test.per, "fpm": test.fpm})})
		got := strings.ReplaceAll(strings.Join(a.OrgPermissions, " "), "org:", "")
		if got != test.want || a.OrgPermissions == nil || !a.IsAuthenticated() {
			t.Errorf("fea %q, per %q, fpm %q: got %q, want %q", test.fea, test.per, test.fpm, got, test.want)
		}
	}
}

func TestClaimsThatMakeNoSenseSignOut(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	for _, bad := range []claims{
		{"fea": "o:a,", "o": org(nil)},
		{"fea": "reports", "o": org(nil)},
		{"fea": 5, "o": org(nil)},
		{"fea": "o:a", "o": org(claims{"per": 5, "fpm": "1"})},
		{"fea": "o:a", "o": org(claims{"per": "a", "fpm": 1})},
	} {
		state := m.state(t, 2, bad)
		for name, a := range map[string]*core.Auth{"Auth": state.Auth(), "Auth, pending too": state.Auth(core.PendingAsSignedIn)} {
			if a.IsAuthenticated() || a.UserID != "" || a.OrgID != "" || a.Reason() != reason.UnexpectedError {
				t.Errorf("%s of %v: got user %q, reason %q, want nobody for unexpected-error", name, bad, a.UserID, a.Reason())
			}
		}
		token := m.s.SessionToken("user_1", clerktest.Claim("fea", bad["fea"]), clerktest.Claim("o", bad["o"]))
		state = m.c.Authenticate(t.Context(), get("/", "Cookie", "__session="+token+"; __client_uat=1"))
		if got := outcome(state); got != "signed-out unexpected-error" {
			t.Errorf("cookie with %v: got %q", bad, got)
		}
		ra := attach(t, m.c, get("/", "Authorization", "Bearer "+token))
		if o := adapter.Guard("Protect").Check(t.Context(), ra); o.Allowed() {
			t.Errorf("a guard let %v pass", bad)
		}
	}
	if got := m.state(t, 2, claims{"fea": "reports"}).Auth(); !got.IsAuthenticated() {
		t.Error("features are read where there is no organization")
	}
}

func TestHas(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	admin := m.auth(t, 2, claims{
		"o": org(claims{"per": "read,manage", "fpm": "3"}), "fea": "o:reports,u:avatar,ou:both", "pla": "o:pro,u:gold", "fva": []int{5, 5},
	})
	v1 := m.auth(t, 1, claims{"org_id": "org_1", "org_role": "admin", "org_permissions": []string{"org:a:b", "c:d"}, "fea": "u:avatar"})
	personal := m.auth(t, 2, claims{"pla": "free_user", "fea": "", "org_id": nil})
	prefixOnly := m.auth(t, 1, claims{"org_id": "org_1", "org_role": "org:", "org_permissions": []string{"org:"}})
	noRole := m.auth(t, 2, claims{"o": claims{"id": "org_1"}})
	nobody := &core.Auth{}
	yes, no := core.Where(func(*core.Auth) bool { return true }), core.Where(func(*core.Auth) bool { return false })
	for _, test := range []struct {
		name string
		auth *core.Auth
		asks []core.Requirement
		want bool
	}{
		{name: "nothing", auth: admin, want: false},
		{name: "nil", auth: admin, asks: []core.Requirement{nil}, want: false},
		{name: "role", auth: admin, asks: []core.Requirement{core.Role("org:admin")}, want: true},
		{name: "role without prefix", auth: admin, asks: []core.Requirement{core.Role("admin")}, want: true},
		{name: "role with two prefixes", auth: admin, asks: []core.Requirement{core.Role("org:org:admin")}, want: true},
		{name: "role in capitals", auth: admin, asks: []core.Requirement{core.Role("org:Admin")}, want: false},
		{name: "another role", auth: admin, asks: []core.Requirement{core.Role("org:member")}, want: false},
		{name: "empty role", auth: admin, asks: []core.Requirement{core.Role("")}, want: false},
		{name: "empty role where there is none", auth: noRole, asks: []core.Requirement{core.Role("")}, want: false},
		{name: "empty role where the token names one", auth: prefixOnly, asks: []core.Requirement{core.Role("")}, want: false},
		{name: "empty permission where the token names one", auth: prefixOnly, asks: []core.Requirement{core.Permission("")}, want: false},
		{name: "prefix of a role", auth: admin, asks: []core.Requirement{core.Role("org:adm")}, want: false},
		{name: "role of version 1 without prefix", auth: v1, asks: []core.Requirement{core.Role("org:admin")}, want: true},
		{name: "role in no organization", auth: personal, asks: []core.Requirement{core.Role("org:admin")}, want: false},
		{name: "permission", auth: admin, asks: []core.Requirement{core.Permission("org:reports:read")}, want: true},
		{name: "permission without prefix", auth: admin, asks: []core.Requirement{core.Permission("reports:manage")}, want: true},
		{name: "prefix of a permission", auth: admin, asks: []core.Requirement{core.Permission("org:reports")}, want: false},
		{name: "permission of a user's feature", auth: admin, asks: []core.Requirement{core.Permission("u:avatar:read")}, want: false},
		{name: "empty permission", auth: admin, asks: []core.Requirement{core.Permission("")}, want: false},
		{name: "permission of version 1", auth: v1, asks: []core.Requirement{core.Permission("a:b")}, want: true},
		{name: "permission of version 1 without prefix", auth: v1, asks: []core.Requirement{core.Permission("c:d")}, want: false},
		{name: "permission in no organization", auth: personal, asks: []core.Requirement{core.Permission("org:reports:read")}, want: false},
		{name: "both must hold", auth: admin, asks: []core.Requirement{core.Role("admin"), core.Permission("org:reports:read")}, want: true},
		{name: "one fails", auth: admin, asks: []core.Requirement{core.Role("admin"), core.Permission("org:reports:write")}, want: false},
		{name: "feature of the organization", auth: admin, asks: []core.Requirement{core.Feature("reports")}, want: true},
		{name: "feature of the user", auth: admin, asks: []core.Requirement{core.Feature("avatar")}, want: true},
		{name: "feature with scope", auth: admin, asks: []core.Requirement{core.Feature("org:reports"), core.Feature("o:reports"), core.Feature("organization:reports")}, want: true},
		{name: "feature of the user with scope", auth: admin, asks: []core.Requirement{core.Feature("user:avatar"), core.Feature("u:avatar")}, want: true},
		{name: "feature of the other scope", auth: admin, asks: []core.Requirement{core.Feature("user:reports")}, want: false},
		{name: "feature of the other scope, too", auth: admin, asks: []core.Requirement{core.Feature("org:avatar")}, want: false},
		{name: "feature of both", auth: admin, asks: []core.Requirement{core.Feature("user:both"), core.Feature("org:both")}, want: true},
		{name: "unknown scope", auth: admin, asks: []core.Requirement{core.Feature("ou:both")}, want: false},
		{name: "scope in capitals", auth: admin, asks: []core.Requirement{core.Feature("ORG:reports")}, want: false},
		{name: "third part is not read", auth: admin, asks: []core.Requirement{core.Feature("o:reports:x")}, want: true},
		{name: "feature in capitals", auth: admin, asks: []core.Requirement{core.Feature("Reports")}, want: false},
		{name: "feature as plan", auth: admin, asks: []core.Requirement{core.Plan("reports")}, want: false},
		{name: "plan as feature", auth: admin, asks: []core.Requirement{core.Feature("pro")}, want: false},
		{name: "plan", auth: admin, asks: []core.Requirement{core.Plan("pro"), core.Plan("org:pro"), core.Plan("gold"), core.Plan("user:gold")}, want: true},
		{name: "feature in a version 1 token", auth: v1, asks: []core.Requirement{core.Feature("avatar")}, want: true},
		{name: "plan in a malformed claim", auth: personal, asks: []core.Requirement{core.Plan("free_user")}, want: false},
		{name: "feature in an empty claim", auth: personal, asks: []core.Requirement{core.Feature("")}, want: false},
		{name: "feature and permission, one fails", auth: admin, asks: []core.Requirement{core.Permission("org:reports:read"), core.Feature("none")}, want: false},
		{name: "reverification", auth: admin, asks: []core.Requirement{core.Reverification(core.Strict)}, want: true},
		{name: "reverification without ages", auth: v1, asks: []core.Requirement{core.Permission("a:b"), core.Reverification(core.ReverificationConfig{})}, want: false},
		{name: "scopes of a session", auth: admin, asks: []core.Requirement{core.Scopes("read")}, want: false},
		{name: "no scopes", auth: admin, asks: []core.Requirement{core.Scopes()}, want: false},
		{name: "an empty scope", auth: admin, asks: []core.Requirement{core.Scopes("")}, want: false},
		{name: "any of none", auth: admin, asks: []core.Requirement{core.AnyOf()}, want: false},
		{name: "all of none", auth: admin, asks: []core.Requirement{core.AllOf()}, want: false},
		{name: "any of nil", auth: admin, asks: []core.Requirement{core.AnyOf(nil)}, want: false},
		{name: "all of nil", auth: admin, asks: []core.Requirement{core.AllOf(nil)}, want: false},
		{name: "all of one and nil", auth: admin, asks: []core.Requirement{core.AllOf(yes, nil)}, want: false},
		{name: "any of nil and one", auth: admin, asks: []core.Requirement{core.AnyOf(nil, yes)}, want: true},
		{name: "any", auth: admin, asks: []core.Requirement{core.AnyOf(no, yes)}, want: true},
		{name: "any of failing ones", auth: admin, asks: []core.Requirement{core.AnyOf(no, no)}, want: false},
		{name: "all", auth: admin, asks: []core.Requirement{core.AllOf(yes, yes)}, want: true},
		{name: "all but one", auth: admin, asks: []core.Requirement{core.AllOf(yes, no)}, want: false},
		{name: "nested", auth: admin, asks: []core.Requirement{core.AnyOf(core.AllOf(yes, no), core.AllOf(yes, core.Role("admin")))}, want: true},
		{name: "function that is nil", auth: admin, asks: []core.Requirement{core.Where(nil)}, want: false},
		{name: "function of the Auth", auth: admin, asks: []core.Requirement{core.Where(func(a *core.Auth) bool { return a.OrgSlug == "acme" })}, want: true},
		{name: "function of nobody", auth: nobody, asks: []core.Requirement{yes}, want: false},
		{name: "any function of nobody", auth: nobody, asks: []core.Requirement{core.AnyOf(yes)}, want: false},
		{name: "nothing of nobody", auth: nobody, want: false},
	} {
		if got := test.auth.Has(test.asks...); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestReverification(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	first10 := core.ReverificationConfig{Level: core.FirstFactor, AfterMinutes: 10}
	configs := []core.ReverificationConfig{core.Strict, core.StrictMFA, core.Moderate, core.Lax, first10}
	for _, test := range []struct {
		fva  any
		want string // for each of configs
	}{
		{fva: []int{5, 5}, want: "yyyyy"},
		{fva: []int{10, 10}, want: "nnyyn"},
		{fva: []float64{9.5, 9.5}, want: "yyyyy"},
		{fva: []int{5, 10}, want: "nnyyy"},
		{fva: []int{10, 5}, want: "ynyyn"},
		{fva: []int{-1, 5}, want: "ynyyn"},
		{fva: []int{5, -1}, want: "yyyyy"},
		{fva: []int{60, 59}, want: "nnyyn"},
		{fva: []int{0, 0}, want: "yyyyy"},
		{fva: []int{2000, -1}, want: "nnnnn"},
		{fva: []int{-1, -1}, want: "nnnnn"},
		{fva: []int{-2, -2}, want: "nnnnn"},
		{fva: []int{5}, want: "nnnnn"},
		{fva: []int{5, 5, 5}, want: "nnnnn"},
		{fva: []any{"5", 5}, want: "nnnnn"},
		{fva: []any{json.RawMessage("1e999"), 5}, want: "nnnnn"},
		{fva: []any{nil, nil}, want: "nnnnn"},
		{fva: "5,5", want: "nnnnn"},
		{fva: claims{"0": 5, "1": 5, "length": 2}, want: "nnnnn"},
		{fva: json.RawMessage("null"), want: "nnnnn"},
		{want: "nnnnn"},
	} {
		a := m.auth(t, 2, claims{"fva": test.fva})
		var got strings.Builder
		for _, c := range configs {
			got.WriteByte("ny"[map[bool]int{true: 1}[a.Has(core.Reverification(c))]])
		}
		if got.String() != test.want {
			t.Errorf("fva %v: got %s, want %s", test.fva, got.String(), test.want)
		}
	}
	fresh := m.auth(t, 2, claims{"fva": []int{0, 0}})
	for _, c := range []core.ReverificationConfig{
		{},
		{Level: core.FirstFactor},
		{AfterMinutes: 10},
		{Level: "strict", AfterMinutes: 10},
		{Level: core.FirstFactor, AfterMinutes: -1},
		{Level: core.FirstFactor, AfterMinutes: math.NaN()},
		{Level: core.FirstFactor, AfterMinutes: math.Inf(-1)},
	} {
		if fresh.Has(core.Reverification(c)) {
			t.Errorf("%+v makes no sense and holds", c)
		}
	}
	if !fresh.Has(core.Reverification(core.ReverificationConfig{Level: core.MultiFactor, AfterMinutes: math.Inf(1)})) {
		t.Error("an infinite time does not hold")
	}
}

func TestPendingSessions(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	state := m.state(t, 2, claims{"sts": "pending", "o": org(nil)})
	if !state.IsSignedIn() || state.Status() != core.StatusSignedIn {
		t.Errorf("got state %v, want signed-in", state.Status())
	}
	out := state.Auth()
	if diff := cmp.Diff(exported(&core.Auth{TokenType: core.SessionToken, SessionStatus: "pending"}), exported(out)); diff != "" {
		t.Errorf("as signed out (-want +got)\n%s", diff)
	}
	if out.IsAuthenticated() || out.Claims() != nil || out.Has(core.Role("admin")) {
		t.Error("a pending session counts as signed in")
	}
	in := state.Auth(core.PendingAsSignedIn)
	if !in.IsAuthenticated() || in.UserID != "user_1" || in.SessionStatus != "pending" || !in.Has(core.Role("admin")) {
		t.Errorf("with PendingAsSignedIn: got %+v", exported(in))
	}
}

func TestAuthSharesNothing(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	token := m.s.SessionToken("user_1", clerktest.Claim("o", org(claims{"per": "read", "fpm": "1"})), clerktest.Claim("fea", "o:a"),
		clerktest.Claim("act", claims{"sub": "user_2", "act": claims{"sub": "user_3"}}))
	auth := func() *core.Auth {
		return m.c.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+token)).Auth()
	}
	one := auth()
	payload := slices.Clone(one.Claims())
	one.OrgPermissions[0], one.Claims()[0], one.Actor.Raw[0] = "org:a:everything", 'x', 'x'
	one.Actor.Actor.Subject, one.Actor.Actor.Raw[0] = "user_9", 'x'
	one.FactorVerificationAge.First = 99
	for name, two := range map[string]*core.Auth{"the next request": auth(), "the same request": one} {
		if string(two.Claims()) != string(payload) {
			t.Errorf("%s: claims were changed", name)
		}
	}
	two := auth()
	if !two.Has(core.Permission("org:a:read")) || two.Has(core.Permission("org:a:everything")) || two.Actor.Raw[0] == 'x' ||
		two.Actor.Actor.Subject != "user_3" || two.Actor.Actor.Raw[0] == 'x' || two.FactorVerificationAge.First == 99 {
		t.Errorf("the next request sees what was written: %+v", exported(two))
	}
}
