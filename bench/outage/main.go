// Outage compares what an outage of Clerk does to applications: with each of our
// adapters, with @clerk/express, and with clerk-sdk-go's middleware, each behind a
// proxy of its own that fails in eight ways.
//
//	npm ci --prefix outage/express
//	go run ./outage
//
// It prints a table, and writes it to results/outage.md. Nothing leaves this machine:
// the instances are clerktest's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"
)

// config says what is measured.
type config struct {
	subjects []subject
	faults   []fault // besides calm times
	rows     []row
	parallel int
	progress io.Writer
}

func main() {
	subjectNames := flag.String("subjects", "", "only these, for example httpclerk,@clerk/express")
	faultNames := flag.String("faults", "", "only these: "+strings.Join(names(faults, faultName), ", "))
	rowNames := flag.String("rows", "", "only these: "+strings.Join(names(rows, rowName), ", "))
	quick := flag.Bool("quick", false, "only httpclerk, one fault and few rows, in seconds; nothing is written")
	out := flag.String("o", "results/outage.md", "file for the table; empty writes none")
	c := config{progress: os.Stderr}
	flag.IntVar(&c.parallel, "parallel", 24, "cells at the same time; most of them wait")
	flag.StringVar(&expressDir, "express", expressDir, "directory of the Express application")
	flag.Parse()
	if *quick {
		*subjectNames, *faultNames, *rowNames, *out = quickSubjects, quickFaults, quickRows, ""
	}

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	err := errors.Join(
		choose(&c.subjects, subjects(), *subjectNames, subjectName),
		choose(&c.faults, faults, *faultNames, faultName),
		choose(&c.rows, rows, *rowNames, rowName),
	)
	if err == nil {
		err = c.compare(ctx, os.Stdout, *out)
	}
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "outage:", err)
		os.Exit(1)
	}
}

// What -quick measures.
const (
	quickSubjects = "httpclerk"
	quickFaults   = "500"
	quickRows     = "public,known,machine"
)

func subjectName(s subject) string { return s.name }
func faultName(f fault) string     { return f.name }
func rowName(r row) string         { return r.name }

func names[T any](all []T, name func(T) string) []string {
	list := make([]string, 0, len(all))
	for _, x := range all {
		list = append(list, name(x))
	}
	return list
}

// choose sets chosen to those of all that a list names, or to all.
func choose[T any](chosen *[]T, all []T, list string, name func(T) string) error {
	if list == "" {
		*chosen = all
		return nil
	}
	for wanted := range strings.SplitSeq(list, ",") {
		i := slices.Index(names(all, name), strings.TrimSpace(wanted))
		if i < 0 {
			return fmt.Errorf("there is no %q among %s", wanted, strings.Join(names(all, name), ", "))
		}
		*chosen = append(*chosen, all[i])
	}
	return nil
}

// compare measures, prints the table, and writes it to a file.
func (c *config) compare(ctx context.Context, w io.Writer, file string) error {
	began := time.Now()
	cells, err := c.measure(ctx)
	if err != nil {
		return err
	}
	text := c.report(cells, time.Since(began))
	if _, err := io.WriteString(w, text); err != nil || file == "" {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o600)
}

// measure measures each subject in calm times, and then in every fault what it can do
// in calm times.
func (c *config) measure(ctx context.Context) ([]*cell, error) {
	var quiet, loud []*cell
	cannot := map[[2]string]bool{}
	for i := range c.subjects {
		for j := range c.rows {
			quiet = append(quiet, &cell{subject: &c.subjects[i], fault: &calm, row: &c.rows[j], number: len(quiet)})
		}
	}
	if err := c.run(ctx, quiet); err != nil {
		return nil, err
	}
	for _, q := range quiet {
		q.cannot = slices.ContainsFunc(q.result.answers, func(a answer) bool { return !q.row.right(a) })
		cannot[[2]string{q.subject.name, q.row.name}] = q.cannot
	}
	// The longest first.
	for f := range slices.Backward(c.faults) {
		for _, q := range quiet {
			if !q.cannot {
				loud = append(loud, &cell{subject: q.subject, fault: &c.faults[f], row: q.row, number: len(quiet) + len(loud)})
			}
		}
	}
	return append(quiet, loud...), c.run(ctx, loud)
}

// run measures cells, several at the same time.
func (c *config) run(ctx context.Context, cells []*cell) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(cells))
	places := make(chan struct{}, max(c.parallel, 1))
	var mu sync.Mutex
	done := 0
	var wg sync.WaitGroup
	for i, one := range cells {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			if ctx.Err() != nil {
				return
			}
			if errs[i] = one.run(ctx); errs[i] != nil {
				cancel()
			}
			mu.Lock()
			defer mu.Unlock()
			if done++; done%50 == 0 {
				_, _ = fmt.Fprintf(c.progress, "outage: %d of %d cells\n", done, len(cells))
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return ctx.Err()
}
