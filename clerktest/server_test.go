package clerktest_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func rsaKey(modulus string) (*rsa.PublicKey, error) {
	n, err := base64.RawURLEncoding.DecodeString(modulus)
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}, err
}

func TestKeysAreRecognisable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config clerktest.Config
		pk, sk string
		host   string
	}{
		{
			name: "a development instance by default", config: clerktest.Config{}, pk: "pk_test_",
			sk: "sk_test_clerktest", host: "calm-otter-42.clerk.accounts.dev",
		},
		{
			name: "a production-shaped one on request", config: clerktest.Config{Production: true}, pk: "pk_live_",
			sk: "sk_live_clerktest", host: "clerk.example.test",
		},
		{
			name: "a host of one's own", config: clerktest.Config{FrontendAPI: "brave-heron-17.clerk.accounts.dev"},
			pk: "pk_test_", sk: "sk_test_clerktest", host: "brave-heron-17.clerk.accounts.dev",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, tt.config)
			opts := s.Options()
			raw, found := strings.CutPrefix(opts.PublishableKey, tt.pk)
			host, err := base64.RawStdEncoding.DecodeString(raw)
			if !found || err != nil || string(host) != tt.host+"$" {
				t.Errorf("publishable key %q names %q, want %s… for %s", opts.PublishableKey, host, tt.pk, tt.host)
			}
			if !strings.HasPrefix(opts.SecretKey, tt.sk) {
				t.Errorf("secret key %q, want %s…", opts.SecretKey, tt.sk)
			}
			if s.Issuer() != "https://"+tt.host {
				t.Errorf("issuer %q, want https://%s", s.Issuer(), tt.host)
			}
			if !strings.HasPrefix(s.KeyID(), "ins_") || s.KeyID() != s.InstanceID() {
				t.Errorf("key id %q, want the instance id %q", s.KeyID(), s.InstanceID())
			}
			if opts.APIURL != s.URL() || opts.ProxyURL != s.URL() || opts.SignInURL != s.URL()+"/sign-in" || opts.SignUpURL != s.URL()+"/sign-up" {
				t.Errorf("options point to %q, %q, %q, %q, want all below %q", opts.APIURL, opts.ProxyURL, opts.SignInURL, opts.SignUpURL, s.URL())
			}
			if !strings.HasPrefix(s.URL(), "http://127.0.0.1:") {
				t.Errorf("listens at %q, want loopback", s.URL())
			}
			if v, set := opts.LookupEnv("PATH"); set {
				t.Errorf("options read the environment: PATH is %q", v)
			}
			s.Clock().Set(time.Unix(1795217577, 0))
			if got := opts.Now().Unix(); got != 1795217577 {
				t.Errorf("options' clock says %d, want the instance's", got)
			}
		})
	}
}

func TestCookieSuffix(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"pk_test_Y2xlcmsuaW5zcGlyZWQucHVtYS03NC5sY2wuZGV2JA":                   "vWCgMp3A",
		"pk_live_Y2xlcmsuZXhhbXBsZS5jb20k":                                     "naoXFJnI",
		"pk_test_ZW5vdWdoLWFscGFjYS04Mi5jbGVyay5hY2NvdW50cy5sY2xjbGVyay5jb20k": "jtYvyt_H",
		clerktest.PublishableKey("clerk.clerk.dev", true):                      "1Z8AzTQD",
	} {
		if got := clerktest.CookieSuffix(key); got != want {
			t.Errorf("CookieSuffix(%q) = %q, want %q", key, got, want)
		}
	}
}

func TestConfigThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config clerktest.Config
		want   string
	}{
		{name: "a host that is a dot", config: clerktest.Config{FrontendAPI: "."}, want: "FrontendAPI"},
		{name: "a host with a star", config: clerktest.Config{FrontendAPI: "*.example.test"}, want: "FrontendAPI"},
		{name: "a host with a user", config: clerktest.Config{FrontendAPI: "x@clerk.example.test"}, want: "FrontendAPI"},
		{name: "a host with markup", config: clerktest.Config{FrontendAPI: "a.b\"<c"}, want: "FrontendAPI"},
		{name: "a host without a dot", config: clerktest.Config{FrontendAPI: "localhost"}, want: "FrontendAPI"},
		{
			name: "a host that is a URL", config: clerktest.Config{FrontendAPI: "https://clerk.example.test"},
			want: "FrontendAPI",
		},
		{name: "a token version that does not exist", config: clerktest.Config{TokenVersion: 3}, want: "TokenVersion"},
		{
			name: "a handshake format that does not exist", config: clerktest.Config{HandshakeFormat: "smoke"},
			want: "HandshakeFormat",
		},
		{
			name: "an address that cannot be listened on", config: clerktest.Config{Addr: "127.0.0.1:-1"},
			want: "listen",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := clerktest.NewServer(tt.config)
			if err == nil {
				s.Close()
				t.Fatal("got no error")
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "clerktest: ") {
				t.Errorf("got error %q, want one about %s", err, tt.want)
			}
		})
	}
	if _, err := clerktest.NewServer(clerktest.Config{}, clerktest.Config{}); err == nil {
		t.Error("two configs: got no error")
	}
}

func TestCloseEndsRequestsThatWait(t *testing.T) {
	t.Parallel()
	s, err := clerktest.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	s.Inject("GET /v1/jwks", clerktest.Fault{Wait: make(chan struct{})})
	failed := make(chan error)
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/v1/jwks", http.NoBody)
		if err != nil {
			failed <- err
			return
		}
		res, err := plain(t).Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		failed <- err
	}()
	for s.Requests("GET /v1/jwks") == 0 {
		<-time.After(time.Millisecond)
	}
	s.Close()
	s.Close() // Harmless.
	if err := <-failed; err == nil {
		t.Error("a request that waited was answered after Close")
	}
}

func TestKeyRotation(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	a := newApp(t, s, "localhost")
	first, oldPEM := s.KeyID(), s.PEM()
	old := s.SessionToken("user_ada")
	second, err := s.RotateKey()
	if err != nil {
		t.Fatal(err)
	}
	if first == second || s.KeyID() != second || s.PEM() == oldPEM {
		t.Fatalf("rotation left key id %q and the PEM as they were", s.KeyID())
	}
	if got, want := kids(t, s), []string{first, second}; !cmp.Equal(got, want) {
		t.Errorf("published keys %q, want %q", got, want)
	}
	for name, token := range map[string]string{"old": old, "new": s.SessionToken("user_ada")} {
		if _, err := a.claims(token); err != nil {
			t.Errorf("%s token does not verify during the overlap: %v", name, err)
		}
	}
	if !s.RemoveKey(first) || s.RemoveKey(first) {
		t.Error("RemoveKey did not report what it did")
	}
	if _, err := a.claims(old); err == nil {
		t.Error("a token of the removed key still verifies")
	}
	third, err := s.RotateKey()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.claims(s.SessionToken("user_ada")); err != nil || third == second {
		t.Errorf("after a second rotation to %q: %v", third, err)
	}
}

func kids(t *testing.T, s *clerktest.Server) []string {
	t.Helper()
	var set struct{ Keys []struct{ Kid string } }
	if status := call(t, s, http.MethodGet, "/v1/jwks", nil, &set); status != http.StatusOK {
		t.Fatalf("GET /v1/jwks answered %d", status)
	}
	list := make([]string, 0, len(set.Keys))
	for _, k := range set.Keys {
		list = append(list, k.Kid)
	}
	return list
}

func TestKeySetDocument(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	for _, path := range []string{"/v1/jwks", "/.well-known/jwks.json"} {
		var set struct{ Keys []map[string]string }
		call(t, s, http.MethodGet, path, nil, &set)
		if len(set.Keys) != 1 {
			t.Fatalf("%s has %d keys, want 1", path, len(set.Keys))
		}
		k := set.Keys[0]
		if k["use"] != "sig" || k["kty"] != "RSA" || k["alg"] != "RS256" || k["e"] != "AQAB" || k["kid"] != s.KeyID() || len(k["n"]) != 342 {
			t.Errorf("%s shows key %v", path, k)
		}
	}
	if !json.Valid(s.JWKS()) || !strings.HasPrefix(s.PEM(), "-----BEGIN PUBLIC KEY-----") {
		t.Error("JWKS or PEM is not what it says")
	}
}

