package main

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/bench/internal/plot"
)

// report is what a run showed.
type report struct {
	length  time.Duration
	clients int
	note    string
	load    *load
	samples []sample
	events  events
}

// What may be more at the end than after the warm-up: the collector's own unrest, and
// connections that are just being opened.
const (
	heapFactor, heapMore           = 1.1, 8 // MiB
	goroutineFactor, goroutineMore = 1.1, 20
)

// growth compares the median of the last quarter with that of the second, the one after
// the warm-up.
func (r *report) growth(value func(sample) float64) (early, late float64) {
	n := len(r.samples)
	median := func(part []sample) float64 {
		if len(part) == 0 {
			return 0
		}
		var all []float64
		for _, s := range part {
			all = append(all, value(s))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	return median(r.samples[n/4 : n/2]), median(r.samples[n-n/4:])
}

func heapOf(s sample) float64       { return s.heap }
func goroutinesOf(s sample) float64 { return s.goroutines }

// faults are the findings that fail a run.
func (r *report) faults() []string {
	var all []string
	for _, o := range slices.SortedFunc(maps.Keys(r.load.unexpected), func(a, b outcome) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }) {
		all = append(all, fmt.Sprintf("%s through %s was answered %d times: %s", o.kind, o.app, r.load.unexpected[o], o.answer))
	}
	if early, late := r.growth(heapOf); late > early*heapFactor+heapMore {
		all = append(all, fmt.Sprintf("the live heap grew from %.1f to %.1f MiB", early, late))
	}
	if early, late := r.growth(goroutinesOf); late > early*goroutineFactor+goroutineMore {
		all = append(all, fmt.Sprintf("goroutines grew from %.0f to %.0f", early, late))
	}
	return all
}

func (r *report) markdown() string {
	var b strings.Builder
	total := r.load.total.Load()
	fmt.Fprintf(&b, "# Soak\n\n%s of full load on %d processors, %s: %d clients, %d requests, %.0f in a second. Meanwhile the key was rotated %d times,\nClerk failed %d times for %s, %d sessions were revoked and %d new tokens issued.\nAll applications had heard of a revocation within %s; then its tokens are asked for.\n",
		r.length, runtime.GOMAXPROCS(0), runtime.Version(), r.clients, total, float64(total)/r.length.Seconds(), r.events.rotations, r.events.outages, failFor, r.events.revocations, r.events.tokens, r.events.slowest.Round(time.Millisecond))
	if r.note != "" {
		fmt.Fprintf(&b, "%s\n", r.note)
	}
	b.WriteString("\nThe clients, the instance and the six applications share the processors: latencies are those of an overloaded machine, the clients' own waits included.\n\n")
	b.WriteString("| request | answers | 503, where Clerk could not be asked | p50 | p90 | p99 | p99.9 | longest |\n|---|---:|---:|---:|---:|---:|---:|---:|\n")
	for i, k := range kinds {
		h := r.load.latency[i]
		fmt.Fprintf(&b, "| %s | %d | %d |", k.name, h.count(), r.load.away[i].Load())
		for _, q := range []float64{0.5, 0.9, 0.99, 0.999, 1} {
			fmt.Fprintf(&b, " %s |", h.quantile(q).Round(100*time.Microsecond))
		}
		b.WriteString("\n")
	}
	heapEarly, heapLate := r.growth(heapOf)
	early, late := r.growth(goroutinesOf)
	fmt.Fprintf(&b, "\n| | after the warm-up | at the end |\n|---|---:|---:|\n| live heap, MiB | %.1f | %.1f |\n| goroutines | %.0f | %.0f |\n\n", heapEarly, heapLate, early, late)
	if faults := r.faults(); len(faults) > 0 {
		b.WriteString("What was wrong:\n\n")
		for _, f := range faults {
			b.WriteString("- " + f + "\n")
		}
		b.WriteString("\n")
	} else {
		b.WriteString("Every answer was one that is specified, and nothing grew.\n\n")
	}
	b.WriteString("![Live heap, goroutines and latency over time](soak.svg)\n")
	return b.String()
}

func (r *report) plot() string {
	lines := []plot.Line{{Name: "live heap, MiB"}, {Name: "goroutines"}, {Name: "p99, ms"}, {Name: "1,000 requests/s"}}
	for _, s := range r.samples {
		for i, v := range []float64{s.heap, s.goroutines, s.p99, s.rate / 1000} {
			lines[i].X, lines[i].Y = append(lines[i].X, s.at.Seconds()), append(lines[i].Y, v)
		}
	}
	return plot.Plot{Title: "Soak of " + r.length.String(), XLabel: "seconds", YLabel: "see the legend", LogY: true, Lines: lines}.SVG()
}
