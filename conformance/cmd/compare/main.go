// Command compare says where two files of answers differ. It ends with status 1 when they differ in
// a way that the list of accepted differences does not explain.
//
//	go run ./cmd/compare [flags] want.jsonl got.jsonl
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/clerkgo/clerkgo/conformance/compare"
)

func main() {
	withMessage := flag.Bool("with-message", false, "compare the text of messages too")
	acceptedFile := flag.String("accepted", "", "file with the accepted differences")
	patterns := flag.Bool("patterns", false, "the answers are those of pattern mode")
	adapter := flag.Bool("adapter", false, "the answers are those of adapter mode")
	unused := flag.Bool("unused", false, "name the accepted differences that did not happen")
	examples := flag.Int("examples", 1, "examples to print for each kind of difference")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: compare [flags] want.jsonl got.jsonl")
		os.Exit(2)
	}
	options := compare.Options{WithMessage: *withMessage}
	switch {
	case *patterns:
		options.Fields = compare.PatternFields()
	case *adapter:
		options.Fields = compare.AdapterFields()
	}
	unexplained, err := run(flag.Arg(0), flag.Arg(1), *acceptedFile, options, *examples, *unused)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if unexplained > 0 {
		os.Exit(1)
	}
}

func run(wantFile, gotFile, acceptedFile string, options compare.Options, examples int, unused bool) (int, error) {
	if acceptedFile != "" {
		var err error
		if options.Accepted, err = compare.AcceptedFile(acceptedFile); err != nil {
			return 0, err
		}
	}
	want, err := read(wantFile)
	if err != nil {
		return 0, err
	}
	got, err := read(gotFile)
	if err != nil {
		return 0, err
	}
	report := compare.Answers(want, got, options)
	return len(report.Unexplained()), report.Print(os.Stdout, options.Accepted, examples, unused)
}

func read(name string) ([]compare.Answer, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	answers, err := compare.ReadAnswers(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return answers, err
}
