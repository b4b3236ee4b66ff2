package core_test

import (
	"cmp"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

var outageSeed = flag.Uint64("outage.seed", 0, "simulate the outages of this seed only")

// What the simulation holds the options' defaults to.
const (
	maxWait       = 2 * time.Second
	probeInterval = 5 * time.Second
	staleIfError  = 24 * time.Hour
	maxRetryAfter = time.Minute // of Clerk's, as far as it is obeyed
	aMoment       = 100 * time.Millisecond
)

// TestOutagesOfADay lets an application live through a day of outages of all kinds,
// with key rotations, and looks at each of its answers.
func TestOutagesOfADay(t *testing.T) {
	t.Parallel()
	seeds := []uint64{1, 2, 3}
	if *outageSeed != 0 {
		seeds = []uint64{*outageSeed}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			server := clerktest.New(t, clerktest.Config{Production: true, TokenLifetime: time.Minute})
			synctest.Test(t, func(t *testing.T) { newSimulation(t, seed, server).live(24 * time.Hour) })
		})
	}
}

// simulation is an application, its Clerk, and those who use it.
type simulation struct {
	t     *testing.T
	rng   *rand.Rand // of the users
	clerk *simulatedClerk
	app   http.Handler
	core  *core.Clerk

	start     time.Time
	lifelong  map[string]string // a token of each key that lives for days, by key id
	fresh     map[string]tokenMade
	rotatedAt time.Time
	old       string // id of the last key that was replaced

	mu      sync.Mutex
	asked   int
	waited  []time.Time // when requests began that waited
	needing []time.Time // and those whose answer needs a call of the Backend API in calm times
	made    []madeCall
	reports map[string][]string
}

// madeCall is a call, as the application saw it.
type madeCall struct {
	core.CallEvent

	at time.Time
}

type tokenMade struct {
	text string
	at   time.Time
	kid  string
}

func newSimulation(t *testing.T, seed uint64, server *clerktest.Server) *simulation {
	t.Helper()
	s := &simulation{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), start: time.Now(),
		clerk:    &simulatedClerk{server: server, rng: rand.New(rand.NewPCG(seed, 2)), nonces: map[string]string{}, apiKeys: map[string]bool{}},
		lifelong: map[string]string{}, fresh: map[string]tokenMade{}, reports: map[string][]string{},
	}
	s.core = newClerk(t, core.Options{
		PublishableKey: server.PublishableKey(), SecretKey: server.SecretKey(), SignInURL: "/sign-in",
		HTTPClient: &http.Client{Transport: s.clerk}, Logger: slog.New(slog.DiscardHandler), LookupEnv: noEnv,
		Outage: core.Outage{Observe: func(e core.CallEvent) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.made = append(s.made, madeCall{e, time.Now()})
			if e.Kind == "keys" && e.Outcome == "answered" {
				s.clerk.take()
			}
		}},
	})
	mux := http.NewServeMux()
	on := func(path string, user func(r *http.Request) (string, error), guards ...core.ProtectOption) {
		var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, err := user(r)
			if err != nil {
				w.WriteHeader(core.AsError(err).StatusCode())
				return
			}
			w.Header().Set("X-User", id)
			w.Header().Set("X-Unknown", strconv.FormatBool(httpclerk.State(r).Unavailable() != nil))
		})
		if path != "/" {
			h = httpclerk.Protect(guards...)(h)
		}
		mux.Handle(path, h)
	}
	subject := func(r *http.Request) (string, error) {
		auth := httpclerk.Auth(r)
		return cmp.Or(auth.UserID, auth.Subject), nil
	}
	on("/", subject)
	on("/guarded", subject)
	on("/machine", subject, core.AcceptTokens(core.APIKey))
	on("/user", func(r *http.Request) (string, error) {
		user, err := httpclerk.CurrentUser(r)
		if err != nil || user == nil {
			return "", err
		}
		return user.ID, nil
	})
	s.app = httpclerk.With(s.core)(mux)
	return s
}