func TestInstancesDoNotShareKeys(t *testing.T) {
	t.Parallel()
	one := clerktest.New(t)
	two := clerktest.New(t, clerktest.Config{FrontendAPI: "brave-heron-17.clerk.accounts.dev", SecondKey: true})
	if one.PEM() == two.PEM() || one.KeyID() == two.KeyID() || one.SecretKey() == two.SecretKey() || one.CookieSuffix() == two.CookieSuffix() {
		t.Error("two instances with different hosts share a key, a key id, a secret or a suffix")
	}
	if _, err := newApp(t, one, "localhost").claims(two.SessionToken("user_ada")); err == nil {
		t.Error("a token of another instance verifies")
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	var c clerktest.Clock
	before := time.Now()
	c.Advance(time.Hour)
	if got := c.Now().Sub(before); got < time.Hour || got > time.Hour+time.Minute {
		t.Errorf("after Advance(1h) a running clock is %v ahead", got)
	}
	at := time.Unix(1795217577, 0)
	c.Set(at)
	c.Advance(90 * time.Second)
	if got := c.Now(); !got.Equal(at.Add(90 * time.Second)) {
		t.Errorf("after Set and Advance the clock says %v", got)
	}
	c.Set(time.Time{})
	if got := time.Since(c.Now()); got < 0 || got > time.Minute {
		t.Errorf("after Set(zero) the clock is %v behind", got)
	}
	if got := clerktest.NewClock(at).Now(); !got.Equal(at) {
		t.Errorf("NewClock says %v", got)
	}
}

// TestConfigsThatContradictThemselves: a config says what is wrong with it, and where.
func TestConfigsThatContradictThemselves(t *testing.T) {
	t.Parallel()
	users := func(list ...clerktest.User) clerktest.Config { return clerktest.Config{Users: list} }
	members := func(list ...clerktest.Member) clerktest.Config {
		return clerktest.Config{Organizations: []clerktest.Organization{{ID: "org_a", Members: list}}}
	}
	for want, config := range map[string]clerktest.Config{
		`Config.Users[1].ID is "user_a", as Config.Users[0].ID is. Give each its own`:            users(clerktest.User{ID: "user_a"}, clerktest.User{ID: "user_a"}),
		`Config.Users[1].Email is "A@example.com", as Config.Users[0].Email is`:                  users(clerktest.User{Email: "a@example.com"}, clerktest.User{Email: "A@example.com"}),
		`Config.Users[1].Username is "a", as Config.Users[0].Username is`:                        users(clerktest.User{Username: "a"}, clerktest.User{Username: "a"}),
		`Config.Users[1].ExternalID is "a", as Config.Users[0].ExternalID is`:                    users(clerktest.User{ExternalID: "a"}, clerktest.User{ExternalID: "a"}),
		`Config.Users[0].ActiveOrganization: there is no organization "org_a". List it in Confi`: users(clerktest.User{ActiveOrganization: "org_a"}),
		`Config.Organizations[0].Members[1].UserID is empty. Name one of Config.Users`:           members(clerktest.Member{UserID: "user_a"}, clerktest.Member{Role: "org:admin"}),
		`Config.Organizations[0].Members[1].UserID is "user_a", as `:                             members(clerktest.Member{UserID: "user_a"}, clerktest.Member{UserID: "user_a"}),
		`Config.Organizations[1].ID is "org_a", as Config.Organizations[0].ID is`:                {Organizations: []clerktest.Organization{{ID: "org_a"}, {ID: "org_a"}}},
		`Config.Organizations[1].Slug is "a", as Config.Organizations[0].Slug is`:                {Organizations: []clerktest.Organization{{Slug: "a"}, {Slug: "a"}}},
		`Config.Templates[1].Name is "t", as Config.Templates[0].Name is`:                        {Templates: []clerktest.Template{{Name: "t"}, {Name: "t"}}},
	} {
		s, err := clerktest.NewServer(config)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
