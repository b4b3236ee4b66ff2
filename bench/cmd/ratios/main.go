// Ratios reads the output of "go test -bench" and says which of the project's
// targets it meets:
//
//	go run ./cmd/ratios results/raw.txt
//
// It compares medians, and only benchmarks of the same input. A target whose
// benchmarks are not in the input is listed as not measured. The exit status is 1
// if a target is missed, 2 if the input cannot be read.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
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
func run(files []string, in io.Reader, out io.Writer) (missed bool, err error) {
	var r results
	if len(files) == 0 {
		if err := r.read(in); err != nil {
			return false, err
		}
	}
	for _, name := range files {
		if err := r.readFile(name); err != nil {
			return false, err
		}
	}
	if len(r.samples) == 0 {
		return false, errors.New("no benchmarks in the input")
	}
	w := bufio.NewWriter(out)
	for _, line := range r.config {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "medians of up to %d runs\n\n| | target | bound | measured |\n|---|---|---:|---:|\n", r.runs())
	for _, t := range targets(&r) {
		verdict := t.verdict()
		missed = missed || verdict == miss
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", verdict, t.name, t.limit(), t.measured())
	}
	return missed, w.Flush()
}
