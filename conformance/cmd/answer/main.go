// Command answer answers conformance cases with package core: JSON lines in, JSON lines out, in the
// same order.
//
//	go run ./cmd/answer < cases.jsonl > got.jsonl
//	go run ./cmd/answer -patterns < patterns.jsonl > got.jsonl
//	go run ./cmd/answer -adapter gin < cases.jsonl > got.jsonl
//
// It ends with status 2 when a line cannot be read.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/clerkgo/clerkgo/conformance/adapters"
	"github.com/clerkgo/clerkgo/conformance/answer"
	"github.com/clerkgo/clerkgo/conformance/protocol"
)

func main() {
	patterns := flag.Bool("patterns", false, "answer pattern cases")
	adapter := flag.String("adapter", "", "send the cases through an adapter: gin, echo, fiber, echo5, fiber3 or http")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *patterns, *adapter); err != nil {
		fmt.Fprintln(os.Stderr, "answer:", err)
		os.Exit(2)
	}
}

func run(r io.Reader, w io.Writer, patterns bool, adapter string) error {
	switch {
	case patterns:
		return answer.Lines(r, w, answer.Patterns)
	case adapter != "":
		engine, err := adapters.NewEngine(adapter)
		if err != nil {
			return err
		}
		defer engine.Close()
		return answer.Lines(r, w, func(c *protocol.Case) (*adapters.Answer, error) {
			return engine.Answer(context.Background(), c)
		})
	}
	engine := answer.NewEngine()
	defer engine.Close()
	return answer.Lines(r, w, func(c *protocol.Case) (*protocol.Answer, error) {
		return engine.Answer(context.Background(), c)
	})
}
