package core_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

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
			t.Helper()
			t.Helper()
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
			name: "PUBLISHABLE_KEY", field: func(o *core.Options) *string { return &o.PublishableKey }, values: keys, observe: signIn,
			want: [4]string{"https://accounts.one.example/sign-in", "https://accounts.two.example/sign-in", "https://accounts.three.example/sign-in", ""},
		},
		{
			name: "SECRET_KEY", field: func(o *core.Options) *string { return &o.SecretKey },
			values: [3]string{"sk_live_1", "sk_live_2", "sk_live_3"},
			observe: func(t *testing.T, c *core.Clerk, rec *recorder) string {
				t.Helper()
				return fetch(t, c, rec).Header.Get("Authorization")
			},
			want: [4]string{"Bearer sk_live_1", "Bearer sk_live_2", "Bearer sk_live_3", ""},
		},
		{
			name: "MACHINE_SECRET_KEY", field: func(o *core.Options) *string { return &o.MachineSecretKey },
			values: [3]string{"ak_1", "ak_2", "ak_3"},
			observe: func(t *testing.T, c *core.Clerk, rec *recorder) string {
				t.Helper()
				c.Authenticate(t.Context(), get("/", "Authorization", "Bearer mt_1"))
				return rec.last().Header.Get("Authorization")
			},
			want: [4]string{"Bearer ak_1", "Bearer ak_2", "Bearer ak_3", "Bearer " + liveSK},
		},
		{
			name: "JWT_KEY", field: func(o *core.Options) *string { return &o.JWTKey }, values: pems,
			observe: func(t *testing.T, c *core.Clerk, _ *recorder) string {
				t.Helper()
				for text, token := range signed {
					if c.Authenticate(t.Context(), get("/", "Authorization", token)).IsSignedIn() {
						return text
					}
				}
				return ""
			},
			want: [4]string{pems[0], pems[1], pems[2], ""},
		},
		{
			name: "DOMAIN", field: func(o *core.Options) *string { o.IsSatellite = true; return &o.Domain },
			values: [3]string{"a.example", "b.example", "c.example"},
			observe: func(t *testing.T, c *core.Clerk, rec *recorder) string {
				t.Helper()
				base, _, _ := strings.Cut(location(t, c, rec), "?")
				return base
			},
			want: [4]string{
				"https://clerk.a.example/v1/client/handshake", "https://clerk.b.example/v1/client/handshake",
				"https://clerk.c.example/v1/client/handshake", "",
			},
		},
		{
			name: "PROXY_URL", field: func(o *core.Options) *string { return &o.ProxyURL },
			values: [3]string{"https://a.example/p", "/__clerk", "http://c.example"},
			observe: func(t *testing.T, c *core.Clerk, rec *recorder) string {
				t.Helper()
				base, _, _ := strings.Cut(location(t, c, rec), "?")
				return base
			},
			want: [4]string{
				"https://a.example/p/v1/client/handshake", "http://app.example/__clerk/v1/client/handshake",
				"http://c.example/v1/client/handshake", "https://clerk.example.com/v1/client/handshake",
			},
		},
		{
			name: "SIGN_IN_URL", field: func(o *core.Options) *string { return &o.SignInURL },
			values:  [3]string{"/a", "/b", "https://c.example/"},
			observe: signIn,
			want:    [4]string{"http://app.example/a", "http://app.example/b", "https://c.example/", "https://accounts.example.com/sign-in"},
		},
		{
			name: "SIGN_UP_URL", field: func(o *core.Options) *string { return &o.SignUpURL },
			values:  [3]string{"/a", "/b", "https://c.example/"},
			observe: signUp,
			want:    [4]string{"http://app.example/a", "http://app.example/b", "https://c.example/", "https://accounts.example.com/sign-up"},
		},
		{
			name: "API_URL", field: func(o *core.Options) *string { return &o.APIURL },
			values: [3]string{"http://a.example", "http://b.example/x/", "https://c.example"},
			observe: func(t *testing.T, c *core.Clerk, rec *recorder) string {
				t.Helper()
				return fetch(t, c, rec).URL.String()
			},
			want: [4]string{"http://a.example/v1/jwks", "http://b.example/x/v1/jwks", "https://c.example/v1/jwks", "https://api.clerk.com/v1/jwks"},
		},
		{
			name: "API_VERSION", field: func(o *core.Options) *string { return &o.APIVersion },
			values: [3]string{"v7", "v8", "v9"},
			observe: func(t *testing.T, c *core.Clerk, rec *recorder) string {
				t.Helper()
				return fetch(t, c, rec).URL.Path
			},
			want: [4]string{"/v7/jwks", "/v8/jwks", "/v9/jwks", "/v1/jwks"},
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
				{name: "option", option: test.values[0], vars: map[string]string{clerkVar: test.values[1], publicVar: test.values[2]}, want: test.want[0]},
				{name: "variable", vars: map[string]string{clerkVar: test.values[1], publicVar: test.values[2]}, want: test.want[1]},
				{name: "public variable", vars: map[string]string{publicVar: test.values[2]}, want: test.want[2]},
				{name: "public variable besides an empty one", vars: map[string]string{clerkVar: "", publicVar: test.values[2]}, want: test.want[2]},
				{name: "default", vars: map[string]string{clerkVar: "", publicVar: ""}, want: test.want[3]},
			} {
				rec := &recorder{}
				o := core.Options{
					PublishableKey: liveKey, SecretKey: liveSK, LookupEnv: env(source.vars), Now: s.Clock().Now,
					HTTPClient: rec.client(), Retry: core.Retry{Attempts: -1}, AcceptsToken: core.AnyToken(), Outage: persistent,
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
