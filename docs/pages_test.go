package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	goBlock    = regexp.MustCompile("(?ms)^( *)```go\n(.*?)^ *```$")
	fence      = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	codeSpan   = regexp.MustCompile("`[^`\n]*`")
	pageLink   = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:href|src)="([^"]+)"`)
	headLine   = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	linkText   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	notInAnAnc = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// allPages are the repository's Markdown files, by their path from its root.
func allPages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "node_modules" || name == "testdata" || name == "assets" /* What the browser tests fetch. */ || strings.HasPrefix(name, ".") && name != ".." {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(file, ".md") {
			found[strings.TrimPrefix(filepath.ToSlash(file), "../")] = readFile(t, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// anchors are a page's headings, as GitHub makes addresses of them.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, m := range headLine.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		name := strings.ToLower(linkText.ReplaceAllString(m[1], "$1"))
		found[strings.ReplaceAll(notInAnAnc.ReplaceAllString(name, ""), " ", "-")] = true
	}
	return found
}

// brokenLink says what is wrong with a link on a page, or "".
func brokenLink(all map[string]string, page, link string, exists func(file string) bool) string {
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return ""
	}
	file, anchor, _ := strings.Cut(link, "#")
	target := page
	if file != "" {
		target = path.Join(path.Dir(page), file)
	}
	switch text, isPage := all[target]; {
	case !isPage && !exists(target):
		return "there is no " + target
	case anchor != "" && isPage && !anchors(text)[anchor]:
		return target + " has no heading #" + anchor
	}
	return ""
}

// TestEveryLinkLeadsSomewhere follows every link inside the repository, anchors included.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	all := allPages(t)
	exists := func(file string) bool {
		_, err := os.Stat(filepath.Join("..", filepath.FromSlash(file)))
		return err == nil
	}
	n := 0
	for page, text := range all {
		text = codeSpan.ReplaceAllString(fence.ReplaceAllString(text, ""), "")
		for _, m := range pageLink.FindAllStringSubmatch(text, -1) {
			n++
			if fault := brokenLink(all, page, m[1]+m[2], exists); fault != "" {
				t.Errorf("%s: the link %s: %s", page, m[1]+m[2], fault)
			}
		}
	}
	if n < 50 {
		t.Errorf("found %d links only", n)
	}
}

func TestBrokenLink(t *testing.T) {
	t.Parallel()
	all := map[string]string{"README.md": "# A b\n", "docs/x.md": "## What `New` says: [more](y)\n```sh\n# no heading\n```\n"}
	exists := func(file string) bool { return file == "LICENSE" }
	for link, broken := range map[string]bool{
		"https://example.com/#x": false, "../LICENSE": false, "../README.md": false, "../README.md#a-b": false, "#what-new-says-more": false,
		"../README.md#a-c": true, "#no-heading": true, "y.md": true, "../docs/x.md#what": true, "README.md": true,
	} {
		if got := brokenLink(all, "docs/x.md", link, exists); (got != "") != broken {
			t.Errorf("%s: got %q, want broken: %v", link, got, broken)
		}
	}
}

// TestEveryPageIsFound makes sure that a reader of README.md comes to every page of docs by its links.
func TestEveryPageIsFound(t *testing.T) {
	t.Parallel()
	all := allPages(t)
	found := map[string]bool{"README.md": true}
	for next := []string{"README.md"}; len(next) > 0; next = next[1:] {
		for _, m := range pageLink.FindAllStringSubmatch(all[next[0]], -1) {
			file, _, _ := strings.Cut(m[1], "#")
			target := path.Join(path.Dir(next[0]), file)
			if _, ok := all[target]; ok && !found[target] {
				found[target] = true
				next = append(next, target)
			}
		}
	}
	for page := range all {
		if strings.HasPrefix(page, "docs/") && !strings.HasPrefix(page, "docs/decisions/") && !found[page] {
			t.Errorf("no links lead from README.md to %s", page)
		}
	}
}

// tested holds the programs that pages quote. They are compiled, and run by the tests beside them.
const tested = "../examples/internal/"

// elsewhere are the pages whose Go is older than that rule; other tests run what they show.
var elsewhere = map[string]bool{"docs/rbac.md": true, "docs/outages.md": true, "docs/fleets.md": true, "docs/emulator.md": true, "docs/parity.md": true, "docs/observability.md": true, "docs/doctor.md": true}

// TestGoOnPagesIsTested makes sure that every Go block of a page is a part of a program
// that is compiled and run, letter by letter but for its indentation.
func TestGoOnPagesIsTested(t *testing.T) {
	t.Parallel()
	var programs []string
	err := filepath.WalkDir(filepath.FromSlash(tested), func(file string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(file, ".go") {
			programs = append(programs, flush(readFile(t, file)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for page, text := range allPages(t) {
		if page != "README.md" && !strings.HasPrefix(page, "docs/") || strings.HasPrefix(page, "docs/decisions/") || elsewhere[page] {
			continue
		}
		for _, m := range goBlock.FindAllStringSubmatch(text, -1) {
			if page == "README.md" && !strings.Contains(m[2], "clerktest.Audit(") {
				continue // Older than that rule; conformance and internal/release compile the programs.
			}
			n++
			if !quotes(programs, flush(m[2])) {
				t.Errorf("%s: no program in %s has this:\n%s", page, tested, m[2])
			}
		}
	}
	if n < 12 {
		t.Errorf("found %d Go blocks only", n)
	}
}

func quotes(programs []string, block string) bool {
	for _, program := range programs {
		if strings.Contains("\n"+program, "\n"+block) {
			return true
		}
	}
	return false
}

// flush takes the indentation off every line.
func flush(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimLeft(line, " \t"))
	}
	return b.String()
}
