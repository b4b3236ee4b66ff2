package adapters_test

import (
	"encoding/json"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/adapters"
	"github.com/clerkgo/clerkgo/conformance/answer"
	"github.com/clerkgo/clerkgo/conformance/compare"
	"github.com/clerkgo/clerkgo/conformance/golden"
	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// recorded is a recorded case: what the reference answers, and what core does.
type recorded struct {
	c    *protocol.Case
	want []byte
	got  *protocol.Answer
}

// TestGolden replays recorded cases through the adapters and compares the responses with the
// answers of the reference.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases := readGolden(t)
	accepted := readAccepted(t)
	if len(cases) < 3000 {
		t.Errorf("got %d recorded cases, want at least 3000", len(cases))
	}
	for _, name := range adapters.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine, err := adapters.NewEngine(name)
			if err != nil {
				t.Fatal(err)
			}
			defer engine.Close()
			answers := make([]*adapters.Answer, len(cases))
			inParallel(len(cases), func(i int) {
				a, err := engine.Answer(t.Context(), cases[i].c)
				if err != nil {
					t.Error(err)
					return
				}
				answers[i] = a
			})
			refused, loops := 0, 0
			for i, a := range answers {
				if a == nil {
					continue
				}
				// By net/http or fasthttp, before any middleware; Fiber v3 tells its middleware,
				// and answers 400 all the same.
				if a.HTTP != nil && a.HTTP.Status == http.StatusBadRequest && (len(a.HTTP.Headers) == 0 || name == "fiber3") {
					refused++
					continue
				}
				if endsLoop(&cases[i], a) {
					loops++
					continue
				}
				compareRecorded(t, &cases[i], a, accepted)
			}
			if loops == 0 || loops > len(cases)/100 {
				t.Errorf("%d of %d requests end a redirect loop", loops, len(cases))
			}
			if refused > len(cases)/100 {
				t.Errorf("%d of %d requests are refused before any middleware", refused, len(cases))
			}
		})
	}
}

func compareRecorded(t *testing.T, r *recorded, a *adapters.Answer, accepted []compare.Accepted) {
	t.Helper()
	if r.got.Status == "error" {
		if a.HTTP != nil && a.HTTP.Status != http.StatusInternalServerError {
			t.Errorf("%s: got %d for what is an error of the options", r.c.ID, a.HTTP.Status)
		}
		return
	}
	if a.HTTP == nil {
		t.Errorf("%s: got no answer: %s", r.c.ID, a.Error)
		return
	}
	status := http.StatusOK
	for _, header := range r.got.Headers {
		if header[0] == "location" {
			status = http.StatusTemporaryRedirect
		}
	}
	if a.HTTP.Status != status {
		t.Errorf("%s: got %d, want %d", r.c.ID, a.HTTP.Status, status)
		return
	}
	seen := *r.got
	seen.Headers, seen.BackendCalls = a.HTTP.Headers, a.BackendCalls
	fields := []string{"headers", "backendCalls"}
	if status == http.StatusOK && r.c.Request.Method != http.MethodHead {
		seen.Auth = a.HTTP.Auth
		fields = append(fields, "auth")
	}
	text, err := json.Marshal(&seen)
	if err != nil {
		t.Fatal(err)
	}
	report := compare.Answers([]compare.Answer{parse(t, r.want)}, []compare.Answer{parse(t, text)}, compare.Options{Fields: fields, Accepted: accepted})
	for _, d := range report.Unexplained() {
		t.Errorf("%s differs in %s:\nwant %v\ngot  %v", d.ID, strings.Join(d.Fields, ", "), d.Want, d.Got)
	}
}

// endsLoop reports whether a response is the page that ends a redirect loop of a development
// instance, where the reference goes on as signed out.
func endsLoop(r *recorded, a *adapters.Answer) bool {
	if a.HTTP == nil || a.HTTP.Status != http.StatusInternalServerError || r.got.Status != "signed-out" || !strings.HasPrefix(*r.c.Options.PublishableKey, "pk_test_") {
		return false
	}
	return slices.ContainsFunc(r.c.Request.Headers, func(header [2]string) bool {
		return header[0] == "Cookie" && strings.Contains(header[1], "__clerk_redirect_count=")
	})
}

func parse(t *testing.T, line []byte) compare.Answer {
	t.Helper()
	a, err := compare.ParseAnswer(line)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// readGolden reads the recorded cases and asks core about each.
func readGolden(t *testing.T) []recorded {
	t.Helper()
	file, err := os.Open("../testdata/golden.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases []recorded
	err = golden.Read(file, func(r golden.Record) bool {
		c := new(protocol.Case)
		if err := json.Unmarshal(r.Case, c); err != nil {
			t.Fatal(err)
		}
		if len(c.Options.AcceptsToken) == 0 {
			c.Options.AcceptsToken = json.RawMessage(`"session_token"`) // Unset would leave machine tokens to guards here.
		}
		cases = append(cases, recorded{c: c, want: append([]byte{}, r.Answer...)})
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	engine := answer.NewEngine()
	defer engine.Close()
	inParallel(len(cases), func(i int) {
		a, err := engine.Answer(t.Context(), cases[i].c)
		if err != nil {
			t.Error(err)
			return
		}
		cases[i].got = a
	})
	if t.Failed() {
		t.FailNow()
	}
	return cases
}

func inParallel(count int, do func(int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range count {
		next <- i
	}
	close(next)
	workers.Wait()
}

func readAccepted(t *testing.T) []compare.Accepted {
	t.Helper()
	accepted, err := compare.AcceptedFile("../accepted.json")
	if err != nil {
		t.Fatal(err)
	}
	return accepted
}
