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
			"version 2", 2,
			claims{"o": org(nil), "sts": "active", "fva": []int{5, -1}, "act": claims{"sub": "user_2", "type": "agent", "x": 1}},
			core.Auth{
				SessionStatus: "active", OrgID: "org_1", OrgSlug: "acme", OrgRole: "org:admin", OrgPermissions: []string{},
				Actor:                 &core.Actor{Subject: "user_2", Type: "agent", Raw: json.RawMessage(`{"sub":"user_2","type":"agent","x":1}`)},
				FactorVerificationAge: &core.FactorVerificationAge{First: 5, Second: -1},
			},
		},
		{"version 2 without organization ignores the old claims", 2, claims{"org_id": "org_1", "org_role": "org:admin", "sts": nil, "fva": nil}, core.Auth{}},
		{
			"version 1", 1,
			claims{"org_id": "org_1", "org_slug": "acme", "org_role": "admin", "org_permissions": []string{"org:a:b"}, "sts": nil, "fva": nil},
			core.Auth{OrgID: "org_1", OrgSlug: "acme", OrgRole: "admin", OrgPermissions: []string{"org:a:b"}},
		},
		{"a version that is text is version 1", 2, claims{"v": "2", "o": org(nil), "org_id": "org_2", "sts": nil, "fva": nil}, core.Auth{OrgID: "org_2"}},
		{"organization without role", 2, claims{"o": claims{"id": "org_1"}, "sts": nil, "fva": nil}, core.Auth{OrgID: "org_1", OrgPermissions: []string{}}},
		{
			"role with the prefix already", 2,
			claims{"o": claims{"id": "org_1", "rol": "org:admin"}, "sts": nil, "fva": nil},
			core.Auth{OrgID: "org_1", OrgRole: "org:org:admin", OrgPermissions: []string{}},
		},
		{"another status", 2, claims{"sts": "odd", "fva": nil}, core.Auth{SessionStatus: "odd"}},
		{
			"actor of an issuer, behind another", 2,
			claims{"act": json.RawMessage(`{"iss":"https://a.example","sub":"user_2","act":{"iss":5,"sub":"user_3"}}`), "sts": nil, "fva": nil},
			core.Auth{Actor: &core.Actor{
				Issuer: "https://a.example", Subject: "user_2",
				Actor: &core.Actor{Subject: "user_3", Raw: json.RawMessage(`{"iss":5,"sub":"user_3"}`)},
				Raw:   json.RawMessage(`{"iss":"https://a.example","sub":"user_2","act":{"iss":5,"sub":"user_3"}}`),
			}},
		},
		{"actor behind one without subject", 2, claims{"act": json.RawMessage(`{"act":{"sub":5}}`), "sts": nil, "fva": nil}, core.Auth{Actor: &core.Actor{Raw: json.RawMessage(`{"act":{"sub":5}}`)}}},
		{"null actor", 2, claims{"act": json.RawMessage("null"), "sts": nil, "fva": nil}, core.Auth{}},
		{"claims of odd types", 2, claims{"sts": 5, "act": "user_2", "fva": "5,5", "o": 0}, core.Auth{}},
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
		{"o:impersonation,o:memberships", "read,manage", "1,3", "impersonation:read memberships:read memberships:manage"},
		{"o:impersonation,o:memberships,o:feature3", "read,manage", "1,3,0", "impersonation:read memberships:read memberships:manage"},
		{"ou:memberships,u:impersonation", "read,manage", "3,0", "memberships:read memberships:manage"},
		{
			"o:repositories,uo:projects,u:gold", "read,create,update,delete,revoke", "7,21,0",
			"repositories:read repositories:create repositories:update projects:read projects:update projects:revoke",
		},
		{
			"o:repositories,o:impersonation,o:billing", "manage,read,update", "6,0,3",
			"repositories:read repositories:update billing:manage billing:read",
		},
		{"o:f", strings.Join(many, ","), "9007199254740993", "f:" + many[0] + " f:" + many[53]},
		{"o:f", strings.Join(many, ","), "18014398509481984", ""},
		{"o:f", "read", "1" + strings.Repeat("0", 400), ""},
		{"o:a,u:b,ou:c,x:d", "read, manage", "1, 2", "a:read c:manage"},
		{"u:a,o:b", "read", "1", "b:read"},
		{"o:a,o:b", "read", "1", "a:read"},
		{"o:a", "read", "007", "a:read"},
		{"o:a", "read", "1invalid", ""},
		{"o:a", "read", "-1", ""},
		{"o:a", "read", "+1", ""},
		{"o:a", "read", "1.5", ""},
		{"o:a", "read", "0x1", ""},
		{"o:a", "read", "1e0", ""},
		{"o:a,o:b", "read", ",1", "b:read"},
		{"o:a,o:a", "read", "1,1", "a:read a:read"},
		{"o:a:b", "read", "1", "a:b:read"},
		{"o:a", "", "1", ""},
		{"o:a", "read", "", ""},
		{"", "read", "1", ""},
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
		{"nothing", admin, nil, false},
		{"nil", admin, []core.Requirement{nil}, false},
		{"role", admin, []core.Requirement{core.Role("org:admin")}, true},
		{"role without prefix", admin, []core.Requirement{core.Role("admin")}, true},
		{"role with two prefixes", admin, []core.Requirement{core.Role("org:org:admin")}, true},
		{"role in capitals", admin, []core.Requirement{core.Role("org:Admin")}, false},
		{"another role", admin, []core.Requirement{core.Role("org:member")}, false},
		{"empty role", admin, []core.Requirement{core.Role("")}, false},
		{"empty role where there is none", noRole, []core.Requirement{core.Role("")}, false},
		{"empty role where the token names one", prefixOnly, []core.Requirement{core.Role("")}, false},
		{"empty permission where the token names one", prefixOnly, []core.Requirement{core.Permission("")}, false},
		{"prefix of a role", admin, []core.Requirement{core.Role("org:adm")}, false},
		{"role of version 1 without prefix", v1, []core.Requirement{core.Role("org:admin")}, true},
		{"role in no organization", personal, []core.Requirement{core.Role("org:admin")}, false},
		{"permission", admin, []core.Requirement{core.Permission("org:reports:read")}, true},
		{"permission without prefix", admin, []core.Requirement{core.Permission("reports:manage")}, true},
		{"prefix of a permission", admin, []core.Requirement{core.Permission("org:reports")}, false},
		{"permission of a user's feature", admin, []core.Requirement{core.Permission("u:avatar:read")}, false},
		{"empty permission", admin, []core.Requirement{core.Permission("")}, false},
		{"permission of version 1", v1, []core.Requirement{core.Permission("a:b")}, true},
		{"permission of version 1 without prefix", v1, []core.Requirement{core.Permission("c:d")}, false},
		{"permission in no organization", personal, []core.Requirement{core.Permission("org:reports:read")}, false},
		{"both must hold", admin, []core.Requirement{core.Role("admin"), core.Permission("org:reports:read")}, true},
		{"one fails", admin, []core.Requirement{core.Role("admin"), core.Permission("org:reports:write")}, false},
		{"feature of the organization", admin, []core.Requirement{core.Feature("reports")}, true},
		{"feature of the user", admin, []core.Requirement{core.Feature("avatar")}, true},
		{"feature with scope", admin, []core.Requirement{core.Feature("org:reports"), core.Feature("o:reports"), core.Feature("organization:reports")}, true},
		{"feature of the user with scope", admin, []core.Requirement{core.Feature("user:avatar"), core.Feature("u:avatar")}, true},
		{"feature of the other scope", admin, []core.Requirement{core.Feature("user:reports")}, false},
		{"feature of the other scope, too", admin, []core.Requirement{core.Feature("org:avatar")}, false},
		{"feature of both", admin, []core.Requirement{core.Feature("user:both"), core.Feature("org:both")}, true},
		{"unknown scope", admin, []core.Requirement{core.Feature("ou:both")}, false},
		{"scope in capitals", admin, []core.Requirement{core.Feature("ORG:reports")}, false},
		{"third part is not read", admin, []core.Requirement{core.Feature("o:reports:x")}, true},
		{"feature in capitals", admin, []core.Requirement{core.Feature("Reports")}, false},
		{"feature as plan", admin, []core.Requirement{core.Plan("reports")}, false},
		{"plan as feature", admin, []core.Requirement{core.Feature("pro")}, false},
		{"plan", admin, []core.Requirement{core.Plan("pro"), core.Plan("org:pro"), core.Plan("gold"), core.Plan("user:gold")}, true},
		{"feature in a version 1 token", v1, []core.Requirement{core.Feature("avatar")}, true},
		{"plan in a malformed claim", personal, []core.Requirement{core.Plan("free_user")}, false},
		{"feature in an empty claim", personal, []core.Requirement{core.Feature("")}, false},
		{"feature and permission, one fails", admin, []core.Requirement{core.Permission("org:reports:read"), core.Feature("none")}, false},
		{"reverification", admin, []core.Requirement{core.Reverification(core.Strict)}, true},
		{"reverification without ages", v1, []core.Requirement{core.Permission("a:b"), core.Reverification(core.ReverificationConfig{})}, false},
		{"scopes of a session", admin, []core.Requirement{core.Scopes("read")}, false},
		{"no scopes", admin, []core.Requirement{core.Scopes()}, false},
		{"any of none", admin, []core.Requirement{core.AnyOf()}, false},
		{"all of none", admin, []core.Requirement{core.AllOf()}, false},
		{"any of nil", admin, []core.Requirement{core.AnyOf(nil)}, false},
		{"all of nil", admin, []core.Requirement{core.AllOf(nil)}, false},
		{"all of one and nil", admin, []core.Requirement{core.AllOf(yes, nil)}, false},
		{"any of nil and one", admin, []core.Requirement{core.AnyOf(nil, yes)}, true},
		{"any", admin, []core.Requirement{core.AnyOf(no, yes)}, true},
		{"any of failing ones", admin, []core.Requirement{core.AnyOf(no, no)}, false},
		{"all", admin, []core.Requirement{core.AllOf(yes, yes)}, true},
		{"all but one", admin, []core.Requirement{core.AllOf(yes, no)}, false},
		{"nested", admin, []core.Requirement{core.AnyOf(core.AllOf(yes, no), core.AllOf(yes, core.Role("admin")))}, true},
		{"function that is nil", admin, []core.Requirement{core.Where(nil)}, false},
		{"function of the Auth", admin, []core.Requirement{core.Where(func(a *core.Auth) bool { return a.OrgSlug == "acme" })}, true},
		{"function of nobody", nobody, []core.Requirement{yes}, false},
		{"any function of nobody", nobody, []core.Requirement{core.AnyOf(yes)}, false},
		{"nothing of nobody", nobody, nil, false},
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
		{[]int{5, 5}, "yyyyy"},
		{[]int{10, 10}, "nnyyn"},
		{[]float64{9.5, 9.5}, "yyyyy"},
		{[]int{5, 10}, "nnyyy"},
		{[]int{10, 5}, "ynyyn"},
		{[]int{-1, 5}, "ynyyn"},
		{[]int{5, -1}, "yyyyy"},
		{[]int{60, 59}, "nnyyn"},
		{[]int{0, 0}, "yyyyy"},
		{[]int{2000, -1}, "nnnnn"},
		{[]int{-1, -1}, "nnnnn"},
		{[]int{-2, -2}, "nnnnn"},
		{[]int{5}, "nnnnn"},
		{[]int{5, 5, 5}, "nnnnn"},
		{[]any{"5", 5}, "nnnnn"},
		{[]any{json.RawMessage("1e999"), 5}, "nnnnn"},
		{[]any{nil, nil}, "nnnnn"},
		{"5,5", "nnnnn"},
		{claims{"0": 5, "1": 5, "length": 2}, "nnnnn"},
		{json.RawMessage("null"), "nnnnn"},
		{nil, "nnnnn"},
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
