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

// quantity is something of the process that must not grow. Over the last half of a run, when
// everything that fills has been full for long, the line through its samples (least squares) may
// rise by no more than a share of their mean and a little more: the collector's own unrest, and
// connections that an outage opened and that are not closed yet.
type quantity struct {
	name        string
	of          func(sample) float64
	share, more float64
}

var quantities = []quantity{
	{"live heap, MiB", heapOf, 0.05, 2},
	{"goroutines", goroutinesOf, 0.05, 20},
}

// growth is what became of a quantity.
type growth struct {
	quantity

	early, late float64 // the medians of the second quarter, the one after the warm-up, and of the last
	rise        float64 // of the line, over the last half
	bound       float64 // of rise
}

func (g growth) isTooMuch() bool { return g.rise > g.bound }

func (r *report) growth(q quantity) growth {
	n := len(r.samples)
	half := r.samples[n/2:]
	g := growth{quantity: q, early: median(r.samples[n/4:n/2], q.of), late: median(r.samples[n-n/4:], q.of)}
	slope, mean := line(half, q.of)
	if len(half) > 1 {
		g.rise = slope * (half[len(half)-1].at - half[0].at).Seconds()
	}
	g.bound = q.share*mean + q.more
	return g
}

func median(part []sample, of func(sample) float64) float64 {
	if len(part) == 0 {
		return 0
	}
	var all []float64
	for _, s := range part {
		all = append(all, of(s))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// line fits a line by least squares, and returns its slope, for a second, and the mean. The slope
// of less than two samples is 0.
func line(part []sample, of func(sample) float64) (slope, mean float64) {
	if len(part) == 0 {
		return 0, 0
	}
	n, at := float64(len(part)), 0.0
	for _, s := range part {
		at += s.at.Seconds() / n
		mean += of(s) / n
	}
	var both, spread float64
	for _, s := range part {
		d := s.at.Seconds() - at
		both += d * (of(s) - mean)
		spread += d * d
	}
	if spread == 0 {
		return 0, mean
	}
	return both / spread, mean
}

func heapOf(s sample) float64       { return s.heap }
func goroutinesOf(s sample) float64 { return s.goroutines }

// faults are the findings that fail a run.
func (r *report) faults() []string {
	var all []string
	for _, o := range slices.SortedFunc(maps.Keys(r.load.unexpected), func(a, b outcome) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }) {
		all = append(all, fmt.Sprintf("%s through %s was answered %d times: %s", o.kind, o.app, r.load.unexpected[o], o.answer))
	}
	for _, q := range quantities {
		if g := r.growth(q); g.isTooMuch() {
			all = append(all, fmt.Sprintf("%s: the last half of the run rises by %.1f, more than %.1f", g.name, g.rise, g.bound))
		}
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
	b.WriteString("\n| | after the warm-up | at the end | rise of the last half | of which are allowed | |\n|---|---:|---:|---:|---:|---|\n")
	for _, q := range quantities {
		g, verdict := r.growth(q), "does not grow"
		if g.isTooMuch() {
			verdict = "GROWS"
		}
		fmt.Fprintf(&b, "| %s | %.1f | %.1f | %.1f | %.1f | %s |\n", g.name, g.early, g.late, g.rise, g.bound, verdict)
	}
	b.WriteString("\nThe rise is that of the line that fits the samples of the last half best (least squares).\n\n")
	if faults := r.faults(); len(faults) > 0 {
		b.WriteString("What was wrong:\n\n")
		for _, f := range faults {
			b.WriteString("- " + f + "\n")
		}
		b.WriteString("\n")
	} else {
		b.WriteString("Every answer was one that is specified, and nothing grew after the warm-up.\n\n")
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
