package generate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/compare"
	"github.com/clerkgo/clerkgo/conformance/generate"
	"github.com/clerkgo/clerkgo/conformance/protocol"
)

func lines(t *testing.T, seed uint64, count int) []string {
	t.Helper()
	generator, err := generate.New(seed)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	generator.Each(count, func(c *protocol.Case) bool {
		line, err := json.Marshal(c)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
		}
		out = append(out, string(line))
		return true
	})
	return out
}

func TestTheSameSeedMakesTheSameCases(t *testing.T) {
	t.Parallel()
	first, second := lines(t, 42, 700), lines(t, 42, 900)
	for i, line := range first {
		if line != second[i] {
			t.Fatalf("case %d differs between two runs:\n%s\n%s", i, line, second[i])
		}
	}
	other := lines(t, 43, 700)
	same := 0
	for i, line := range first {
		// Ids hold the seed; the rest of some fixed cases may agree.
		if withoutID(line) == withoutID(other[i]) {
			same++
		}
	}
	if same > len(first)/4 {
		t.Errorf("%d of %d cases are the same with another seed", same, len(first))
	}
}

func withoutID(line string) string {
	_, rest, _ := strings.Cut(line, `"now"`)
	return rest
}

func TestEachStopsWhenTold(t *testing.T) {
	t.Parallel()
	generator, err := generate.New(1)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	generator.Each(1000, func(*protocol.Case) bool {
		seen++
		return seen < 300
	})
	if seen != 300 {
		t.Errorf("got %d cases, want 300", seen)
	}
}

func TestFamiliesAreManyAndNamedOnce(t *testing.T) {
	t.Parallel()
	families := generate.Families()
	if len(families) < 100 {
		t.Errorf("got %d families, want at least 100", len(families))
	}
	seen := make(map[string]bool)
	for _, name := range families {
		if seen[name] || name == "" || strings.ToLower(name) != name {
			t.Errorf("family %q is named twice, or oddly", name)
		}
		seen[name] = true
	}
}

func TestCasesAreWellFormed(t *testing.T) {
	t.Parallel()
	generator, err := generate.New(7)
	if err != nil {
		t.Fatal(err)
	}
	families, ids := make(map[string]bool), make(map[string]bool)
	generator.Each(2000, func(c *protocol.Case) bool {
		if ids[c.ID] {
			t.Errorf("id %s is used twice", c.ID)
		}
		ids[c.ID] = true
		families[compare.Family(c.ID)] = true
		if !strings.Contains(c.Request.URL, "://") || c.Request.Method != strings.ToUpper(c.Request.Method) {
			t.Errorf("%s: request %s %s", c.ID, c.Request.Method, c.Request.URL)
		}
		for _, header := range c.Request.Headers {
			for _, r := range header[1] {
				if r > 0xff || r == '\r' || r == '\n' || r == 0 {
					t.Errorf("%s: header %s cannot carry %q", c.ID, header[0], r)
				}
			}
		}
		for _, query := range c.Has {
			if !json.Valid(query) {
				t.Errorf("%s: query %s is not JSON", c.ID, query)
			}
		}
		return true
	})
	for _, name := range generate.Families() {
		if !families[name] {
			t.Errorf("no case of family %s among 2000", name)
		}
	}
}

func TestPatternCasesAreRepeatable(t *testing.T) {
	t.Parallel()
	first, err := json.Marshal(generate.PatternCase(3, 17))
	if err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(generate.PatternCase(3, 17))
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Errorf("got %s and then %s", first, second)
	}
}

func TestRoutesChangeNothingElse(t *testing.T) {
	t.Parallel()
	generator, err := generate.New(1)
	if err != nil {
		t.Fatal(err)
	}
	protected := 0
	for i := range 200 {
		c := generator.Case(i)
		generator.Route(i, c)
		if c.Route.Protect != nil {
			protected++
		}
		c.Route = nil
		got, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(generator.Case(i))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("case %d with a route: got %s, want %s", i, got, want)
		}
	}
	if protected < 100 || protected == 200 {
		t.Errorf("got %d protected routes of 200, want most and not all", protected)
	}
}
