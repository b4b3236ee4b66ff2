package answer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/answer"
	"github.com/clerkgo/clerkgo/conformance/compare"
	"github.com/clerkgo/clerkgo/conformance/generate"
	"github.com/clerkgo/clerkgo/conformance/golden"
	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// TestGolden replays recorded cases through core and compares its answers with those of the
// reference.
func TestGolden(t *testing.T) {
	t.Parallel()
	accepted := readAccepted(t)
	file, err := os.Open("../testdata/golden.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases, wanted bytes.Buffer
	err = golden.Read(file, func(record golden.Record) bool {
		fmt.Fprintf(&cases, "%s\n", record.Case)
		fmt.Fprintf(&wanted, "%s\n", record.Answer)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	engine := answer.NewEngine()
	defer engine.Close()
	var got bytes.Buffer
	err = answer.Lines(&cases, &got, func(c *protocol.Case) (*protocol.Answer, error) { return engine.Answer(t.Context(), c) })
	if err != nil {
		t.Fatal(err)
	}
	want := readAnswers(t, &wanted)
	if len(want) < 3000 {
		t.Errorf("got %d recorded cases, want at least 3000", len(want))
	}
	if missing := compare.Missing(want); len(missing) > 0 {
		t.Errorf("no recorded case comes to %v", missing)
	}
	report := compare.Answers(want, readAnswers(t, &got), compare.Options{Accepted: accepted})
	for _, d := range report.Unexplained() {
		t.Errorf("%s differs in %s:\nwant %v\ngot  %v", d.ID, strings.Join(d.Fields, ", "), d.Want, d.Got)
	}
}

func readAccepted(t *testing.T) []compare.Accepted {
	t.Helper()
	accepted, err := compare.AcceptedFile("../accepted.json")
	if err != nil {
		t.Fatal(err)
	}
	return accepted
}

func readAnswers(t *testing.T, text *bytes.Buffer) []compare.Answer {
	t.Helper()
	answers, err := compare.ReadAnswers(text)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

func TestAcceptedDifferencesNameFamiliesThatExist(t *testing.T) {
	t.Parallel()
	families := append(generate.Families(), "quirk-pattern-none", "quirk-pattern-line-end", "quirk-pattern-astral")
	for _, entry := range readAccepted(t) {
		found := false
		for _, family := range families {
			report := compare.Answers(
				[]compare.Answer{{"id": "s1-000001-" + family, "status": "signed-in"}}, nil,
				compare.Options{Fields: entry.Fields, Accepted: []compare.Accepted{{Family: entry.Family, Fields: entry.Fields, Reason: entry.Reason}}})
			found = found || len(report.Unexplained()) == 0
		}
		if !found {
			t.Errorf("no family is called %q", entry.Family)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	t.Run("answers keep the order of the cases", func(t *testing.T) {
		t.Parallel()
		var in strings.Builder
		for i := range 2000 {
			fmt.Fprintf(&in, "%d\n\n", i)
		}
		var out bytes.Buffer
		if err := answer.Lines(strings.NewReader(in.String()), &out, func(n *int) (int, error) { return *n, nil }); err != nil {
			t.Fatal(err)
		}
		if want := strings.ReplaceAll(in.String(), "\n\n", "\n"); out.String() != want {
			t.Errorf("the answers are not in the order of the cases")
		}
	})
	t.Run("the last line needs no line end", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		if err := answer.Lines(strings.NewReader("1\n2"), &out, func(n *int) (int, error) { return *n, nil }); err != nil {
			t.Fatal(err)
		}
		if out.String() != "1\n2\n" {
			t.Errorf("got %q, want two answers", out.String())
		}
	})
	t.Run("an unreadable line is an error", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		if err := answer.Lines(strings.NewReader("1\nx\n"), &out, func(n *int) (int, error) { return *n, nil }); err == nil {
			t.Error("got no error for a line that is not JSON")
		}
	})
}

func TestEngineAnswersTheSameAlways(t *testing.T) {
	t.Parallel()
	generator, err := generate.New(5)
	if err != nil {
		t.Fatal(err)
	}
	engine := answer.NewEngine()
	defer engine.Close()
	cases := make([]*protocol.Case, 40)
	first := make([]string, len(cases))
	for i := range cases {
		cases[i] = generator.Case(i * 7)
		first[i] = answerText(t, engine, cases[i])
	}
	var workers sync.WaitGroup
	for i, c := range cases {
		workers.Go(func() {
			if again := answerText(t, engine, c); again != first[i] {
				t.Errorf("%s: got %s and then %s", c.ID, first[i], again)
			}
		})
	}
	workers.Wait()
}

func answerText(t *testing.T, engine *answer.Engine, c *protocol.Case) string {
	t.Helper()
	a, err := engine.Answer(t.Context(), c)
	if err != nil {
		t.Error(err)
		return ""
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		patterns []string
		path     string
		want     string
	}{
		{name: "a parameter", patterns: []string{"/orgs/:slug"}, path: "/orgs/acme", want: `{"id":"","routeMatcher":{"matched":true},"match":{"matched":true,"params":{"slug":"acme"}}}`},
		{name: "a repeated parameter", patterns: []string{"/a/:p*"}, path: "/a/b/c", want: `{"id":"","routeMatcher":{"matched":true},"match":{"matched":true,"params":{"p":["b","c"]}}}`},
		{name: "an encoded path", patterns: []string{"/admin"}, path: "/%61dmin", want: `{"id":"","routeMatcher":{"matched":true},"match":{"matched":false}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := answer.Patterns(&protocol.PatternCase{Patterns: tt.patterns, Path: tt.path})
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	t.Run("an invalid pattern and a malformed path are told apart", func(t *testing.T) {
		t.Parallel()
		a, err := answer.Patterns(&protocol.PatternCase{Patterns: []string{"/:"}, Path: "/"})
		if err != nil {
			t.Fatal(err)
		}
		b, err := answer.Patterns(&protocol.PatternCase{Patterns: []string{"/a"}, Path: "/%"})
		if err != nil {
			t.Fatal(err)
		}
		if a.RouteMatcher.Error != "invalid-pattern" || a.Match.Error != "invalid-pattern" || b.RouteMatcher.Error != "malformed-url" || b.Match.Error != "" {
			t.Errorf("got %+v and %+v", a, b)
		}
	})
}
