//go:build unix

package redisclerk_test

import (
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/redisclerk/redistest"
)

var writeDocs = flag.Bool("fleet.write", false, "write what was measured into docs/fleets.md")

// bound is for a request while Redis is away, on a machine that runs Redis, the application,
// Clerk and the load on two cores.
const bound = 250 * time.Millisecond

// fleet is three processes of an application behind a balancer, and one more that requires to
// know what the fleet knows.
type fleet struct {
	clerk     *clerktest.Server
	processes []string // URLs
	required  string
	balancer  string
	client    *http.Client
}

func newFleet(t *testing.T, redis string) *fleet {
	t.Helper()
	f := &fleet{clerk: clerktest.New(t)}
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	f.client = &http.Client{Transport: transport, Timeout: 10 * time.Second}
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of webhooks, 32 bytes.."))
	for range 3 {
		f.processes = append(f.processes, startApp(t, f.clerk, secret, redis))
	}
	f.required = startApp(t, f.clerk, secret, redis, "REQUIRED=1")
	var turn atomic.Uint64
	balancer := httptest.NewServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		target, _ := url.Parse(f.processes[turn.Add(1)%uint64(len(f.processes))])
		r.SetURL(target)
	}})
	t.Cleanup(balancer.Close)
	f.balancer = balancer.URL
	if _, _, err := f.clerk.AddWebhook(clerktest.Webhook{URL: f.balancer + "/webhooks", Secret: secret, Events: []string{"session.revoked"}}); err != nil {
		t.Fatal(err)
	}
	for _, process := range f.all() {
		f.await(t, process)
	}
	return f
}

func (f *fleet) all() []string { return append(slices.Clone(f.processes), f.required) }

// await waits until a process knows what the fleet knows, and has the signing keys.
func (f *fleet) await(t *testing.T, process string) {
	t.Helper()
	redistest.Eventually(t, "a process is up to date", func() error {
		response, err := f.client.Get(process + "/current")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if text, err := io.ReadAll(response.Body); err != nil || string(text) != "true" {
			return fmt.Errorf("it says %q (%w)", text, err)
		}
		return nil
	})
	if status, _ := f.me(t, process, f.clerk.SessionToken("user_first")); status != http.StatusOK {
		t.Fatalf("the first session is answered %d", status)
	}
}

// session is one with its token.
type session struct{ id, token string }

func (f *fleet) session(user string) session {
	token := f.clerk.SessionToken(user)
	sessions := f.clerk.Sessions(user)
	return session{id: sessions[len(sessions)-1].ID, token: token}
}

// me asks for a guarded page, and returns the status and how long it took.
func (f *fleet) me(t *testing.T, process, token string) (int, time.Duration) {
	t.Helper()
	return f.get(t, process+"/me", token)
}

func (f *fleet) get(t *testing.T, page, token string) (int, time.Duration) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	began := time.Now()
	response, err := f.client.Do(r)
	took := time.Since(began)
	if err != nil {
		t.Error(err)
		return 0, took
	}
	_ = response.Body.Close()
	return response.StatusCode, took
}

