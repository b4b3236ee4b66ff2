// Command golden records cases together with the answers of the reference.
//
//	go run ./cmd/golden cases.jsonl want.jsonl testdata/golden.jsonl.gz
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/clerkgo/clerkgo/conformance/golden"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: golden cases.jsonl want.jsonl golden.jsonl.gz")
		os.Exit(2)
	}
	count, err := run(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, count, "cases recorded")
}

func run(casesFile, wantFile, goldenFile string) (count int, err error) {
	var files [3]*os.File
	for i, open := range []func() (*os.File, error){
		func() (*os.File, error) { return os.Open(casesFile) },
		func() (*os.File, error) { return os.Open(wantFile) },
		func() (*os.File, error) { return os.Create(goldenFile) },
	} {
		if files[i], err = open(); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, files[i].Close()) }()
	}
	return golden.Write(files[2], files[0], files[1])
}
