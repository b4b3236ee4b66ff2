package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheEmulatorsMatrixNamesTests makes sure that what emulator.md says real clients do is run by tests that exist.
func TestTheEmulatorsMatrixNamesTests(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	for _, dir := range [...]string{"browser", "clients", "sdk"} {
		files, err := filepath.Glob(filepath.Join("..", "conformance", dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(t `).FindAllStringSubmatch(readFile(t, file), -1) {
				there[m[1]] = true
			}
		}
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(readFile(t, "emulator.md"), -1)
	if len(named) < 20 {
		t.Errorf("emulator.md names %d tests only", len(named))
	}
	for _, m := range named {
		if !there[m[1]] {
			t.Errorf("emulator.md names %s, and there is no such test in conformance/browser, clients or sdk", m[1])
		}
	}
}

// TestTheEmulatorsSeedsHaveExamples makes sure that each list and setting that emulator.md names for seeds is in one of
// the examples, with every field that only seeds have. The emulator's tests start with both files.
func TestTheEmulatorsSeedsHaveExamples(t *testing.T) {
	t.Parallel()
	examples := readFile(t, "../emulator/seed.example.yaml") + readFile(t, "../emulator/seed.more.example.yaml")
	_, seeds, found := strings.Cut(readFile(t, "emulator.md"), "\n## Seeds\n")
	seeds, _, ends := strings.Cut(seeds, "\n## ")
	if !found || !ends {
		t.Fatal("emulator.md has no Seeds")
	}
	n := 0
	for line := range strings.Lines(seeds) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(strings.Split(line, "|")[1], -1) {
			if n++; !regexp.MustCompile(`(?m)^` + m[1] + `:`).MatchString(examples) {
				t.Errorf("emulator.md names %s, and no example of a seed has it", m[1])
			}
		}
	}
	if n < 15 {
		t.Errorf("emulator.md names %d lists and settings only", n)
	}
	for _, field := range []string{"id", "plans", "features", "members", "active_organization", "totp_secret", "banned", "skip_password_checks"} {
		if !regexp.MustCompile(`(?m)^ +(- )?` + field + `:`).MatchString(examples) {
			t.Errorf("no example of a seed has the field %s", field)
		}
	}
}
