// Command generate prints conformance cases as JSON lines. The same seed always prints the same
// bytes.
//
//	go run ./cmd/generate -seed 1 -count 20000 > cases.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/clerkgo/clerkgo/conformance/generate"
	"github.com/clerkgo/clerkgo/conformance/protocol"
)

func main() {
	seed := flag.Uint64("seed", 1, "seed of the cases")
	count := flag.Int("count", 20000, "number of cases")
	families := flag.Bool("families", false, "print the names of the families instead")
	patterns := flag.Bool("patterns", false, "print pattern cases instead")
	routes := flag.Bool("routes", false, "put the cases behind routes, for adapter mode")
	flag.Parse()
	if err := run(os.Stdout, *seed, *count, *families, *patterns, *routes); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, seed uint64, count int, families, patterns, routes bool) error {
	out := bufio.NewWriterSize(w, 1<<20)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	if families {
		for _, name := range generate.Families() {
			if _, err := fmt.Fprintln(out, name); err != nil {
				return err
			}
		}
		return out.Flush()
	}
	if patterns {
		for i := range count {
			if err := lines.Encode(generate.PatternCase(seed, i)); err != nil {
				return err
			}
		}
		return out.Flush()
	}
	generator, err := generate.New(seed)
	if err != nil {
		return err
	}
	index := 0
	generator.Each(count, func(c *protocol.Case) bool {
		if routes {
			generator.Route(index, c)
		}
		index++
		err = lines.Encode(c)
		return err == nil
	})
	if err != nil {
		return err
	}
	return out.Flush()
}
