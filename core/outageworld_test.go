package core_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// surface is one of Clerk's two APIs.
type surface int

const (
	backendAPI surface = iota
	frontendAPI
)

func (s surface) String() string { return [...]string{"Backend API", "Frontend API"}[s] }

// trouble is a way of failing.
type trouble int

const (
	status500    trouble = iota // in the shape of Clerk's errors
	status502                   // of a proxy, in HTML
	status429                   // with a Retry-After
	refused                     // nobody listens
	noName                      // DNS fails
	hanging                     // the call is taken and never answered
	trickling                   // the answer begins and does not end
	slow                        // by 3 s
	slowThenBad                 // by 1.5 s, and then 500
	halfBad                     // half of the calls get 503
	renewalBad                  // handshakes and refreshes get 500, all else works
	renewalHangs                // they are not answered
	troubles
)

func (t trouble) String() string {
	return [...]string{"500", "502", "429", "refused", "no name", "hang", "trickle", "slow", "slow, then 500", "half", "renewal", "renewal hangs"}[t]
}

// solid reports whether every call fails.
func (t trouble) solid() bool { return t < halfBad }

// window is a time in which a surface is in trouble.
type window struct {
	on       surface
	from, to time.Time
	trouble  trouble
}

func (w window) String() string {
	return fmt.Sprintf("%s: %s from %s for %v", w.on, w.trouble, w.from.Format(time.TimeOnly), w.to.Sub(w.from))
}

// overlaps reports whether the window has a moment in common with a time.
func (w window) overlaps(from, to time.Time) bool { return w.from.Before(to) && from.Before(w.to) }

// covers reports whether the window lasts all of a time.
func (w window) covers(from, to time.Time) bool { return !w.from.After(from) && !w.to.Before(to) }

// weather makes outages of seconds to hours, of both APIs or of one, with pauses of
// seconds to hours.
func weather(rng *rand.Rand, from, to time.Time) []window {
	// between draws a duration whose logarithm is uniform.
	between := func(least, most time.Duration) time.Duration {
		d := float64(least) * math.Pow(float64(most)/float64(least), rng.Float64())
		return time.Duration(d).Truncate(time.Millisecond)
	}
	var all []window
	for at := from.Add(between(time.Minute, 20*time.Minute)); at.Before(to); {
		end := at.Add(between(time.Second, 3*time.Hour))
		which := rng.IntN(3)
		for _, on := range []surface{backendAPI, frontendAPI} {
			if which != 1+int(on) {
				all = append(all, window{on, at, end, trouble(rng.IntN(int(troubles)))})
			}
		}
		at = end.Add(between(2*time.Second, 2*time.Hour))
	}
	return all
}

// simulatedCall is a call that Clerk got.
type simulatedCall struct {
	on   surface
	path string
	at   time.Time
}

// keySetSeen is what the application was last told about Clerk's keys.
type keySetSeen struct {
	at   time.Time
	kids map[string]bool
}

// simulatedClerk plays Clerk's APIs without a socket, as the transport of an
// application in a bubble of synctest, in whatever weather there is. Tokens and keys
// are a clerktest server's.
type simulatedClerk struct {
	server  *clerktest.Server
	windows []window

	mu      sync.Mutex
	rng     *rand.Rand
	calls   []simulatedCall
	told    keySetSeen        // the last answer with keys
	seen    keySetSeen        // the last that was taken; probes throw theirs away
	nonces  map[string]string // to the user who comes back with it
	apiKeys map[string]bool
	lost    []string // calls that nobody here knows
}

// latency is that of Clerk's answers in good weather.
const latency = 20 * time.Millisecond

// during returns the windows of a surface that overlap a time.
func (s *simulatedClerk) during(on surface, from, to time.Time) []window {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []window
	for _, w := range s.windows {
		if w.on == on && w.overlaps(from, to) {
			list = append(list, w)
		}
	}
	return list
}

// set changes the windows while calls may be under way.
func (s *simulatedClerk) set(windows ...window) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.windows = windows
}

// callsSince returns the calls but the first n.
func (s *simulatedClerk) callsSince(n int) []simulatedCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[n:]
}

// take notes that the last answer with keys was taken.
func (s *simulatedClerk) take() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = s.told
}