// TestRevocationReachesTheFleet by one webhook to one process, through a balancer.
func TestRevocationReachesTheFleet(t *testing.T) {
	f := newFleet(t, redistest.Start(t).Addr)
	const revocations = 40
	var took []time.Duration
	for i := range revocations {
		s := f.session(fmt.Sprintf("user_%d", i))
		for _, process := range f.processes {
			if status, _ := f.me(t, process, s.token); status != http.StatusOK {
				t.Fatalf("before: got %d", status)
			}
		}
		began := time.Now()
		if !f.clerk.RevokeSession(s.id) {
			t.Fatal("the session is not live")
		}
		var all sync.WaitGroup
		for _, process := range f.processes {
			all.Go(func() {
				for status := 0; status != http.StatusUnauthorized; {
					if status, _ = f.me(t, process, s.token); time.Since(began) > 10*time.Second {
						t.Errorf("got %d after 10 s", status)
						return
					}
				}
			})
		}
		all.Wait()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	median, most := took[len(took)/2], took[len(took)-1]
	t.Logf("from Clerk's revocation until all refuse: median %v, longest %v", median, most)
	if median > 50*time.Millisecond {
		t.Errorf("the median is %v, want less than 50 ms", median)
	}
	document(t, "latency", fmt.Sprintf("From the revocation at Clerk, by a webhook to one of three processes, until all three refuse, over loopback, %d times: %.1f ms at the median, %.1f ms at most.\n",
		revocations, ms(median), ms(most)))
}

// TestMachineTokensCostClerkOnce: a hundred requests a second with fifty opaque tokens, dealt out
// to three processes, cost Clerk six calls a second at most.
func TestMachineTokensCostClerkOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes twenty seconds")
	}
	f := newFleet(t, redistest.Start(t).Addr)
	const seconds, rate = 20, 100
	tokens := make([]string, 50)
	for i := range tokens {
		tokens[i] = f.clerk.OAuthToken(clerktest.MachineToken{Subject: fmt.Sprintf("user_%d", i)})
	}
	calls := func() (n int) {
		for _, r := range f.clerk.RequestLog() {
			if strings.HasSuffix(r.Path, "/verify") {
				n++
			}
		}
		return n
	}
	before := calls()
	var (
		all    sync.WaitGroup
		answer tally
		ticker = time.NewTicker(time.Second / rate)
	)
	defer ticker.Stop()
	for i := range seconds * rate {
		<-ticker.C
		all.Go(func() { answer.add(f.get(t, f.balancer+"/machine", tokens[i%len(tokens)])) })
	}
	all.Wait()
	cost := float64(calls()-before) / seconds
	t.Logf("%.2f calls a second, answers %v, longest %v", cost, answer.statuses, answer.longest)
	if answer.statuses[http.StatusOK] != seconds*rate {
		t.Errorf("the answers are %v", answer.statuses)
	}
	if cost == 0 || cost > 6 {
		t.Errorf("%.2f calls a second, want six at most", cost)
	}
	document(t, "machines", fmt.Sprintf("%d requests a second with %d opaque machine tokens, for %d s, verdicts kept for 10 s: %.1f calls to Clerk a second, from three processes together.\n",
		rate, len(tokens), seconds, cost))
}

// tally is what became of requests of one kind.
type tally struct {
	mu       sync.Mutex
	statuses map[int]int
	longest  time.Duration
}

func (a *tally) add(status int, took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.statuses == nil {
		a.statuses = make(map[int]int)
	}
	a.statuses[status]++
	a.longest = max(a.longest, took)
}

// TestFleetFaults: under load, whatever becomes of Redis, no process forgets what it knows, and
// no request takes longer than it may.
func TestFleetFaults(t *testing.T) {
	rows := make([]string, 0, 16)
	for _, fault := range []struct {
		name    string
		prepare func(*testing.T) (address string, begin, end func(testing.TB))
	}{
		{"killed, started again empty", func(t *testing.T) (string, func(testing.TB), func(testing.TB)) {
			t.Helper()
			s := redistest.Start(t)
			return s.Addr, func(testing.TB) { s.Kill() }, s.Run
		}},
		{"frozen (SIGSTOP)", func(t *testing.T) (string, func(testing.TB), func(testing.TB)) {
			t.Helper()
			s := redistest.Start(t)
			return s.Addr, s.Freeze, s.Thaw
		}},
		{"cut off, packets lost", func(t *testing.T) (string, func(testing.TB), func(testing.TB)) {
			t.Helper()
			s := redistest.StartPartitioned(t)
			return s.Addr, s.Cut, s.Heal
		}},
	} {
		t.Run(fault.name, func(t *testing.T) {
			address, begin, end := fault.prepare(t)
			rows = append(rows, newFleet(t, address).endure(t, fault.name, begin, end)...)
		})
	}
	if len(rows) > 0 {
		document(t, "faults", "| Redis is | Request | Answers | Longest |\n|---|---|---|---|\n"+strings.Join(rows, ""))
	}
}

