package core_test

import (
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/reason"
)

// TestARefusalSaysWhatIsLacking: the error for logs names the requirement that is not met,
// and what the request has of that kind.
func TestARefusalSaysWhatIsLacking(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	s.AddUser(clerktest.User{ID: "user_ada", Plans: []string{"free"}, Features: []string{"reports"}})
	s.AddOrganization(clerktest.Organization{ID: "org_acme", Slug: "acme", Members: []clerktest.Member{
		{UserID: "user_ada", Role: "org:member", Permissions: []string{"org:invoices:read", "org:invoices:pay"}},
	}})
	personal := s.SessionToken("user_ada")
	member := s.SessionToken("user_ada", clerktest.InOrganization("org_acme"))
	plain1 := s.SessionToken("user_bob", clerktest.Claim("fea", nil), clerktest.Claim("pla", nil))
	withRole := s.SessionToken("user_ada", clerktest.Claim("metadata", map[string]any{"role": "editor"}))
	key := s.APIKey(clerktest.MachineToken{Scopes: []string{"read"}})
	no := core.Where(func(*core.Auth) bool { return false })
	yes := core.Where(func(*core.Auth) bool { return true })
	for _, test := range []struct {
		name, token string
		asks        core.Requirement
		want        string
	}{
		{"a role", member, core.Role("org:admin"), `Role("org:admin"): the session has the role "org:member" in the organization "org_acme"`},
		{"a role of nobody's organization", personal, core.Role("admin"), `Role("admin"): the session has no active organization`},
		{"a permission", member, core.Permission("org:invoices:create"), `Permission("org:invoices:create"): the session has the permissions "org:invoices:read org:invoices:pay" in the organization "org_acme"`},
		{"a plan", personal, core.Plan("pro"), `Plan("pro"): the session has the plans "u:free"`},
		{"a plan where none is named", plain1, core.Plan("pro"), `Plan("pro"): the session token names no plans: its claim pla is missing`},
		{"a feature", personal, core.Feature("export"), `Feature("export"): the session has the features "u:reports"`},
		{"a metadata role", withRole, core.MetadataRole("admin"), `MetadataRole("admin"): the claim metadata has the role "editor"`},
		{"a metadata role without the claim", personal, core.MetadataRole("admin"), `MetadataRole("admin"): the session token has no role in the claim metadata`},
		{"a scope", key, core.Scopes("read", "write"), `Scopes("read", "write"): the api_key has the scopes "read"`},
		{"a scope of a session", personal, core.Scopes("read"), `Scopes("read"): a session has no scopes`},
		{"a machine's role", key, core.Role("org:admin"), `Role("org:admin"): a token of the type api_key is in no organization`},
		{"a machine's plan", key, core.Plan("pro"), `Plan("pro"): a token of the type api_key has no plans`},
		{"a machine's factors", key, core.Reverification(core.Strict), "Reverification: "},
		{"a function", member, no, "Where: its function says no"},
		{"one of several", member, core.AnyOf(core.Role("org:admin"), core.Plan("pro")), `AnyOf(Role("org:admin"): the session has the role "org:member" in the organization "org_acme"; Plan("pro"): the session has the plans "u:free")`},
		{"one of many", member, core.AnyOf(no, no, no, no, no), "AnyOf(Where: its function says no; Where: its function says no; Where: its function says no; and more)"},
		{"one of none", member, core.AnyOf(), "AnyOf() is empty and never met"},
		{"all of several", member, core.AllOf(yes, core.Role("org:admin"), no), `requirements not met: Role("org:admin"): the session has`},
		{"a long list", s.SessionToken("user_ada", clerktest.Claim("pla", "u:"+strings.Repeat("a", 5000))), core.Plan("pro"), `aaa..."`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, status := range []bool{false, true} {
				o := plain(s)
				o.APIStatus = status
				ra := attach(t, newClerk(t, o), get("/", "Authorization", "Bearer "+test.token))
				got := adapter.Guard("Protect", core.AcceptTokens(core.SessionToken, core.APIKey), test.asks).Check(t.Context(), ra)
				if got.Err == nil || !strings.Contains(got.Err.Error(), test.want) || len(got.Err.Error()) > 500 {
					t.Errorf("got %v, want %s", got.Err, test.want)
				}
				if strings.Contains(got.Body, "org:") {
					t.Errorf("the client is told: %s", got.Body)
				}
			}
		})
	}
}

// TestARefusalCallsAFunctionOnce: what a function of the application's does is not done again for
// the log.
func TestARefusalCallsAFunctionOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	ra := attach(t, newClerk(t, plain(s)), get("/", "Authorization", "Bearer "+s.SessionToken("user_ada")))
	calls := 0
	count := core.Where(func(*core.Auth) bool { calls++; return false })
	for _, asks := range []core.Requirement{count, core.AnyOf(count), core.AllOf(count), core.AnyOf(core.AllOf(count))} {
		calls = 0
		if out := adapter.Guard("Protect", asks).Check(t.Context(), ra); out.Allowed() || calls != 1 {
			t.Errorf("got %d calls, want 1", calls)
		}
	}
}

// TestARefusalSaysWhetherItIsOfAPage, so that an application answers with HTML or not.
func TestARefusalSaysWhetherItIsOfAPage(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	token := "Bearer " + s.SessionToken("user_ada")
	key := "Bearer " + s.APIKey(clerktest.MachineToken{})
	for _, status := range []bool{false, true} {
		o := plain(s)
		o.APIStatus = status
		c := newClerk(t, o)
		for name, test := range map[string]struct {
			opts []core.ProtectOption
			auth string
		}{
			"a role":            {[]core.ProtectOption{core.Role("org:admin")}, token},
			"a reverification":  {[]core.ProtectOption{core.Reverification(core.ReverificationConfig{Level: core.SecondFactor, AfterMinutes: 0.001})}, "Bearer " + s.SessionToken("user_ada", clerktest.FactorAge(9, 9))},
			"a machine's scope": {[]core.ProtectOption{core.AcceptTokens(core.APIKey), core.Scopes("write")}, key},
			"a machine's token": {[]core.ProtectOption{core.AcceptTokens(core.APIKey)}, token},
		} {
			for _, isPage := range []bool{false, true} {
				r := get("/", "Authorization", test.auth)
				if isPage {
					r = page("/", "Authorization", test.auth)
				}
				refusal, ok := adapter.Guard("Protect", test.opts...).Check(t.Context(), attach(t, c, r)).Refusal()
				if !ok || refusal.IsPage() != isPage {
					t.Errorf("%s: got a refusal: %v, of a page: %v, want %v", name, ok, refusal.IsPage(), isPage)
				}
			}
		}
	}
}

// TestNoTokenIsNoWrongToken: where a route is for machines, the reason tells one from the other.
func TestNoTokenIsNoWrongToken(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	c := newClerk(t, plain(s))
	for header, want := range map[string]reason.Reason{
		"": reason.NoTokenInHeader, "Bearer " + s.SessionToken("user_ada"): reason.TokenTypeMismatch, "Bearer " + s.M2MToken(clerktest.MachineToken{}): reason.TokenTypeMismatch,
	} {
		refusal, _ := adapter.Guard("Protect", core.AcceptTokens(core.APIKey)).Check(t.Context(), attach(t, c, get("/", "Authorization", header))).Refusal()
		if refusal.Reason() != want {
			t.Errorf("%.10q: got %q, want %q", header, refusal.Reason(), want)
		}
	}
}
