package directed_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/adapters"
	"github.com/clerkgo/clerkgo/conformance/answer"
	"github.com/clerkgo/clerkgo/conformance/compare"
	"github.com/clerkgo/clerkgo/conformance/directed"
	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// TestEveryAcceptedDifferenceIsSafe has a row for each entry of accepted.json: a case that the
// entry is about, and what core is defined to do with it.
func TestEveryAcceptedDifferenceIsSafe(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	rows := make(map[string]difference)
	for _, group := range []map[string]difference{tokenDifferences(i), machineDifferences(i), answerDifferences(i), uncheckedDifferences(i), addressDifferences(i)} {
		maps.Copy(rows, group)
	}
	engine := answer.NewEngine()
	t.Cleanup(engine.Close)
	others := map[string]func(*testing.T){"quirk-pattern-none": emptyPatterns, "quirk-pattern-line-end": patternsAtLineEnds, "quirk-pattern-astral": patternsOutsideThePlane, "*": malformedRequests, "quirk-url-host 2": oddHosts}
	seen := make(map[string]int)
	for _, entry := range acceptedDifferences(t) {
		key := entry.Family
		if seen[entry.Family]++; seen[entry.Family] > 1 {
			key = fmt.Sprint(entry.Family, " ", seen[entry.Family])
		}
		row, found := rows[key]
		delete(rows, key)
		other := others[key]
		delete(others, key)
		if !found && other == nil {
			t.Errorf("no row shows what happens where %q is accepted: %s", key, entry.Reason)
			continue
		}
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			if other != nil {
				other(t)
				return
			}
			got, err := engine.Answer(t.Context(), row.c)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != row.status || textOf(got.Reason) != row.reason {
				t.Fatalf("got %s %q, want %s %q", got.Status, textOf(got.Reason), row.status, row.reason)
			}
			if ok, err := path.Match(entry.Family, compare.Family(row.c.ID)); !ok || err != nil {
				t.Errorf("the case is of family %s", compare.Family(row.c.ID))
			}
			narrowed(t, entry.Got, got)
			if row.check != nil {
				row.check(t, got)
			}
		})
	}
	for key := range rows {
		t.Errorf("the row %q belongs to no accepted difference", key)
	}
	for key := range others {
		t.Errorf("the test %q belongs to no accepted difference", key)
	}
}

// difference is a case, what core answers, and what else there is to say about the answer.
type difference struct {
	c              *protocol.Case
	status, reason string
	check          func(*testing.T, *protocol.Answer)
}

// shared is an instance whose keys all tests use, because making keys takes long.
var shared = sync.OnceValues(func() (*directed.Instance, error) { return directed.NewInstance(true) })

func newInstance(t *testing.T) *directed.Instance {
	t.Helper()
	i, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	own := *i
	return &own
}

func acceptedDifferences(t *testing.T) []compare.Accepted {
	t.Helper()
	accepted, err := compare.AcceptedFile("../accepted.json")
	if err != nil {
		t.Fatal(err)
	}
	return accepted
}

// narrowed checks that the entry is narrow enough, and not too narrow, for the answer.
func narrowed(t *testing.T, members map[string]any, got *protocol.Answer) {
	t.Helper()
	for name, text := range map[string]*string{"status": &got.Status, "reason": got.Reason, "tokenType": got.TokenType} {
		wanted, narrow := members[name]
		if !narrow {
			continue
		}
		list, ok := wanted.([]any)
		if !ok {
			list = []any{wanted}
		}
		matched := false
		for _, one := range list {
			pattern, isText := one.(string)
			ok, err := path.Match(pattern, textOf(text))
			matched = matched || isText && ok && err == nil
		}
		if !matched {
			t.Errorf("the entry is about the %s %v, got %q", name, wanted, textOf(text))
		}
	}
}

func textOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// change returns the case after a change.
func change(c *protocol.Case, how func(*protocol.Case)) *protocol.Case {
	how(c)
	return c
}

// headerOf returns a header of an answer.
func headerOf(a *protocol.Answer, name string) string {
	for _, header := range a.Headers {
		if header[0] == name {
			return header[1]
		}
	}
	return ""
}

func noCalls(t *testing.T, a *protocol.Answer) {
	t.Helper()
	if len(a.BackendCalls) != 0 {
		t.Errorf("got the calls %q, want none", a.BackendCalls)
	}
}

