package core_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core"
)

// vectors reads a section of the vectors that Clerk's own libraries produced.
func vectors[T any](t *testing.T, section string) []T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("pattern", "testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(text, &sections); err != nil {
		t.Fatal(err)
	}
	var rows []T
	if err := json.Unmarshal(sections[section], &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		t.Fatalf("no rows in section %s", section)
	}
	return rows
}

// TestSkipStaticRunsWhereTheGuidesRunTheMiddleware compares with the entries that
// Clerk's guides for Next.js recommend, as Next.js itself applies them.
func TestSkipStaticRunsWhereTheGuidesRunTheMiddleware(t *testing.T) {
	t.Parallel()
	for _, row := range vectors[struct {
		Path string
		Runs bool `json:"runsWith2026Entry"`
	}](t, "nextConfigMatcher") {
		if strings.HasPrefix(row.Path, "/_next/data/") {
			continue // Next.js takes these for requests of the page that they belong to.
		}
		if got := !core.SkipStatic(get(row.Path)); got != row.Runs {
			t.Errorf("%q: runs: got %t, want %t", row.Path, got, row.Runs)
		}
	}
}

func TestSkipStaticLooksAtThePathAlone(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]bool{
		"/img.jpg?x=1":                   true,
		"/download?file=1.jpg":           false,
		"/download?file=/_next/":         false,
		"/page#img.jpg":                  false,
		"http://app.example/img.jpg":     true,
		"http://img.jpg/download":        false,
		"http://app.example/api/img.jpg": false,
		"http://app.example":             false,
		"http://app.js":                  false,
		"":                               false,
		"/a%2ejs":                        false,
		"/.css":                          true,
		"/x.":                            false,
		"/__clerk/v1/a.js":               false,
		"/__clerk.js":                    true,
	} {
		if got := core.SkipStatic(get(target)); got != want {
			t.Errorf("%q: got %t, want %t", target, got, want)
		}
	}
}

func TestSkipStatic(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]bool{
		"/": false, "/dashboard": false, "/logo.png": true, "/app.css?v=1": true, "/_next/static/x": true, "/data.json": false, "/app.js": true,
		"/api/logo.png": false, "/trpc/x.css": false, "/__clerk/npm/x.js": false, "/page?file=logo.png": false,
	} {
		if got := core.SkipStatic(get(target)); got != want {
			t.Errorf("%s: got %v, want %v", target, got, want)
		}
	}
}
