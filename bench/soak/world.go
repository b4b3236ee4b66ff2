package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

const (
	user    = "user_2abcdefghijklmnopqrstuvwxyz"
	tenants = 100
	// ringSize is so many tokens that the caches, of cacheSize, have forgotten each
	// when it comes again.
	ringSize  = 1024
	cacheSize = 256
	// keysKept is how many keys stay in the key set: longer than any token is used.
	keysKept = 8
	// tokenLife is that of tokens that must not expire meanwhile.
	tokenLife = 3 * time.Hour
)

// webhookSecret signs the webhooks. It is no secret.
var webhookSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("clerktest-soak-0123456789abcdef0"))

// world is the instance, and what its users hold at the moment.
type world struct {
	clerk  *clerktest.Server
	forger *rsa.PrivateKey
	calls  *http.Client // of the applications
	keys   []string     // oldest first

	current atomic.Pointer[credentials]
	ring    [ringSize]atomic.Pointer[string]
	revoked atomic.Pointer[string] // a token of a session that ended long enough ago

	// trouble is until when, in nanoseconds, what needs Clerk may be unavailable.
	trouble atomic.Int64
}

// credentials are replaced when the key is.
type credentials struct {
	bearer, expired, forged, m2m, apiKey, cookies, stale, handshake string
	at                                                              time.Time
}

func newWorld() (*world, error) {
	server, err := clerktest.NewServer(clerktest.Config{Production: true, Users: []clerktest.User{{ID: user}}})
	if err != nil {
		return nil, err
	}
	forger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	w := &world{clerk: server, forger: forger, calls: &http.Client{Transport: newRoad(server)}, keys: []string{server.KeyID()}}
	w.issue()
	for i := range w.ring {
		w.mint(i)
	}
	return w, nil
}

// road leads what applications ask the Frontend API's host for to the instance.
type road struct {
	*http.Transport

	host, instance string
}

func newRoad(s *clerktest.Server) *road {
	return &road{
		// Few idle connections: what an outage opens shall be closed again.
		Transport: &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute},
		host:      strings.TrimPrefix(s.Issuer(), "https://"), instance: strings.TrimPrefix(s.URL(), "http://"),
	}
}

// RoundTrip implements [http.RoundTripper].
func (r *road) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host == r.host {
		req = req.Clone(req.Context())
		req.URL.Scheme, req.URL.Host = "http", r.instance
	}
	return r.Transport.RoundTrip(req)
}

func (w *world) options() core.Options {
	return core.Options{
		PublishableKey: w.clerk.PublishableKey(),
		SecretKey:      w.clerk.SecretKey(),
		APIURL:         w.clerk.URL(),
		SignInURL:      "/sign-in",
		HTTPClient:     w.calls,
		APIStatus:      true,
		TokenCache:     core.TokenCache{Entries: cacheSize},
		Logger:         silent(),
		LookupEnv:      func(string) (string, bool) { return "", false },
	}
}

// issue makes the credentials anew.
func (w *world) issue() {
	s, suffix, now := w.clerk, "_"+w.clerk.CookieSuffix(), time.Now()
	uat := strconv.FormatInt(now.Add(-time.Hour).Unix(), 10)
	jar := func(session string) string {
		return strings.Join([]string{"theme=dark", "__client_uat=" + uat, "__client_uat" + suffix + "=" + uat, "__session=" + session, "__session" + suffix + "=" + session}, "; ")
	}
	c := &credentials{
		bearer:  s.SessionToken(user, clerktest.Lifetime(tokenLife)),
		expired: s.SessionToken(user, clerktest.Lifetime(-time.Hour)),
		forged:  s.SessionToken(user, clerktest.Lifetime(tokenLife), clerktest.SignedWith(w.forger, s.KeyID())),
		m2m:     s.M2MJWT(clerktest.MachineToken{Subject: "mch_soak", Lifetime: tokenLife}),
		at:      now,
	}
	if old := w.current.Load(); old != nil {
		c.apiKey = old.apiKey
	} else {
		c.apiKey = s.APIKey(clerktest.MachineToken{Subject: user})
	}
	c.cookies, c.stale = jar(c.bearer), jar(c.expired)
	c.handshake = "__clerk_handshake=" + s.HandshakeToken([]string{
		"__session=" + c.bearer + "; Path=/", "__session" + suffix + "=" + c.bearer + "; Path=/", "__client_uat=" + uat + "; Path=/", "__client_uat" + suffix + "=" + uat + "; Path=/",
	})
	w.current.Store(c)
}

// mint puts another token into the ring.
func (w *world) mint(i int) {
	token := w.clerk.SessionToken(user, clerktest.Lifetime(tokenLife), clerktest.Claim("soak", mathrand.Uint64()))
	w.ring[i%ringSize].Store(&token)
}

// rotate makes a new key sign, and removes the oldest.
func (w *world) rotate() error {
	kid, err := w.clerk.RotateKey()
	if err != nil {
		return err
	}
	w.keys = append(w.keys, kid)
	if len(w.keys) > keysKept {
		w.clerk.RemoveKey(w.keys[0])
		w.keys = w.keys[1:]
	}
	w.expectTrouble(settle)
	w.issue()
	return nil
}

