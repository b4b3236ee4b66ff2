// Ratios reads the output of "go test -bench" and says which of the project's
// targets it meets:
//
//	go run ./cmd/ratios -before results/before/raw.txt results/raw.txt
//
// It compares medians, and only benchmarks of the same input. A target whose
// benchmarks are not in the input is listed as not measured. With -before, a column
// has what the benchmarks of another run, before the latest changes, showed. With
// -pages, the parts of these pages between the markers "benchmarks" are written anew, and
// with -picture the picture that they show.
//
// The exit status is 1 if a target is missed, 2 if the input cannot be read.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/clerkgo/clerkgo/bench/internal/results"
)

func main() {
	missed, err := run(os.Args[1:], os.Stdin, os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "ratios:", err)
		os.Exit(2)
	case missed:
		os.Exit(1)
	}
}

// run reads the files, or in if there are none, and reports whether a target is
// missed.
func run(args []string, in io.Reader, out io.Writer) (missed bool, err error) {
	flags := flag.NewFlagSet("ratios", flag.ContinueOnError)
	before := flags.String("before", "", "the output of a run before the latest changes")
	pages := flags.String("pages", "", "pages whose parts about benchmarks are written, with commas between them")
	picture := flags.String("picture", "", "where the picture of those pages is written")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	now, err := read(flags.Args(), in)
	if err != nil {
		return false, err
	}
	earlier := new(results.Set)
	if *before != "" {
		if earlier, err = read([]string{*before}, nil); err != nil {
			return false, err
		}
	}
	found := verdicts(now, earlier)
	for _, t := range found {
		missed = missed || t.verdict() == miss
	}
	if err := writeTable(out, now, found); err != nil {
		return missed, err
	}
	if *pages != "" {
		for page := range strings.SplitSeq(*pages, ",") {
			if err := rewrite(page, now, found); err != nil {
				return missed, err
			}
		}
	}
	if *picture != "" {
		return missed, os.WriteFile(*picture, []byte(drawing(now)), 0o644)
	}
	return missed, nil
}

func read(files []string, in io.Reader) (*results.Set, error) {
	r := new(results.Set)
	if len(files) == 0 {
		if err := r.Read(in); err != nil {
			return nil, err
		}
	}
	for _, name := range files {
		if err := r.ReadFile(name); err != nil {
			return nil, err
		}
	}
	if r.Empty() {
		return nil, errors.New("no benchmarks in the input")
	}
	return r, nil
}

// compared is a target, and what it was in a run before.
type compared struct {
	target

	before target // not measured where there was none
}

func verdicts(now, before *results.Set) []compared {
	earlier := make(map[string]target)
	for _, t := range targets(before) {
		earlier[t.name] = t
	}
	measured := targets(now)
	all := make([]compared, 0, len(measured))
	for _, t := range measured {
		was, ok := earlier[t.name]
		if !ok {
			was = unmeasured(t)
		}
		all = append(all, compared{t, was})
	}
	return all
}

func writeTable(out io.Writer, r *results.Set, all []compared) error {
	w := bufio.NewWriter(out)
	for _, line := range r.Config {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "medians of up to %d runs\n\n| | target | before | bound | measured |\n|---|---|---:|---:|---:|\n", r.Runs())
	for _, t := range all {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", t.verdict(), t.name, t.before.measured(), t.limit(), t.measured())
	}
	return w.Flush()
}
