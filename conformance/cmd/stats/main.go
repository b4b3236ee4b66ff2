// Command stats counts the statuses and reasons of a file of answers, and names the reasons that it
// never saw.
//
//	go run ./cmd/stats want.jsonl
package main

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"

	"github.com/clerkgo/clerkgo/conformance/compare"
)

func main() {
	strict := flag.Bool("strict", false, "end with status 1 when an outcome was never seen")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: stats [-strict] answers.jsonl")
		os.Exit(2)
	}
	missing, err := run(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if *strict && missing > 0 {
		os.Exit(1)
	}
}

func run(name string) (int, error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	answers, err := compare.ReadAnswers(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return 0, err
	}
	counts := compare.Outcomes(answers)
	outcomes := make([]compare.Outcome, 0, len(counts))
	for outcome := range counts {
		outcomes = append(outcomes, outcome)
	}
	slices.SortFunc(outcomes, func(a, b compare.Outcome) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(counts[b], counts[a]), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.TokenType, b.TokenType))
	})
	out := bufio.NewWriter(os.Stdout)
	for _, outcome := range outcomes {
		fmt.Fprintf(out, "%7d  %-10s  %-14s  %q\n", counts[outcome], outcome.Status, outcome.TokenType, outcome.Reason)
	}
	missing := compare.Missing(answers)
	for _, outcome := range missing {
		fmt.Fprintf(out, "  never  %-10s  %-14s  %q\n", outcome.Status, outcome.TokenType, outcome.Reason)
	}
	fmt.Fprintf(out, "%d answers, %d different outcomes, %d known outcomes never seen\n", len(answers), len(counts), len(missing))
	return len(missing), out.Flush()
}