// settle is how long after a rotation or an outage an application may not yet have
// asked Clerk again: it does so once in five seconds.
const settle = 12 * time.Second

func (w *world) expectTrouble(d time.Duration) {
	w.trouble.Store(max(w.trouble.Load(), time.Now().Add(d).UnixNano()))
}

func (w *world) troubled() bool { return time.Now().UnixNano() < w.trouble.Load() }

// fail makes Clerk's Backend API fail in one of three ways, until the fault is lifted.
func (w *world) fail(way int) (lift func()) {
	fault := []clerktest.Fault{{Status: http.StatusInternalServerError}, {Drop: true}, {Delay: 3 * time.Second}}[way%3]
	routes := []string{"GET /v1/jwks", "POST /api_keys/verify", "POST /v1/api_keys/verify"}
	lifts := make([]func(), 0, len(routes))
	for _, r := range routes {
		lifts = append(lifts, w.clerk.Inject(r, fault))
	}
	return func() {
		for _, l := range lifts {
			l()
		}
	}
}

// kind is a kind of request.
type kind struct {
	name  string
	build func(w *world, addr string) *http.Request
	want  int
	user  string // that the handler must have found
	// needs says that the answer may be 503 while Clerk fails, or has just rotated keys.
	needs bool
}

func get(addr, path, field, value string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, "http://"+addr+path, http.NoBody) //nolint:noctx // The client has a timeout.
	if err != nil {
		panic(err) // The address is a listener's.
	}
	r.Header.Set("Accept", "application/json")
	if field != "" {
		r.Header.Set(field, value)
	}
	return r
}

func bearer(addr, path, token string) *http.Request {
	return get(addr, path, "Authorization", "Bearer "+token)
}

// page is a page load of a browser.
func page(addr, path, cookies string) *http.Request {
	r := get(addr, path, "Cookie", cookies)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Dest", "document")
	return r
}

// signed is a webhook that nobody learns anything from.
func signed(addr, secret string) *http.Request {
	const body = `{"data":{"id":"email_1","object":"email"},"object":"event","type":"email.created"}`
	id, stamp := fmt.Sprintf("msg_%x", mathrand.Uint64()), strconv.FormatInt(time.Now().Unix(), 10)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic(err) // The secrets are constants.
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "." + body))
	r, err := http.NewRequest(http.MethodPost, "http://"+addr+pathWebhook, strings.NewReader(body)) //nolint:noctx // The client has a timeout.
	if err != nil {
		panic(err) // The address is a listener's.
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Svix-Id", id)
	r.Header.Set("Svix-Timestamp", stamp)
	r.Header.Set("Svix-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return r
}

var kinds = []kind{
	{name: "remembered bearer", want: 200, user: user, needs: true, build: func(w *world, a string) *http.Request { return bearer(a, pathGuarded, w.current.Load().bearer) }},
	{name: "new bearer", want: 200, user: user, needs: true, build: func(w *world, a string) *http.Request {
		return bearer(a, pathGuarded, *w.ring[mathrand.IntN(ringSize)].Load())
	}},
	{name: "expired bearer", want: 401, needs: true, build: func(w *world, a string) *http.Request { return bearer(a, pathGuarded, w.current.Load().expired) }},
	{name: "forged bearer", want: 401, needs: true, build: func(w *world, a string) *http.Request { return bearer(a, pathGuarded, w.current.Load().forged) }},
	{name: "revoked session", want: 401, needs: true, build: func(w *world, a string) *http.Request {
		if t := w.revoked.Load(); t != nil {
			return bearer(a, pathGuarded, *t)
		}
		return bearer(a, pathGuarded, w.current.Load().expired)
	}},
	{name: "no credential", want: 200, build: func(_ *world, a string) *http.Request { return get(a, pathOpen, "", "") }},
	{name: "session cookie", want: 200, user: user, needs: true, build: func(w *world, a string) *http.Request { return page(a, pathGuarded, w.current.Load().cookies) }},
	{name: "handshake, out", want: 307, needs: true, build: func(w *world, a string) *http.Request { return page(a, pathGuarded, w.current.Load().stale) }},
	{name: "handshake, back", want: 200, user: user, needs: true, build: func(w *world, a string) *http.Request { return page(a, pathGuarded, w.current.Load().handshake) }},
	{name: "API key", want: 200, user: user, needs: true, build: func(w *world, a string) *http.Request { return bearer(a, pathMachine, w.current.Load().apiKey) }},
	{name: "M2M token", want: 200, user: "mch_soak", needs: true, build: func(w *world, a string) *http.Request { return bearer(a, pathMachine, w.current.Load().m2m) }},
	{name: "tenant", want: 200, user: user, needs: true, build: func(w *world, a string) *http.Request {
		r := bearer(a, pathTenant, w.current.Load().bearer)
		r.Header.Set(headerTenant, strconv.Itoa(mathrand.IntN(tenants)))
		return r
	}},
	{name: "webhook", want: 200, build: func(_ *world, a string) *http.Request { return signed(a, webhookSecret) }},
	{name: "forged webhook", want: 400, build: func(_ *world, a string) *http.Request {
		return signed(a, "whsec_"+base64.StdEncoding.EncodeToString([]byte("another-secret-of-nobody")))
	}},
}
