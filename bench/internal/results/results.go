package main

import (
	"bufio"
	"fmt"
	"io"
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

// results are the numbers of one run.
type results struct {
	samples map[key][]float64
	config  []string // what go test says about the machine
}

func (r *results) readFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return r.read(f)
}

var procsSuffix = regexp.MustCompile(`-(\d+)$`)

// read adds the benchmarks of one output. Other lines are skipped.
func (r *results) read(in io.Reader) error {
	if r.samples == nil {
		r.samples = make(map[key][]float64)
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		for _, name := range []string{"goos:", "goarch:", "cpu:", "go:", "date:", "commit:"} {
			if strings.HasPrefix(line, name) && !slices.Contains(r.config, line) {
				r.config = append(r.config, line)
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
func (r *results) add(fields []string) error {
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

// runs is how often the most frequent benchmark was run.
func (r *results) runs() int {
	most := 0
	for _, s := range r.samples {
		most = max(most, len(s))
	}
	return most
}

// median returns the median of a benchmark on any number of processors, NaN if
// it was not run.
func (r *results) median(name, unit string) float64 {
	var all []float64
	for k, s := range r.samples {
		if k.name == name && k.unit == unit {
			all = append(all, s...)
		}
	}
	return median(all)
}

// medianOn is median on so many processors.
func (r *results) medianOn(procs int, name, unit string) float64 {
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

// ns and allocs are what is asked for most often.
func (r *results) ns(name string) float64 { return r.median(name, "ns/op") }

func (r *results) allocs(name string) float64 { return r.median(name, "allocs/op") }

// most returns the largest n for which there is a benchmark prefix<n>suffix.
func (r *results) most(prefix, suffix string) int {
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
