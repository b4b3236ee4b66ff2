package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz[A-Za-z0-9_]+)\(`)

// TestFuzzTargetsHaveSeeds makes sure that each fuzz target has committed inputs, and that none are
// left of a target that was moved or renamed: go test would not run them, and not say so.
func TestFuzzTargetsHaveSeeds(t *testing.T) {
	t.Parallel()
	targets, seeds := map[string]bool{}, map[string]int{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return fs.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range fuzzTarget.FindAllSubmatch(text, -1) {
				targets[filepath.Join(filepath.Dir(path), "testdata", "fuzz", string(m[1]))] = true
			}
		case !d.IsDir() && filepath.Base(filepath.Dir(filepath.Dir(path))) == "fuzz":
			seeds[filepath.Dir(path)]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(targets) == 0 {
		t.Error("found no fuzz target")
	}
	for target := range targets {
		if seeds[target] == 0 {
			t.Errorf("%s has no seeds", target)
		}
	}
	for dir := range seeds {
		if !targets[dir] {
			t.Errorf("%s belongs to no fuzz target", dir)
		}
	}
}
