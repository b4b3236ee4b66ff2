package docs_test

import (
	"path/filepath"
	"regexp"
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