// RoundTrip implements [http.RoundTripper].
func (s *simulatedClerk) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, now := r.Context(), time.Now()
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	on := backendAPI
	if r.URL.Host != "api.clerk.com" {
		on = frontendAPI
	}
	s.mu.Lock()
	s.calls = append(s.calls, simulatedCall{on, r.URL.Path, now})
	head := s.rng.IntN(2) == 0
	wait := 1 + s.rng.IntN(90)
	s.mu.Unlock()

	if err := sleep(ctx, latency); err != nil {
		return nil, err
	}
	for _, w := range s.during(on, now, now.Add(1)) {
		switch w.trouble {
		case status500:
			return clerkAnswer(500, `{"errors":[{"message":"m","code":"internal_clerk_error"}]}`), nil
		case status502:
			resp := clerkAnswer(502, "<html>bad gateway</html>")
			resp.Header.Set("Content-Type", "text/html")
			return resp, nil
		case status429:
			resp := clerkAnswer(429, `{"errors":[{"message":"m","code":"too_many_requests"}]}`)
			resp.Header.Set("Retry-After", fmt.Sprint(wait))
			return resp, nil
		case refused:
			return nil, errors.New("connection refused")
		case noName:
			return nil, errors.New("no such host")
		case hanging:
			<-ctx.Done()
			return nil, ctx.Err()
		case trickling:
			resp := clerkAnswer(200, "")
			resp.Body = trickle{ctx}
			return resp, nil
		case slow:
			if err := sleep(ctx, 3*time.Second); err != nil {
				return nil, err
			}
		case slowThenBad:
			if err := sleep(ctx, 1500*time.Millisecond); err != nil {
				return nil, err
			}
			return clerkAnswer(500, `{"errors":[{"message":"m","code":"internal_clerk_error"}]}`), nil
		case halfBad:
			if head {
				return clerkAnswer(503, `{"errors":[{"message":"m","code":"service_unavailable"}]}`), nil
			}
		case renewalBad:
			if strings.HasSuffix(r.URL.Path, "/refresh") || strings.Contains(r.URL.Path, "handshake") {
				return clerkAnswer(500, `{"errors":[{"message":"m","code":"internal_clerk_error"}]}`), nil
			}
		case renewalHangs:
			if strings.HasSuffix(r.URL.Path, "/refresh") || strings.Contains(r.URL.Path, "handshake") {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		case troubles:
		}
	}
	if on == frontendAPI {
		return s.frontend(r), nil
	}
	return s.backend(r, body), nil
}

func clerkAnswer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

// trickle is a body of which a byte comes now and then.
type trickle struct{ ctx context.Context } //nolint:containedctx // it is the call's

func (t trickle) Read(p []byte) (int, error) {
	if err := sleep(t.ctx, 250*time.Millisecond); err != nil {
		return 0, err
	}
	p[0] = ' '
	return 1, nil
}

func (trickle) Close() error { return nil }

// sleep waits, or returns the error of a context that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// frontend answers what a server may ask the Frontend API.
func (s *simulatedClerk) frontend(r *http.Request) *http.Response {
	switch r.URL.Path {
	case "/v1/environment", "/v1/health", "/v1/client", "/.well-known/jwks.json":
		return clerkAnswer(200, `{}`)
	case "/v1/client/handshake":
		return clerkAnswer(400, `{"errors":[{"message":"m","code":"invalid_url_parameter"}]}`)
	}
	return s.unknown(r)
}

func (s *simulatedClerk) unknown(r *http.Request) *http.Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = append(s.lost, r.Method+" "+r.URL.String())
	return clerkAnswer(404, `{"errors":[{"message":"m","code":"resource_not_found"}]}`)
}

// backend answers what the Backend API is asked.
func (s *simulatedClerk) backend(r *http.Request, body []byte) *http.Response {
	absent := clerkAnswer(404, `{"errors":[{"message":"m","code":"resource_not_found"}]}`)
	switch path := r.URL.Path; {
	case path == "/v1/jwks":
		s.mu.Lock()
		defer s.mu.Unlock()
		text := s.server.JWKS()
		var set struct {
			Keys []struct {
				Kid string `json:"kid"`
			} `json:"keys"`
		}
		if err := json.Unmarshal(text, &set); err != nil {
			return clerkAnswer(500, err.Error())
		}
		s.told = keySetSeen{time.Now(), map[string]bool{}}
		for _, k := range set.Keys {
			s.told.kids[k.Kid] = true
		}
		return clerkAnswer(200, string(text))
	case path == "/v1/clients/handshake_payload":
		s.mu.Lock()
		defer s.mu.Unlock()
		user, ok := s.nonces[r.URL.Query().Get("nonce")]
		if !ok {
			return absent
		}
		delete(s.nonces, r.URL.Query().Get("nonce"))
		return listAnswer("directives", s.directives(user))
	case strings.HasPrefix(path, "/v1/sessions/") && strings.HasSuffix(path, "/refresh"):
		var in struct {
			RefreshToken string `json:"refresh_token"`
		}
		if json.Unmarshal(body, &in) != nil || in.RefreshToken == "" {
			return absent
		}
		return listAnswer("cookies", s.directives(in.RefreshToken)) // which is the user's id
	case path == "/api_keys/verify":
		s.mu.Lock()
		defer s.mu.Unlock()
		for key := range s.apiKeys {
			if bytes.Contains(body, []byte(key)) {
				return clerkAnswer(200, `{"object":"api_key","id":"ak_1","subject":"user_machine","name":"n","scopes":[],"claims":null,"revoked":false,"expired":false,"expiration":null,"created_at":1,"updated_at":1}`)
			}
		}
		return absent
	case strings.HasPrefix(path, "/v1/users/"):
		return clerkAnswer(200, fmt.Sprintf(`{"object":"user","id":%q}`, strings.TrimPrefix(path, "/v1/users/")))
	}
	return s.unknown(r)
}

func listAnswer(name string, list []string) *http.Response {
	text, err := json.Marshal(map[string]any{name: list})
	if err != nil {
		return clerkAnswer(500, err.Error())
	}
	return clerkAnswer(200, string(text))
}

// directives are the cookies of a fresh session of a user.
func (s *simulatedClerk) directives(user string) []string {
	token := s.server.SessionToken(user)
	return []string{
		"__client_uat=1; Path=/", "__client_uat_" + s.server.CookieSuffix() + "=1; Path=/",
		"__session=" + token + "; Path=/", "__session_" + s.server.CookieSuffix() + "=" + token + "; Path=/",
	}
}
