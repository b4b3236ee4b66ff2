package core_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

const (
	devKey  = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk" // foo-bar-13.clerk.accounts.dev
	liveKey = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"                 // clerk.example.com
	devSK   = "sk_test_notarealkey"
	liveSK  = "sk_live_notarealkey"
)

// faults are options that New refuses, and what its error must say of each.
var faults = []struct {
	name  string
	spoil func(*core.Options)
	want  []string
}{
	{
		name: "no publishable key", spoil: func(o *core.Options) { o.PublishableKey = "" },
		want: []string{"Publishable key is missing", "CLERK_PUBLISHABLE_KEY", "Options.PublishableKey", "dashboard.clerk.com"},
	},
	{
		name: "publishable key that is none", spoil: func(o *core.Options) { o.PublishableKey = "pk_test_nothing" },
		want: []string{"Publishable key not valid", "pk_live_...", "CLERK_PUBLISHABLE_KEY", "Options.PublishableKey", "dashboard.clerk.com"},
	},
	{
		name: "publishable key that names no host", spoil: func(o *core.Options) { o.PublishableKey = "pk_test_YSAuYiQ" }, // a .b$
		want: []string{"Publishable key not valid", "CLERK_PUBLISHABLE_KEY", "Options.PublishableKey"},
	},
	{
		name: "no secret key", spoil: func(o *core.Options) { o.SecretKey = "" },
		want: []string{"Missing Clerk Secret Key", "CLERK_SECRET_KEY", "Options.SecretKey", "dashboard.clerk.com"},
	},
	{
		name: "no secret key, but a PEM key", spoil: func(o *core.Options) { o.SecretKey, o.JWTKey = "", somePEM },
		want: []string{"Missing Clerk Secret Key"},
	},
	{
		name: "no key for machine tokens", spoil: func(o *core.Options) { o.SecretKey, o.AcceptsToken = "", core.OnlyToken(core.M2MToken) },
		want: []string{"Machine secret key or a Clerk secret key", "CLERK_MACHINE_SECRET_KEY", "Options.MachineSecretKey"},
	},
	{
		name: "list of machine tokens with a machine key only", spoil: func(o *core.Options) {
			o.SecretKey, o.MachineSecretKey, o.AcceptsToken = "", "ak_machine", core.TokenList(core.M2MToken)
		},
		want: []string{"Missing Clerk Secret Key"},
	},
	{
		name: "keys that are kept for ever", spoil: func(o *core.Options) { o.KeyRefresh.TTL = -1 },
		want: []string{"Options.KeyRefresh.TTL is negative", "leave it 0"},
	},
	{
		name: "a proxy for some requests that is not on", spoil: func(o *core.Options) { o.FrontendAPIProxy.Only = func(core.Request) bool { return true } },
		want: []string{"Options.FrontendAPIProxy.Only has no effect without Enabled"},
	},
	{
		name: "OAuth tokens without a publishable key", spoil: func(o *core.Options) {
			o.PublishableKey, o.AcceptsToken = "", core.OnlyToken(core.OAuthToken)
		},
		want: []string{"Publishable key is missing"},
	},
	{
		name: "PEM key that is none", spoil: func(o *core.Options) { o.JWTKey = "-----BEGIN PUBLIC KEY-----\nhush\n-----END PUBLIC KEY-----" },
		want: []string{"Options.JWTKey", "CLERK_JWT_KEY", "PEM"},
	},
	{
		name: "satellite without domain", spoil: func(o *core.Options) { o.IsSatellite, o.SignInURL = true, "https://primary.example/sign-in" },
		want: []string{"Missing domain and proxyUrl", "CLERK_DOMAIN", "CLERK_PROXY_URL", "Options.Domain", "Options.ProxyURL"},
	},
	{
		name: "development satellite without sign-in page", spoil: func(o *core.Options) { o.IsSatellite, o.Domain = true, "sat.example" },
		want: []string{"Missing signInUrl", "CLERK_SIGN_IN_URL", "Options.SignInURL"},
	},
	{
		name: "organization pattern that does not compile", spoil: func(o *core.Options) {
			o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slug", "/orgs/("}
		},
		want: []string{"Options.OrganizationSync.OrganizationPatterns", `Invalid pattern "/orgs/("`},
	},
	{
		name: "personal pattern that does not compile", spoil: func(o *core.Options) {
			o.OrganizationSync.PersonalAccountPatterns = []string{"/me/***"}
		},
		want: []string{"Options.OrganizationSync.PersonalAccountPatterns", `Invalid pattern "/me/***"`},
	},
	{
		name: "issuer that is blank", spoil: func(o *core.Options) { o.Issuer = []string{"https://clerk.example.com", " "} },
		want: []string{"Options.Issuer[1] is blank", "iss claim", "https://clerk.example.com"},
	},
	{
		name: "issuers that are no URLs", spoil: func(o *core.Options) { o.Issuer = []string{"clerk.example.com", "chrome-extension://a", "https://"} },
		want: []string{"Options.Issuer[0] is no http or https URL", "Options.Issuer[1] is no", "Options.Issuer[2] is no"},
	},
	{
		name: "Backend API address without scheme", spoil: func(o *core.Options) { o.APIURL = "api.example.com" },
		want: []string{"Options.APIURL", "CLERK_API_URL", "http"},
	},
	{
		name: "Backend API address of another scheme", spoil: func(o *core.Options) { o.APIURL = "ftp://api.example.com" },
		want: []string{"Options.APIURL", "CLERK_API_URL", "http"},
	},
}

const somePEM = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr1EQ7iXP4LH8NTFCHYBT
-----END PUBLIC KEY-----`

func goodOptions() core.Options {
	return core.Options{PublishableKey: devKey, SecretKey: devSK, LookupEnv: noEnv}
}

func TestNewNamesTheFaultAndTheRemedy(t *testing.T) {
	t.Parallel()
	for _, test := range faults {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := goodOptions()
			test.spoil(&o)
			c, err := core.New(o)
			if err == nil || c != nil {
				t.Fatalf("got %v, %v, want an error alone", c, err)
			}
			if e := core.AsError(err); e == nil || e.StatusCode() != http.StatusInternalServerError {
				t.Errorf("got %T, want a *core.Error that means 500", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to mention %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "notarealkey") || strings.Contains(err.Error(), "hush") {
				t.Errorf("got %q, which holds a key", err)
			}
		})
	}
}

func TestNewReportsAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := core.New(core.Options{
		LookupEnv: noEnv, PublishableKey: "pk_nothing", JWTKey: "hush", IsSatellite: true, APIURL: "nowhere",
		OrganizationSync: core.OrganizationSync{OrganizationPatterns: []string{"("}, PersonalAccountPatterns: []string{"/***"}},
	})
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{
		"Publishable key not valid", "Missing Clerk Secret Key", "Missing domain and proxyUrl",
		"Options.OrganizationSync.OrganizationPatterns", "Options.OrganizationSync.PersonalAccountPatterns",
		"Options.JWTKey", "Options.APIURL",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to mention %q", err, want)
		}
	}
	_, err = core.New(core.Options{LookupEnv: noEnv, IsSatellite: true, SecretKey: devSK})
	for _, want := range []string{"Publishable key is missing", "Missing signInUrl", "Missing domain and proxyUrl"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to mention %q", err, want)
		}
	}
}

func TestNewNeedsNoMoreThanTheTokensNeed(t *testing.T) {
	t.Parallel()
	for _, o := range []core.Options{
		{MachineSecretKey: "ak_machine", AcceptsToken: core.OnlyToken(core.M2MToken)},
		{SecretKey: devSK, AcceptsToken: core.OnlyToken(core.M2MToken)},
		{SecretKey: devSK, AcceptsToken: core.OnlyToken(core.APIKey)},
		{SecretKey: devSK, AcceptsToken: core.OnlyToken(core.M2MToken), IsSatellite: true},
		{PublishableKey: liveKey, SecretKey: liveSK, IsSatellite: true, Domain: "sat.example"},
		{PublishableKey: liveKey, SecretKey: liveSK, IsSatellite: true, ProxyURL: "/__clerk"},
	} {
		o.LookupEnv = noEnv
		newClerk(t, o)
	}
}

func TestOddOptionsAreWarnings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		edit func(*core.Options)
		want string
	}{
		{name: "nothing is odd", edit: func(*core.Options) {}},
		{name: "secret key of no known form", edit: func(o *core.Options) { o.SecretKey = "sk_notarealkey" }, want: "CLERK_SECRET_KEY"},
		{name: "keys of two environments", edit: func(o *core.Options) { o.SecretKey = liveSK }, want: "different environments"},
		{name: "keys of two environments, the other way", edit: func(o *core.Options) { o.PublishableKey = liveKey }, want: "different environments"},
		{name: "proxy without scheme", edit: func(o *core.Options) { o.ProxyURL = "proxy.example" }, want: "CLERK_PROXY_URL"},
		{name: "development satellite with a relative sign-in page", edit: func(o *core.Options) {
			o.IsSatellite, o.Domain, o.SignInURL = true, "sat.example", "/sign-in"
		}, want: "CLERK_SIGN_IN_URL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var log logBuffer
			o := goodOptions()
			o.Logger = log.logger()
			test.edit(&o)
			newClerk(t, o)
			got := log.String()
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got log %q, want %q in it", got, test.want)
			}
			if got != "" && !strings.Contains(got, "level=WARN") || strings.Contains(got, "notarealkey") {
				t.Errorf("got log %q, want a warning without keys", got)
			}
		})
	}
}

func TestMustPanicsAtStartUp(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(){
		"faulty options": func() { core.Must(core.Options{LookupEnv: noEnv}) },
		"two options":    func() { core.Must(goodOptions(), goodOptions()) },
	} {
		func() {
			defer func() {
				if _, isError := recover().(error); !isError {
					t.Errorf("%s: got no panic with an error", name)
				}
			}()
			f()
		}()
	}
	if core.Must(goodOptions()) == nil {
		t.Error("got nil for good options")
	}
}

func TestOptionsAreCopied(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	skew := time.Second
	types := []core.TokenType{core.SessionToken}
	o := plain(s)
	o.Audience, o.AuthorizedParties = []string{"api"}, []string{"https://good.example"}
	o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slug"}
	o.ClockSkew, o.AcceptsToken = &skew, core.TokenList(types...)
	c := newClerk(t, o)
	scopes := []string{"read"}
	scope := core.Scopes(scopes...)
	requirements := []core.Requirement{scope}
	anyOf, allOf := core.AnyOf(requirements...), core.AllOf(requirements...)

	o.Audience[0], o.AuthorizedParties[0], o.OrganizationSync.OrganizationPatterns[0] = "evil", "https://evil.example", "/:slug"
	types[0], scopes[0], skew = core.APIKey, "write", time.Hour
	requirements[0] = core.Where(func(*core.Auth) bool { return false })

	token := func(azp, aud string, age time.Duration) string {
		return s.SessionToken("user_1", clerktest.AuthorizedParty(azp), clerktest.Claim("aud", aud), clerktest.Lifetime(-age))
	}
	for _, test := range []struct {
		name, token string
		want        string
	}{
		{name: "what was configured passes", token: token("https://good.example", "api", -time.Minute), want: "signed-in"},
		{name: "another azp does not", token: token("https://evil.example", "api", -time.Minute), want: "signed-out token-invalid-authorized-parties"},
		{name: "another aud does not", token: token("https://good.example", "evil", -time.Minute), want: "signed-out token-verification-failed"},
		{name: "another skew does not", token: token("https://good.example", "api", time.Minute), want: "signed-out session-token-expired-refresh-non-eligible-no-refresh-cookie"},
	} {
		if got := outcome(c.Authenticate(t.Context(), get("/", "Authorization", test.token))); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
	state := c.Authenticate(t.Context(), page("/orgs/acme", "Cookie", "__client_uat=1"))
	if got := locationQuery(t, state).Get("organization_id"); got != "acme" {
		t.Errorf("got organization_id %q, want acme", got)
	}
	state = c.Authenticate(t.Context(), page("/acme", "Cookie", "__client_uat=1"))
	if locationQuery(t, state).Has("organization_id") {
		t.Error("a pattern that was changed later took effect")
	}
	o = plain(s)
	o.AcceptsToken = core.AnyToken()
	key := s.APIKey(clerktest.MachineToken{Scopes: []string{"read"}})
	machine := newClerk(t, o).Authenticate(t.Context(), get("/", "Authorization", "Bearer "+key)).Auth()
	for name, r := range map[string]core.Requirement{"Scopes": scope, "AnyOf": anyOf, "AllOf": allOf} {
		if !machine.Has(r) {
			t.Errorf("%s: a change after the call took effect", name)
		}
	}
}
