package docs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAdaptersStayThin keeps what every framework needs out of the adapters: it belongs in core,
// once. What an adapter has to know of its framework's routes and requests alone is in its internal
// packages, which do not count.
func TestAdaptersStayThin(t *testing.T) {
	t.Parallel()
	for adapter, most := range map[string]int{
		"httpclerk": 300, "ginclerk": 300, "echoclerk": 300, "echo5clerk": 300, "fiberclerk": 400, "fiber3clerk": 400,
	} {
		files, err := filepath.Glob(filepath.Join("..", adapter, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		all := 0
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			lines := bytes.Count(text, []byte("\n"))
			if filepath.Base(name) == adapter+".go" && lines > 150 {
				t.Errorf("%s has %d lines: the middleware and the guards fit into 150", name, lines)
			}
			all += lines
		}
		if all == 0 || all > most {
			t.Errorf("%s has %d lines, want at most %d", adapter, all, most)
		}
	}
}