// member checks a member of the Auth.
func member(name string, want any) func(*testing.T, *protocol.Answer) {
	return func(t *testing.T, a *protocol.Answer) {
		t.Helper()
		var members map[string]any
		if err := json.Unmarshal(a.Auth, &members); err != nil {
			t.Fatal(err)
		}
		if got, wanted := string(directed.JSON(members[name])), string(directed.JSON(want)); got != wanted {
			t.Errorf("%s: got %s, want %s", name, got, wanted)
		}
	}
}

// holds checks the answers to authorization queries.
func holds(want ...bool) func(*testing.T, *protocol.Answer) {
	return func(t *testing.T, a *protocol.Answer) {
		t.Helper()
		if got := string(directed.JSON(a.Has)); got != string(directed.JSON(want)) {
			t.Errorf("got %s, want %v", got, want)
		}
	}
}

func emptyPatterns(t *testing.T) {
	t.Helper()
	if a := matched(t, "/anything"); a.Match.Matched {
		t.Error("an empty list matches")
	}
}

func patternsAtLineEnds(t *testing.T) {
	t.Helper()
	for _, path := range []string{"/admin\n", "/admin/\n/x", "/admin%0A", "/admin\u2028"} {
		if a := matched(t, path, "/admin(.*)"); !a.Match.Matched || !a.RouteMatcher.Matched {
			t.Errorf("%q leaves the pattern that protects it", path)
		}
	}
}

func patternsOutsideThePlane(t *testing.T) {
	t.Helper()
	if a := matched(t, "/a\U0001f600", "/a(.)"); !a.Match.Matched || !a.RouteMatcher.Matched {
		t.Error(". does not match a whole character")
	}
	if a := matched(t, "/a\U0001f600", "/a(..)"); a.Match.Matched || a.RouteMatcher.Matched {
		t.Error(".. matches one character")
	}
}

func matched(t *testing.T, path string, patterns ...string) *protocol.PatternAnswer {
	t.Helper()
	a, err := answer.Patterns(&protocol.PatternCase{Patterns: patterns, Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// malformedRequests shows that a request that one server refuses before any middleware signs nobody
// in at another.
func malformedRequests(t *testing.T) {
	t.Helper()
	i := newInstance(t)
	for name, c := range map[string]*protocol.Case{
		"a target that is no path": change(i.Case("x"), func(c *protocol.Case) { c.Request.URL = "https://app.example.com/%zz" }),
		"a host that is no host":   i.Case("x", "Host", "a b"),
	} {
		refused := 0
		for _, framework := range adapters.Names() {
			engine, err := adapters.NewEngine(framework)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(engine.Close)
			c.Route = &protocol.Route{Protect: new(protocol.Protect)}
			a, err := engine.Answer(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if a.HTTP != nil && a.HTTP.Status == 400 {
				refused++
			}
			if a.HTTP == nil || a.HTTP.Status < 300 {
				t.Errorf("%s: %s answers %+v", name, framework, a.HTTP)
			}
		}
		if refused < 2 {
			t.Errorf("%s: %d servers refuse it, want those of Gin and Echo", name, refused)
		}
	}
}

// located checks that an answer leads back to an address.
func located(target string) func(*testing.T, *protocol.Answer) {
	return func(t *testing.T, a *protocol.Answer) {
		t.Helper()
		if location := headerOf(a, "location"); !strings.Contains(location, "redirect_url="+target+"&") {
			t.Errorf("got location %q, want it to lead back to %s", location, target)
		}
	}
}

// oddHosts sends a host that servers judge differently: each refuses it, or answers as for a page
// that needs a handshake.
func oddHosts(t *testing.T) {
	t.Helper()
	i := newInstance(t)
	c := i.Case("x", "Host", "<h>", "Sec-Fetch-Dest", "document", "Cookie", "__client_uat=5")
	c.Route = &protocol.Route{Protect: new(protocol.Protect)}
	for _, framework := range adapters.Names() {
		engine, err := adapters.NewEngine(framework)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(engine.Close)
		a, err := engine.Answer(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if a.HTTP == nil || a.HTTP.Status != 400 && a.HTTP.Status != 307 {
			t.Errorf("%s answers %+v, want 400, or 307 to a handshake", framework, a.HTTP)
		}
	}
}
