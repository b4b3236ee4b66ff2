// Package results reads the output of "go test -bench", and computes medians.
package results

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// key names what was measured: a benchmark without "Benchmark", the number of
// processors, and a unit.
type key struct {
	name  string
	procs int
	unit  string
}

// Set is the numbers of one run, or several. The zero value is empty.
type Set struct {
	samples map[key][]float64
	// Config is what is said about the machine, a line each.
	Config []string
}

// ReadFile adds the benchmarks of a file.
func (r *Set) ReadFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return r.Read(f)
}

var procsSuffix = regexp.MustCompile(`-(\d+)$`)

// Read adds the benchmarks of one output. Other lines are skipped.
func (r *Set) Read(in io.Reader) error {
	if r.samples == nil {
		r.samples = make(map[key][]float64)
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		for _, name := range []string{"goos:", "goarch:", "cpu:", "go:", "date:", "commit:"} {
			if strings.HasPrefix(line, name) && !slices.Contains(r.Config, line) {
				r.Config = append(r.Config, line)
			}
		}
		if err := r.add(strings.Fields(line)); err != nil {
			return fmt.Errorf("%w in %q", err, line)
		}
	}
	return lines.Err()
}

// add reads the fields of a line such as
//
//	BenchmarkX/y-2  1000  512 ns/op  0 B/op  0 allocs/op
func (r *Set) add(fields []string) error {
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return nil
	}
	k := key{name: strings.TrimPrefix(fields[0], "Benchmark"), procs: 1}
	if m := procsSuffix.FindStringSubmatchIndex(k.name); m != nil {
		procs, err := strconv.Atoi(k.name[m[2]:m[3]])
		if err != nil {
			return err
		}
		k.name, k.procs = k.name[:m[0]], procs
	}
	for i := 2; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return err
		}
		k.unit = fields[i+1]
		r.samples[k] = append(r.samples[k], value)
	}
	return nil
}

// Runs is how often the most frequent benchmark was run.
func (r *Set) Runs() int {
	most := 0
	for _, s := range r.samples {
		most = max(most, len(s))
	}
	return most
}

// Median returns the median of a benchmark on any number of processors, NaN if
// it was not run.
func (r *Set) Median(name, unit string) float64 {
	var all []float64
	for k, s := range r.samples {
		if k.name == name && k.unit == unit {
			all = append(all, s...)
		}
	}
	return median(all)
}

// MedianOn is [Set.Median] on so many processors.
func (r *Set) MedianOn(procs int, name, unit string) float64 {
	return median(r.samples[key{name, procs, unit}])
}

func median(samples []float64) float64 {
	if len(samples) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(samples))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// NS is the median time of a benchmark, in nanoseconds.
func (r *Set) NS(name string) float64 { return r.Median(name, "ns/op") }

// Allocs is the median number of a benchmark's allocations.
func (r *Set) Allocs(name string) float64 { return r.Median(name, "allocs/op") }

// Most returns the largest n for which there is a benchmark prefix<n>suffix.
func (r *Set) Most(prefix, suffix string) int {
	most := 0
	for k := range r.samples {
		text, ok := strings.CutPrefix(k.name, prefix)
		if !ok {
			continue
		}
		if text, ok = strings.CutSuffix(text, suffix); !ok {
			continue
		}
		if n, err := strconv.Atoi(text); err == nil {
			most = max(most, n)
		}
	}
	return most
}

// Empty reports whether nothing was read.
func (r *Set) Empty() bool { return len(r.samples) == 0 }

// Names returns the benchmarks whose names begin with prefix, in order, without it.
func (r *Set) Names(prefix string) []string {
	found := map[string]bool{}
	for k := range r.samples {
		if rest, ok := strings.CutPrefix(k.name, prefix); ok {
			found[rest] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