// live goes through the time: requests, alone and in crowds, and key rotations.
func (s *simulation) live(d time.Duration) {
	end := s.start.Add(d)
	s.clerk.windows = weather(s.rng, s.start.Add(10*time.Minute), end.Add(-10*time.Minute))
	time.Sleep(5 * time.Minute)  // so that what expired was issued after the start
	for _, kind := range kinds { // A Frontend API that never answered counts as up.
		a := kind.make(s)
		a.kind = kind
		s.judge(a, s.ask(a))
	}
	nextRotation, nextRemoval := s.in(6*time.Hour), time.Time{}
	for time.Now().Before(end) {
		now := time.Now()
		if !nextRemoval.IsZero() && now.After(nextRemoval) {
			s.clerk.server.RemoveKey(s.old)
			nextRemoval = time.Time{}
		}
		if now.After(nextRotation) && nextRemoval.IsZero() {
			s.old = s.clerk.server.KeyID()
			s.lifelong[s.old] = s.clerk.server.SessionToken("user_old", clerktest.Lifetime(7*24*time.Hour))
			if _, err := s.clerk.server.RotateKey(); err != nil {
				s.t.Fatal(err)
			}
			clear(s.fresh)
			s.rotatedAt = now
			nextRotation, nextRemoval = s.in(10*time.Hour), s.in(2*time.Hour)
		}
		crowd := 1
		if s.rng.IntN(5) == 0 {
			crowd += s.rng.IntN(8)
		}
		var wg sync.WaitGroup
		one := kinds[s.rng.IntN(len(kinds))]
		for range crowd {
			if s.rng.IntN(2) == 0 {
				one = kinds[s.rng.IntN(len(kinds))]
			}
			a := one.make(s)
			a.kind = one
			wg.Go(func() { s.judge(a, s.ask(a)) })
		}
		wg.Wait()
		pause := time.Duration(s.rng.ExpFloat64() * float64(40*time.Second))
		if s.rng.IntN(4) == 0 {
			pause /= 20
		}
		time.Sleep(pause)
	}
	time.Sleep(time.Minute) // for the last probes to end
	s.judgeCalls()
	if len(s.clerk.lost) > 0 {
		s.t.Errorf("calls that the simulation does not know: %s", s.clerk.lost[0])
	}
	names := slices.Sorted(maps.Keys(s.reports))
	for _, name := range names {
		list := s.reports[name]
		s.t.Errorf("%s: %d times; first:\n\t%s", name, len(list), strings.Join(list[:min(3, len(list))], "\n\t"))
	}
	s.t.Logf("%d requests, %d calls, %d windows of trouble", s.asked, len(s.clerk.calls), len(s.clerk.windows))
}

// in is a random time from now on, d from now at the latest.
func (s *simulation) in(d time.Duration) time.Time {
	return time.Now().Add(d/4 + time.Duration(s.rng.Int64N(int64(d)*3/4)))
}

// query is a request and what is known about it.
type query struct {
	kind    *queryKind
	request *http.Request
	kid     string    // of its session token
	issued  time.Time // of that
	suffix  string    // of the instance's cookies
}

// reply is what became of it.
type reply struct {
	word          string // one of the words below
	from, to      time.Time
	before, after keySetSeen // what the application was told about the keys
	readable      bool
	status        int
	location      string
}

// What an answer is.
const (
	isPage      = "the page, with its user"
	isUnknown   = "the page, identity unknown"
	isAnonymous = "the page, signed out"
	isBusy      = "503"
	isHandshake = "a handshake"
	isSignIn    = "the sign-in page"
	isAbsent    = "404"
	isRefused   = "401"
)

// ask makes a request.
func (s *simulation) ask(a *query) *reply {
	s.clerk.mu.Lock()
	before := s.clerk.seen
	s.clerk.mu.Unlock()
	from := time.Now()
	w := httptest.NewRecorder()
	s.app.ServeHTTP(w, a.request)
	to := time.Now()
	s.clerk.mu.Lock()
	after := s.clerk.seen
	s.clerk.mu.Unlock()

	got := &reply{from: from, to: to, before: before, after: after, status: w.Code, location: w.Header().Get("Location")}
	retry, err := strconv.Atoi(w.Header().Get("Retry-After"))
	got.readable = w.Body.Len() > 0 && strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && err == nil && retry > 0 && retry <= 120
	switch {
	case strings.Contains(got.location, "/v1/client/handshake"):
		got.word = isHandshake
	case strings.Contains(got.location, "/sign-in"):
		got.word = isSignIn
	case w.Code == http.StatusOK && w.Header().Get("X-User") != "":
		got.word = isPage
	case w.Code == http.StatusOK && w.Header().Get("X-Unknown") == "true":
		got.word = isUnknown
	case w.Code == http.StatusOK:
		got.word = isAnonymous
	case w.Code == http.StatusServiceUnavailable:
		got.word = isBusy
	case w.Code == http.StatusNotFound:
		got.word = isAbsent
	case w.Code == http.StatusUnauthorized:
		got.word = isRefused
	default:
		got.word = fmt.Sprint(w.Code)
	}
	return got
}
