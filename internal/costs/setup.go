package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // what cookies are named by
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// message is a request that may hold any bytes.
type message struct {
	method, target, host string
	remote               string
	header               map[string][]string
	asked                map[string]bool // which headers were asked for
}

func (m *message) Method() string               { return m.method }
func (m *message) Target() string               { return m.target }
func (m *message) Host() string                 { return m.host }
func (m *message) TLS() bool                    { return false }
func (m *message) RemoteAddr() string           { return m.remote }
func (m *message) Headers() map[string][]string { return m.header }

func (m *message) Header(name string) []string {
	if !m.asked[name] {
		m.asked[name] = true
	}
	return m.header[name]
}

// scenario is an instance and a request that reaches much of its code.
type scenario struct {
	name   string
	clerk  *core.Clerk
	guard  *core.Guard
	target string
	header map[string]string
	post   bool
}

// message returns the scenario's request, to be changed.
func (s *scenario) message(asked map[string]bool) *message {
	m := &message{method: http.MethodGet, target: s.target, host: "app.example.com", remote: "192.0.2.1:1234", header: make(map[string][]string), asked: asked}
	if s.post {
		m.method = http.MethodPost
	}
	for name, value := range s.header {
		m.header[name] = []string{value}
	}
	return m
}

// adapter serves the requests.
var adapter = core.Adapter{Name: "costs"}

// serve is what an adapter does with a request.
func (s *scenario) serve(m *message) {
	ctx := context.Background()
	if s.clerk.Proxies(m) {
		_ = s.clerk.Proxy(ctx, m, core.ProxyInput{}).Body.Close()
		return
	}
	ra, out := adapter.Attach(ctx, s.clerk, m)
	if !out.Allowed() {
		return
	}
	s.guard.Check(ctx, ra)
}

// setup is what all places share.
type setup struct {
	key       *rsa.PrivateKey
	suffix    string // of the cookies
	scenarios []*scenario
	receiver  *webhook.Receiver
	asked     map[string]bool
	headers   map[string]bool // that have a place
}

// nobody is a network that answers at once.
type nobody struct{}

func (nobody) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return nil, errors.New("nobody is there")
}

var now = time.Unix(1795217577, 0)

const (
	testKey = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"
	liveKey = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"
)

func newSetup() (*setup, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	s := &setup{key: key, asked: make(map[string]bool), headers: make(map[string]bool)}
	digest := sha1.Sum([]byte(liveKey)) //nolint:gosec // what cookies are named by
	s.suffix = strings.NewReplacer("+", "-", "/", "_").Replace(base64.StdEncoding.EncodeToString(digest[:]))[:8]

	base := core.Options{
		PublishableKey: liveKey, SecretKey: "sk_live_x", JWTKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)), LookupEnv: func(string) (string, bool) { return "", false },
		Now: func() time.Time { return now }, HTTPClient: &http.Client{Transport: nobody{}}, Retry: core.Retry{Attempts: -1},
		OrganizationSync:  core.OrganizationSync{OrganizationPatterns: []string{"/orgs/:slug", "/orgs/:slug/(.*)"}, PersonalAccountPatterns: []string{"/me", "/me/(.*)"}},
		Audience:          []string{"https://api.example.com"},
		AuthorizedParties: []string{"https://app.example.com"},
	}
	development := func(o *core.Options) { o.PublishableKey, o.SecretKey = testKey, "sk_test_x" }
	session := s.sign(`{"alg":"RS256","typ":"JWT","kid":"k"}`, `{"sub":"user_1","sid":"sess_1","azp":"https://app.example.com","iss":"https://clerk.example.com","iat":1795217570,"exp":1795217677}`)
	expired := s.sign(`{"alg":"RS256","typ":"JWT","kid":"k"}`, `{"sub":"user_1","sid":"sess_1","azp":"https://app.example.com","iss":"https://clerk.example.com","iat":1795217470,"exp":1795217500}`)
	page := map[string]string{"Sec-Fetch-Dest": "document", "Accept": "text/html"}
	with := func(more ...string) map[string]string {
		h := maps.Clone(page)
		for i := 0; i < len(more); i += 2 {
			h[more[i]] = more[i+1]
		}
		return h
	}
	for _, c := range []struct {
		scenario
		change func(*core.Options)
		guard  []core.ProtectOption
	}{
		{scenario: scenario{name: "stranger in development", target: "/orgs/acme?a=b", header: page}, change: development},
		{scenario: scenario{name: "stranger", target: "/orgs/acme?a=b", header: page}},
		{scenario: scenario{name: "known browser in development", target: "/p?a=b", header: with("Cookie", "__clerk_db_jwt=dvb; __clerk_redirect_count=1")}, change: development},
		{scenario: scenario{name: "lost browser", target: "/p?a=b", header: with("Cookie", "__client_uat=1")}},
		{scenario: scenario{name: "user from elsewhere", target: "/orgs/acme/x", header: with("Cookie", "__client_uat=1; __session="+session, "Referer", "https://other.example.com/")}},
		{scenario: scenario{name: "user whose session expired", target: "/p", header: with("Cookie", "__client_uat=1; __session="+expired+"; __client_uat_"+s.suffix+"=1; __session_"+s.suffix+"="+expired+"; __refresh_"+s.suffix+"=r", "Origin", "https://app.example.com", "User-Agent", "x")}},
		{scenario: scenario{name: "program", target: "/p", header: map[string]string{"Authorization": "Bearer " + expired, "Accept": "application/json"}, post: true}, change: func(o *core.Options) { o.APIStatus = true }},
		{scenario: scenario{name: "action", target: "/p", header: map[string]string{"Next-Action": "x"}, post: true}},
		{scenario: scenario{name: "machine", target: "/p", header: map[string]string{"Authorization": "Bearer oat_x"}}, change: func(o *core.Options) { o.AcceptsToken = core.AnyToken() }, guard: []core.ProtectOption{core.AcceptTokens(core.OAuthToken, core.APIKey, core.M2MToken, core.SessionToken)}},
		{scenario: scenario{name: "satellite", target: "/p?__clerk_synced=false", header: with("Origin", "https://sat.example.com")}, change: func(o *core.Options) {
			o.IsSatellite, o.Domain, o.SignInURL, o.SatelliteAutoSync = true, "sat.example.com", "https://app.example.com/sign-in?x=1", true
		}},
		{scenario: scenario{name: "proxy", target: "/__clerk/v1/environment?a=b", header: map[string]string{"X-Forwarded-For": "192.0.2.7", "Connection": "close"}}, change: func(o *core.Options) { o.FrontendAPIProxy.Enabled = true }},
	} {
		o := base
		if c.change != nil {
			c.change(&o)
		}
		one := c.scenario
		if one.clerk, err = core.New(o); err != nil {
			return nil, err
		}
		one.guard = adapter.Guard("Protect", c.guard...)
		s.scenarios = append(s.scenarios, &one)
	}
	s.receiver, err = webhook.New(webhook.Options{Secret: "whsec_" + base64.StdEncoding.EncodeToString([]byte("secret")), Now: func() time.Time { return now }, Logger: base.Logger})
	return s, err
}

// sign returns a token of this instance.
func (s *setup) sign(header, payload string) string {
	text := encode(header) + "." + encode(payload)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, digest[:])
	if err != nil {
		return "" // The key is long enough.
	}
	return text + "." + encode(string(signature))
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// unknownHeaders fails where core asked for a header that has no place here.
func (s *setup) unknownHeaders() error {
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(s.asked)) {
		if !s.headers[name] {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return errors.New("core reads headers that have no place here: " + strings.Join(missing, ", "))
	}
	return nil
}
