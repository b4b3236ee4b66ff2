package main

import (
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestQuick runs what -quick runs, and reads what it says.
func TestQuick(t *testing.T) {
	t.Parallel()
	c := config{parallel: 4, progress: io.Discard}
	for _, err := range []error{
		choose(&c.subjects, subjects(), quickSubjects, subjectName),
		choose(&c.faults, faults, quickFaults, faultName),
		choose(&c.rows, rows, quickRows, rowName),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cells, err := c.measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 * 3; len(cells) != want {
		t.Fatalf("got %d cells, want %d", len(cells), want)
	}
	for _, one := range cells {
		want := "200"
		if one.fault.name != calm.name && one.row.name == "machine" {
			want = "503"
		}
		if got := one.result.text(true); got != want {
			t.Errorf("%s, %s: got %s, want %s", one.fault.name, one.row.name, got, want)
		}
		if n := one.result.count(untruthful) + one.result.count(unanswered); n > 0 {
			t.Errorf("%s, %s: %d answers are untruthful or missing", one.fault.name, one.row.name, n)
		}
	}
	text := c.report(cells, time.Minute)
	for _, want := range []string{"| httpclerk | 3 | 3 | 0 | 0 | 0 |", "| opaque machine token | 503, ", "## Valid session, keys known"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	var chosen []row
	if err := choose(&chosen, rows, "public,nothing", rowName); err == nil || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("got %v, want an error that names the row", err)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	handshake := answer{status: http.StatusTemporaryRedirect, to: toHandshake}
	signIn := answer{status: http.StatusTemporaryRedirect, to: toSignIn}
	busy := answer{status: http.StatusServiceUnavailable}
	late := answer{status: http.StatusServiceUnavailable, wait: 3 * time.Second}
	page := answer{status: http.StatusOK, user: user}
	anonymous, unknown := answer{status: http.StatusOK}, answer{status: http.StatusOK, unknown: true}
	absent := answer{status: http.StatusNotFound}
	for _, tt := range []struct {
		row, fault string
		answer     answer
		peer       bool
		want       verdict
	}{
		{"public", "500", anonymous, false, wanted},
		{"public", "500", busy, false, truthful},
		{"public", "500", signIn, false, untruthful},
		{"public", "500", answer{wait: clientTimeout}, false, unanswered},
		{"public-expired", "500", unknown, false, wanted},
		{"public-expired", "500", anonymous, false, untruthful},
		{"public-expired", "500", anonymous, true, wanted},
		{"public-expired", "500", handshake, true, untruthful},
		{"public-expired", "calm", handshake, true, wanted},
		{"known", "hang", page, false, wanted},
		{"known", "hang", busy, false, truthful},
		{"old", "hang", signIn, true, untruthful},
		{"cold", "hang", busy, false, wanted},
		{"cold", "hang", late, false, truthful},
		{"cold", "renewal", busy, false, truthful},
		{"nonce", "renewal", busy, false, wanted},
		{"nonce", "renewal", signIn, true, untruthful},
		{"machine", "refused", absent, true, untruthful},
		{"user", "500", answer{status: http.StatusInternalServerError}, true, truthful},
		{"user", "429", answer{status: http.StatusTooManyRequests}, true, truthful},
		{"kids", "calm", absent, false, wanted},
		{"kids", "500", absent, false, untruthful},
		{"kids", "500", busy, false, wanted},
		{"kids", "slow", absent, false, untruthful},
		{"kids", "slow", answer{status: http.StatusUnauthorized, wait: slowness}, true, truthful},
	} {
		r := &rows[slices.Index(names(rows, rowName), tt.row)]
		f := &calm
		if tt.fault != calm.name {
			f = &faults[slices.Index(names(faults, faultName), tt.fault)]
		}
		if got := r.judge(tt.answer, f, !tt.peer); got != tt.want {
			t.Errorf("%s, %s, %s (a peer's: %v): got %d, want %d", tt.row, tt.fault, tt.answer, tt.peer, got, tt.want)
		}
	}
}

// TestFaults asks a proxy for Clerk's keys and for a handshake, in each fault.
func TestFaults(t *testing.T) {
	t.Parallel()
	s, err := newStage(1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	client := &http.Client{Timeout: 300 * time.Millisecond, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(client.CloseIdleConnections)
	status := func(addr, path string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.clerk.SecretKey())
		resp, err := client.Do(req)
		if err != nil {
			return 0
		}
		_, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close() // It was read.
		if err != nil {
			return 0
		}
		return resp.StatusCode
	}
	keys := func() int { return status(s.proxy.backend.addr, "/v1/jwks") }
	handshake := func() int {
		return status(s.proxy.frontend.addr, "/v1/client/handshake?redirect_url="+s.app.String())
	}
	want := map[string][2]int{
		"500": {500, 500}, "429": {429, 429}, "refused": {}, "renewal": {200, 500}, "hang": {}, "trickle": {}, "slow": {},
	}
	for _, f := range faults {
		if f.name == "half" {
			continue
		}
		if err := s.proxy.meet(f); err != nil {
			t.Fatal(err)
		}
		if got := [2]int{keys(), handshake()}; got != want[f.name] {
			t.Errorf("%s: got %v, want %v", f.name, got, want[f.name])
		}
		if err := s.proxy.meet(calm); err != nil {
			t.Fatal(err)
		}
		if got, want := [2]int{keys(), handshake()}, [2]int{200, 307}; got != want {
			t.Errorf("after %s: got %v, want %v", f.name, got, want)
		}
	}
	if err := s.proxy.meet(faults[slices.Index(names(faults, faultName), "half")]); err != nil {
		t.Fatal(err)
	}
	counts := map[int]int{}
	for range 100 {
		counts[keys()]++
	}
	if counts[200] < 30 || counts[503] < 30 || counts[200]+counts[503] != 100 {
		t.Errorf("half: got %v, want about 50 each of 200 and 503", counts)
	}
}

// TestExpress compares in calm times only, where the packages are installed.
func TestExpress(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs("express")
	if err != nil {
		t.Fatal(err)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "node_modules", "@clerk")); len(found) == 0 {
		t.Skip("npm ci has not run")
	}
	expressDir = dir
	c := config{parallel: 2, progress: io.Discard, rows: rows}
	if err := choose(&c.subjects, subjects(), "@clerk/express", subjectName); err != nil {
		t.Fatal(err)
	}
	cells, err := c.measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range cells {
		if one.cannot {
			t.Errorf("%s: got %s", one.row.name, one.result.text(false))
		}
	}
}

// TestOutOfThisMachine asks for a call that would leave it.
func TestOutOfThisMachine(t *testing.T) {
	t.Parallel()
	s := &stage{frontendAPI: "clerk.example.test", clerk: clerktest.New(t)}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.clerk.com/v1/jwks", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := newRoads(s).RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close() // It should not be there.
		t.Error("the call was made")
	}
}