// endure has the fleet under load before, in and after a fault of two seconds, in which it revokes
// sessions at one process each. It returns rows of the table.
func (f *fleet) endure(t *testing.T, fault string, begin, end func(testing.TB)) []string {
	t.Helper()
	valid := f.session("user_valid")
	type known struct {
		session session
		process int
	}
	var (
		mu      sync.Mutex
		revoked []known
		load    sync.WaitGroup
		stop    = make(chan struct{})

		signedIn, refused, required, revoking tally
		wrong                                 atomic.Int32
	)
	worker := func(ask func()) {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Millisecond):
					ask()
				}
			}
		})
	}
	for i, process := range f.processes {
		worker(func() { signedIn.add(f.me(t, process, valid.token)) })
		worker(func() {
			mu.Lock()
			here := slices.DeleteFunc(slices.Clone(revoked), func(k known) bool { return k.process != i })
			mu.Unlock()
			for _, k := range here {
				status, took := f.me(t, process, k.session.token)
				refused.add(status, took)
				if status != http.StatusUnauthorized {
					wrong.Add(1)
				}
			}
		})
	}
	worker(func() { required.add(f.me(t, f.required, valid.token)) })
	revoke := func(i int) {
		s := f.session(fmt.Sprintf("user_%d", i))
		process := i % len(f.processes)
		began := time.Now()
		response, err := f.client.PostForm(f.processes[process]+"/revoke", url.Values{"session": {s.id}})
		if err != nil {
			t.Error(err)
			return
		}
		_ = response.Body.Close()
		revoking.add(response.StatusCode, time.Since(began))
		mu.Lock()
		revoked = append(revoked, known{s, process})
		mu.Unlock()
	}
	const many = 30
	for i := range many / 3 {
		revoke(i)
	}
	begin(t)
	began := time.Now()
	for i := many / 3; i < many; i++ {
		revoke(i)
		time.Sleep(max(0, 2*time.Second/many*time.Duration(i-many/3)*3/2-time.Since(began)))
	}
	end(t)
	ended := time.Now()
	var missing time.Duration
	for _, process := range f.processes {
		for _, k := range revoked {
			redistest.Eventually(t, "every process refuses what was revoked at another in the fault", func() error {
				if status, _ := f.me(t, process, k.session.token); status != http.StatusUnauthorized {
					return fmt.Errorf("got %d", status)
				}
				return nil
			})
		}
	}
	missing = time.Since(ended)
	f.await(t, f.required)
	close(stop)
	load.Wait()

	for what, a := range map[string]*tally{"valid": &signedIn, "revoked": &refused, "required": &required, "revoking": &revoking} {
		t.Logf("%s: %v, longest %v", what, a.statuses, a.longest)
		if a.longest > bound {
			t.Errorf("%s: a request took %v, %v is its bound", what, a.longest, bound)
		}
	}
	t.Logf("all know everything %v after the end", missing)
	if wrong.Load() != 0 {
		t.Errorf("%d requests passed with a session that the process knew to be revoked", wrong.Load())
	}
	if n := len(signedIn.statuses); n != 1 || signedIn.statuses[http.StatusOK] == 0 {
		t.Errorf("a valid session is answered %v", signedIn.statuses)
	}
	if required.statuses[http.StatusServiceUnavailable] == 0 || required.statuses[http.StatusOK] == 0 {
		t.Errorf("where Revocations.Required is set, the answers are %v", required.statuses)
	}
	row := func(request, answers string, a *tally) string {
		return fmt.Sprintf("| %s | %s | %s | %.0f ms |\n", fault, request, answers, ms(a.longest))
	}
	return []string{
		row("a valid session", "200, always", &signedIn),
		row("a session that this process knows to be revoked", "signed out, always", &refused),
		row("`Revocations.Required`", "503 from when it is known until all is known again", &required),
		row("`RevokeSession`, a call of the application", fmt.Sprintf("holds here at once; all others %.0f ms after the end", ms(missing)), &revoking),
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// document writes a part of docs/fleets.md, between comments that name it.
func document(t *testing.T, part, text string) {
	t.Helper()
	t.Log("\n" + text)
	if !*writeDocs || t.Failed() {
		return
	}
	name := filepath.Join("..", "docs", "fleets.md")
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+part+" -->\n", "<!-- end of "+part+" -->\n"
	before, rest, found := strings.Cut(string(page), begin)
	_, after, found2 := strings.Cut(rest, end)
	if !found || !found2 {
		t.Fatalf("%s has no part %s", name, part)
	}
	if err := os.WriteFile(name, []byte(before+begin+text+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
