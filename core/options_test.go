package core_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
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
		"no publishable key", func(o *core.Options) { o.PublishableKey = "" },
		[]string{"Publishable key is missing", "CLERK_PUBLISHABLE_KEY", "Options.PublishableKey", "dashboard.clerk.com"},
	},
	{
		"publishable key that is none", func(o *core.Options) { o.PublishableKey = "pk_test_nothing" },
		[]string{"Publishable key not valid", "pk_live_...", "CLERK_PUBLISHABLE_KEY", "Options.PublishableKey", "dashboard.clerk.com"},
	},
	{
		"publishable key that names no host", func(o *core.Options) { o.PublishableKey = "pk_test_YSAuYiQ" }, // a .b$
		[]string{"Publishable key not valid", "CLERK_PUBLISHABLE_KEY", "Options.PublishableKey"},
	},
	{
		"no secret key", func(o *core.Options) { o.SecretKey = "" },
		[]string{"Missing Clerk Secret Key", "CLERK_SECRET_KEY", "Options.SecretKey", "dashboard.clerk.com"},
	},
	{
		"no secret key, but a PEM key", func(o *core.Options) { o.SecretKey, o.JWTKey = "", somePEM },
		[]string{"Missing Clerk Secret Key"},
	},
	{
		"no key for machine tokens", func(o *core.Options) { o.SecretKey, o.AcceptsToken = "", core.Accept(core.M2MToken) },
		[]string{"Machine secret key or a Clerk secret key", "CLERK_MACHINE_SECRET_KEY", "Options.MachineSecretKey"},
	},
	{
		"list of machine tokens with a machine key only", func(o *core.Options) {
			o.SecretKey, o.MachineSecretKey, o.AcceptsToken = "", "ak_machine", core.AcceptList(core.M2MToken)
		},
		[]string{"Missing Clerk Secret Key"},
	},
	{
		"OAuth tokens without a publishable key", func(o *core.Options) {
			o.PublishableKey, o.AcceptsToken = "", core.Accept(core.OAuthToken)
		},
		[]string{"Publishable key is missing"},
	},
	{
		"PEM key that is none", func(o *core.Options) { o.JWTKey = "-----BEGIN PUBLIC KEY-----\nhush\n-----END PUBLIC KEY-----" },
		[]string{"Options.JWTKey", "CLERK_JWT_KEY", "PEM"},
	},
	{
		"satellite without domain", func(o *core.Options) { o.IsSatellite, o.SignInURL = true, "https://primary.example/sign-in" },
		[]string{"Missing domain and proxyUrl", "CLERK_DOMAIN", "CLERK_PROXY_URL", "Options.Domain", "Options.ProxyURL"},
	},
	{
		"development satellite without sign-in page", func(o *core.Options) { o.IsSatellite, o.Domain = true, "sat.example" },
		[]string{"Missing signInUrl", "CLERK_SIGN_IN_URL", "Options.SignInURL"},
	},
	{
		"organization pattern that does not compile", func(o *core.Options) {
			o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slug", "/orgs/("}
		},
		[]string{"Options.OrganizationSync.OrganizationPatterns", `Invalid pattern "/orgs/:slug,/orgs/("`},
	},
	{
		"personal pattern that does not compile", func(o *core.Options) {
			o.OrganizationSync.PersonalAccountPatterns = []string{"/me/***"}
		},
		[]string{"Options.OrganizationSync.PersonalAccountPatterns", `Invalid pattern "/me/***"`},
	},
	{
		"Backend API address without scheme", func(o *core.Options) { o.APIURL = "api.example.com" },
		[]string{"Options.APIURL", "CLERK_API_URL", "http"},
	},
	{
		"Backend API address of another scheme", func(o *core.Options) { o.APIURL = "ftp://api.example.com" },
		[]string{"Options.APIURL", "CLERK_API_URL", "http"},
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
		{MachineSecretKey: "ak_machine", AcceptsToken: core.Accept(core.M2MToken)},
		{SecretKey: devSK, AcceptsToken: core.Accept(core.M2MToken)},
		{SecretKey: devSK, AcceptsToken: core.Accept(core.APIKey)},
		{SecretKey: devSK, AcceptsToken: core.Accept(core.M2MToken), IsSatellite: true},
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
		{"nothing is odd", func(*core.Options) {}, ""},
		{"secret key of no known form", func(o *core.Options) { o.SecretKey = "notarealkey" }, "CLERK_SECRET_KEY"},
		{"keys of two environments", func(o *core.Options) { o.SecretKey = liveSK }, "different environments"},
		{"keys of two environments, the other way", func(o *core.Options) { o.PublishableKey = liveKey }, "different environments"},
		{"proxy without scheme", func(o *core.Options) { o.ProxyURL = "proxy.example" }, "CLERK_PROXY_URL"},
		{"development satellite with a relative sign-in page", func(o *core.Options) {
			o.IsSatellite, o.Domain, o.SignInURL = true, "sat.example", "/sign-in"
		}, "CLERK_SIGN_IN_URL"},
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

// rsaKey is a key of its own and its PEM text.
func rsaKey(t *testing.T) (*rsa.PrivateKey, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func TestOptionsComeBeforeTheEnvironment(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	var pems [3]string
	signed := make(map[string]string) // which PEM verifies which token
	for i := range pems {
		key, text := rsaKey(t)
		pems[i] = text
		signed[text] = s.SessionToken("user_1", clerktest.SignedWith(key, "any"))
	}
	unknown := "Bearer " + s.SessionToken("user_1", clerktest.HeaderField("kid", "unknown"))
	location := func(t *testing.T, c *core.Clerk, _ *recorder) string {
		t.Helper()
		return c.Authenticate(t.Context(), page("/", "Cookie", "__client_uat=1")).Location()
	}
	fetch := func(t *testing.T, c *core.Clerk, rec *recorder) *http.Request {
		t.Helper()
		c.Authenticate(t.Context(), get("/", "Authorization", unknown))
		return rec.last()
	}
	url := func(f func(*core.RequestAuth) (string, error)) func(*testing.T, *core.Clerk, *recorder) string {
		return func(t *testing.T, c *core.Clerk, _ *recorder) string {
			u, err := f(attach(t, c, get("/")))
			if err != nil {
				t.Error(err)
			}
			return u
		}
	}
	signIn := url(func(ra *core.RequestAuth) (string, error) { return ra.SignInURL(core.NoReturnBackURL) })
	signUp := url(func(ra *core.RequestAuth) (string, error) { return ra.SignUpURL(core.NoReturnBackURL) })
	keys := [3]string{
		clerktest.PublishableKey("clerk.one.example", true), clerktest.PublishableKey("clerk.two.example", true),
		clerktest.PublishableKey("clerk.three.example", true),
	}
	for _, test := range []struct {
		name    string
		field   func(*core.Options) *string
		values  [3]string
		observe func(*testing.T, *core.Clerk, *recorder) string
		want    [4]string // for each value, and for none
	}{
		{
			"PUBLISHABLE_KEY", func(o *core.Options) *string { return &o.PublishableKey }, keys, signIn,
			[4]string{"https://accounts.one.example/sign-in", "https://accounts.two.example/sign-in", "https://accounts.three.example/sign-in", ""},
		},
		{
			"SECRET_KEY", func(o *core.Options) *string { return &o.SecretKey },
			[3]string{"sk_live_1", "sk_live_2", "sk_live_3"},
			func(t *testing.T, c *core.Clerk, rec *recorder) string {
				return fetch(t, c, rec).Header.Get("Authorization")
			},
			[4]string{"Bearer sk_live_1", "Bearer sk_live_2", "Bearer sk_live_3", ""},
		},
		{
			"MACHINE_SECRET_KEY", func(o *core.Options) *string { return &o.MachineSecretKey },
			[3]string{"ak_1", "ak_2", "ak_3"},
			func(t *testing.T, c *core.Clerk, rec *recorder) string {
				c.Authenticate(t.Context(), get("/", "Authorization", "Bearer mt_1"))
				return rec.last().Header.Get("Authorization")
			},
			[4]string{"Bearer ak_1", "Bearer ak_2", "Bearer ak_3", "Bearer " + liveSK},
		},
		{
			"JWT_KEY", func(o *core.Options) *string { return &o.JWTKey }, pems,
			func(t *testing.T, c *core.Clerk, _ *recorder) string {
				for text, token := range signed {
					if c.Authenticate(t.Context(), get("/", "Authorization", token)).IsSignedIn() {
						return text
					}
				}
				return ""
			},
			[4]string{pems[0], pems[1], pems[2], ""},
		},
		{
			"DOMAIN", func(o *core.Options) *string { o.IsSatellite = true; return &o.Domain },
			[3]string{"a.example", "b.example", "c.example"},
			func(t *testing.T, c *core.Clerk, rec *recorder) string {
				base, _, _ := strings.Cut(location(t, c, rec), "?")
				return base
			},
			[4]string{
				"https://clerk.a.example/v1/client/handshake", "https://clerk.b.example/v1/client/handshake",
				"https://clerk.c.example/v1/client/handshake", "",
			},
		},
		{
			"PROXY_URL", func(o *core.Options) *string { return &o.ProxyURL },
			[3]string{"https://a.example/p", "/__clerk", "http://c.example"},
			func(t *testing.T, c *core.Clerk, rec *recorder) string {
				base, _, _ := strings.Cut(location(t, c, rec), "?")
				return base
			},
			[4]string{
				"https://a.example/p/v1/client/handshake", "http://app.example/__clerk/v1/client/handshake",
				"http://c.example/v1/client/handshake", "https://clerk.example.com/v1/client/handshake",
			},
		},
		{
			"SIGN_IN_URL", func(o *core.Options) *string { return &o.SignInURL },
			[3]string{"/a", "/b", "https://c.example/"},
			signIn,
			[4]string{"http://app.example/a", "http://app.example/b", "https://c.example/", "https://accounts.example.com/sign-in"},
		},
		{
			"SIGN_UP_URL", func(o *core.Options) *string { return &o.SignUpURL },
			[3]string{"/a", "/b", "https://c.example/"},
			signUp,
			[4]string{"http://app.example/a", "http://app.example/b", "https://c.example/", "https://accounts.example.com/sign-up"},
		},
		{
			"API_URL", func(o *core.Options) *string { return &o.APIURL },
			[3]string{"http://a.example", "http://b.example/x/", "https://c.example"},
			func(t *testing.T, c *core.Clerk, rec *recorder) string { return fetch(t, c, rec).URL.String() },
			[4]string{"http://a.example/v1/jwks", "http://b.example/x/v1/jwks", "https://c.example/v1/jwks", "https://api.clerk.com/v1/jwks"},
		},
		{
			"API_VERSION", func(o *core.Options) *string { return &o.APIVersion },
			[3]string{"v7", "v8", "v9"},
			func(t *testing.T, c *core.Clerk, rec *recorder) string { return fetch(t, c, rec).URL.Path },
			[4]string{"/v7/jwks", "/v8/jwks", "/v9/jwks", "/v1/jwks"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			clerkVar, publicVar := "CLERK_"+test.name, "NEXT_PUBLIC_CLERK_"+test.name
			for _, source := range []struct {
				name   string
				option string
				vars   map[string]string
				want   string
			}{
				{"option", test.values[0], map[string]string{clerkVar: test.values[1], publicVar: test.values[2]}, test.want[0]},
				{"variable", "", map[string]string{clerkVar: test.values[1], publicVar: test.values[2]}, test.want[1]},
				{"public variable", "", map[string]string{publicVar: test.values[2]}, test.want[2]},
				{"public variable besides an empty one", "", map[string]string{clerkVar: "", publicVar: test.values[2]}, test.want[2]},
				{"default", "", map[string]string{clerkVar: "", publicVar: ""}, test.want[3]},
			} {
				rec := &recorder{}
				o := core.Options{
					PublishableKey: liveKey, SecretKey: liveSK, LookupEnv: env(source.vars), Now: s.Clock().Now,
					HTTPClient: rec.client(), Retry: core.Retry{Attempts: -1}, AcceptsToken: core.AcceptAny(),
				}
				*test.field(&o) = source.option
				if source.want == "" && test.name != "JWT_KEY" {
					if _, err := core.New(o); err == nil {
						t.Errorf("%s: got no error, want one for what is missing", source.name)
					}
					continue
				}
				if got := test.observe(t, newClerk(t, o), rec); got != source.want {
					t.Errorf("%s: got %q, want %q", source.name, got, source.want)
				}
			}
		})
	}
}

func TestBooleanVariables(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"true": true, "TRUE": true, "True": true, "1": true, "2abc": true, "10": true,
		"": false, "false": false, "FALSE": false, "0": false, "yes": false, "on": false, "-1": false, "t": false, "0x1": false,
	} {
		_, err := core.New(core.Options{
			PublishableKey: liveKey, SecretKey: liveSK, LookupEnv: env(map[string]string{"CLERK_IS_SATELLITE": value}),
		})
		if got := err != nil && strings.Contains(err.Error(), "satellite"); got != want {
			t.Errorf("CLERK_IS_SATELLITE=%q: got satellite %v, want %v", value, got, want)
		}
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
	o.ClockSkew, o.AcceptsToken = &skew, core.AcceptList(types...)
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
		{"what was configured passes", token("https://good.example", "api", -time.Minute), "signed-in"},
		{"another azp does not", token("https://evil.example", "api", -time.Minute), "signed-out token-invalid-authorized-parties"},
		{"another aud does not", token("https://good.example", "evil", -time.Minute), "signed-out token-verification-failed"},
		{"another skew does not", token("https://good.example", "api", time.Minute), "signed-out session-token-expired-refresh-non-eligible-no-refresh-cookie"},
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
	o.AcceptsToken = core.AcceptAny()
	key := s.APIKey(clerktest.MachineToken{Scopes: []string{"read"}})
	machine := newClerk(t, o).Authenticate(t.Context(), get("/", "Authorization", "Bearer "+key)).Auth()
	for name, r := range map[string]core.Requirement{"Scopes": scope, "AnyOf": anyOf, "AllOf": allOf} {
		if !machine.Has(r) {
			t.Errorf("%s: a change after the call took effect", name)
		}
	}
}
