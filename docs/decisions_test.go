package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	function = regexp.MustCompile("`([a-z0-9_/]+\\.go):([A-Za-z0-9_]+)`")
	file     = regexp.MustCompile("`((?:[a-z0-9_]+/)+[A-Za-z0-9_.]+\\.(?:go|json|txt|md|gz|mjs))`")
)

// pages lists the Markdown files of a directory.
func pages(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s has no pages: %v", dir, err)
	}
	return found
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// exists reports an error if a page names a file that there is not.
func exists(t *testing.T, page, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("%s names %s: %v", page, path, err)
	}
}

// TestPagesNameWhatExists makes sure that links, files, tests and benchmarks in the pages can be
// followed.
func TestPagesNameWhatExists(t *testing.T) {
	t.Parallel()
	read := map[string]map[string]int{}
	for _, page := range append(pages(t, "."), pages(t, "decisions")...) {
		text := readFile(t, page)
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target != "" && !strings.Contains(target, "://") {
				exists(t, page, filepath.Join(filepath.Dir(page), filepath.FromSlash(target)))
			}
		}
		for _, m := range file.FindAllStringSubmatch(text, -1) {
			exists(t, page, filepath.Join("..", filepath.FromSlash(m[1])))
		}
		for _, m := range function.FindAllStringSubmatch(text, -1) {
			if functions(t, read, m[1])[m[2]] == 0 {
				t.Errorf("%s: %s has no %s", page, m[1], m[2])
			}
		}
	}
}

// TestDecisionsAreListed makes sure that the index of the decisions has each of them, and is short.
func TestDecisionsAreListed(t *testing.T) {
	t.Parallel()
	const maxLines = 100 // One page.
	index := readFile(t, filepath.Join("decisions", "README.md"))
	for _, page := range pages(t, "decisions") {
		name := filepath.Base(page)
		if name != "README.md" && !strings.Contains(index, "("+name+")") {
			t.Errorf("decisions/README.md does not list %s", name)
		}
		if n := strings.Count(readFile(t, page), "\n"); n > maxLines {
			t.Errorf("%s has %d lines, want at most %d", page, n, maxLines)
		}
	}
}
