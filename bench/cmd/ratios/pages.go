package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"

	"github.com/clerkgo/clerkgo/bench/internal/plot"
	"github.com/clerkgo/clerkgo/bench/internal/results"
)

// parts are what pages quote. Each stands behind a marker with its name, up to the end marker.
var parts = []struct {
	name string
	text func(r *results.Set, all []compared) string
}{
	{"table", func(r *results.Set, _ []compared) string { return figures(r) }},
	{"missed", func(_ *results.Set, all []compared) string { return missedOf(all) }},
	{"allocations", func(r *results.Set, _ []compared) string { return allocations(r) }},
}

const endMark = "<!-- end -->\n"

func beginMark(part string) string {
	return "<!-- benchmarks: " + part + ". make bench writes this. -->\n"
}

// rewrite writes the parts of a page anew.
func rewrite(page string, r *results.Set, all []compared) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	renewed, err := renew(string(text), r, all)
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	return os.WriteFile(page, []byte(renewed), 0o644)
}

func renew(page string, r *results.Set, all []compared) (string, error) {
	found := false
	for _, part := range parts {
		before, rest, ok := strings.Cut(page, beginMark(part.name))
		if !ok {
			continue
		}
		_, after, ok := strings.Cut(rest, endMark)
		if !ok {
			return "", fmt.Errorf("the part %q has no end", part.name)
		}
		found = true
		page = before + beginMark(part.name) + part.text(r, all) + endMark + after
	}
	if !found {
		return "", errors.New("no part is marked")
	}
	return page, nil
}

// requests are the rows of the table, in the words of users.
var requests = []struct{ name, benchmark string }{
	{"a token seen before", "RepeatedToken"},
	{"a token seen for the first time", "NewToken"},
	{"a session cookie among 15 others", "CookieSession"},
	{"no credential", "NoToken"},
	{"a forged signature", "BadSignature"},
	{"a forgery of 64 KiB", "Forgery64KiB"},
	{"a handshake brought back", "Handshake"},
	{"an expired session refreshed", "Refresh"},
}

// figures are the table of what requests cost.
func figures(r *results.Set) string {
	var b strings.Builder
	b.WriteString("| one request, router included | ours, fastest to slowest of six | fastest JWT middleware | clerk-sdk-go | auth0 |\n|---|---:|---:|---:|---:|\n")
	for _, q := range requests {
		least, most := math.Inf(1), 0.0
		for _, a := range adapters {
			if ns := r.NS(q.benchmark + "/" + a.name); !math.IsNaN(ns) {
				least, most = min(least, ns), max(most, ns)
			}
		}
		ours := "not measured"
		if most > 0 {
			ours = share(least/signature(r)) + " to " + share(most/signature(r))
		}
		fmt.Fprintf(&b, "| %s | %s |", q.name, ours)
		for _, peers := range [][]string{jwtMiddlewares, {"clerk-sdk-go"}, {"auth0"}} {
			fmt.Fprintf(&b, " %s |", share(fastest(r, q.benchmark, peers...)/signature(r)))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nThe unit is one `rsa.VerifyPKCS1v15`, the least that a signature costs: %.1f µs there (%s).\n", signature(r)/1000, strings.Join(r.Config, ", "))
	return b.String()
}

// allocations are those of each adapter, with its router.
func allocations(r *results.Set) string {
	var b strings.Builder
	b.WriteString("| allocations for one request |")
	for _, a := range adapters {
		b.WriteString(" " + a.name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(adapters)) + "\n")
	for _, q := range requests {
		fmt.Fprintf(&b, "| %s |", q.name)
		for _, a := range adapters {
			name := q.benchmark + "/" + a.name
			if n := r.Allocs(name); math.IsNaN(n) {
				b.WriteString(" |")
			} else {
				fmt.Fprintf(&b, " %.0f (%.0f B) |", n, r.Median(name, "B/op"))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

var jwtMiddlewares = []string{"echo-jwt", "fiber-jwt", "gin-jwt", "golang-jwt"}

// signature is the unit.
func signature(r *results.Set) float64 { return r.NS("RepeatedToken/rsa") }

func share(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return ""
	case v < 1:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

var anAdapter = regexp.MustCompile(`\b(gin|echo|echo5|http|fiber|fiber3)clerk\b`)

// missedOf lists what was missed. Adapters that miss the same stand in one row.
func missedOf(all []compared) string {
	type row struct {
		name, limit string
		values      []string
	}
	var rows []row
	measured, missed := 0, 0
	for _, t := range all {
		switch t.verdict() {
		case notMeasured:
			continue
		case miss:
			missed++
		}
		measured++
		if t.verdict() != miss {
			continue
		}
		who := anAdapter.FindString(t.name)
		name := anAdapter.ReplaceAllString(t.name, "an adapter")
		value := t.measured()
		if who != "" {
			value += " (" + who + ")"
		}
		if n := len(rows); n > 0 && rows[n-1].name == name {
			rows[n-1].values = append(rows[n-1].values, value)
			continue
		}
		joined := false
		for i := range rows {
			if rows[i].name == name {
				rows[i].values, joined = append(rows[i].values, value), true
			}
		}
		if !joined {
			rows = append(rows, row{name, t.limit(), []string{value}})
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Of %d targets that were measured %d were missed", measured, missed)
	if missed == 0 {
		b.WriteString(".\n")
		return b.String()
	}
	b.WriteString(":\n\n| missed | target | measured |\n|---|---:|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.name, r.limit, strings.Join(r.values, ", "))
	}
	return b.String()
}

// drawing shows what requests cost, on a logarithmic axis.
func drawing(r *results.Set) string {
	var bars []plot.Bar
	add := func(name, benchmark string, ours bool) {
		if v := r.NS(benchmark) / signature(r); !math.IsNaN(v) {
			bars = append(bars, plot.Bar{Name: name, Value: v, Ours: ours})
		}
	}
	for _, a := range adapters {
		add(a.name, "RepeatedToken/"+a.name, true)
	}
	for _, peer := range middlewares {
		add(peer, "RepeatedToken/"+peer, false)
	}
	return plot.Bars("A token seen before, in signature verifications (logarithmic; less is better)", bars)
}
