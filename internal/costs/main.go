// Command costs measures what a stranger can make core do: for every place that he
// can write to, and every pattern that parsers dislike, it prints how many bytes are
// allocated and how many steps are taken. It is built with coverage counters, which
// are the steps: how often each block of statements ran, in core and in what it
// calls. Searches and copies that the standard library does in assembly count as one
// step; where they repeat, the allocated bytes or the loop around them tell.
//
// TestCosts of this folder builds it, runs it, and judges.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"runtime"
	"runtime/coverage"
	"runtime/debug"
	"strings"
)

// Cost is one line of the output.
type Cost struct {
	Place   string `json:"place"`
	Pattern string `json:"pattern"`
	Size    int    `json:"size"` // of the pattern
	Sent    int    `json:"sent"` // by the stranger, in bytes
	Bytes   uint64 `json:"bytes"`
	Steps   uint64 `json:"steps"`
}

func main() {
	only := flag.String("place", "", "measure only places whose name contains this")
	every := flag.Int("every", 1, "measure only every n-th pattern of a place, each place beginning with another")
	flag.Parse()
	if err := run(os.Stdout, *only, *every); err != nil {
		_, _ = io.WriteString(os.Stderr, "costs: "+err.Error()+"\n")
		os.Exit(1)
	}
}

func run(w io.Writer, only string, every int) error {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(1 << 30) // What hostile input allocates is much, in the worst case.
	s, err := newSetup()
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	turn := 0
	for _, p := range s.places() {
		if !strings.Contains(p.name, only) {
			continue
		}
		for _, pattern := range p.patterns {
			if turn++; turn%every != 0 {
				continue
			}
			for _, size := range [...]int{1 << 10, 4 << 10, 16 << 10, 64 << 10} {
				sent, work := p.send(pattern.of(size))
				c, err := measure(work)
				if err != nil {
					return err
				}
				c.Place, c.Pattern, c.Size, c.Sent = p.name, pattern.name, size, sent
				if err := out.Encode(c); err != nil {
					return err
				}
			}
		}
	}
	return s.unknownHeaders()
}

// measure returns the least that work allocates, and its least steps: what runs beside it counts too.
func measure(work func()) (Cost, error) {
	var c Cost
	var before, after runtime.MemStats
	for i := range 2 {
		runtime.ReadMemStats(&before)
		work()
		runtime.ReadMemStats(&after)
		if bytes := after.TotalAlloc - before.TotalAlloc; i == 0 || bytes < c.Bytes {
			c.Bytes = bytes
		}
	}
	for i := range 2 {
		if err := coverage.ClearCounters(); err != nil {
			return c, err
		}
		work()
		n, err := steps()
		if err != nil {
			return c, err
		}
		if i == 0 || n < c.Steps {
			c.Steps = n
		}
	}
	if after.HeapAlloc > 512<<20 {
		runtime.GC()
	}
	return c, nil
}

// steps is the sum of all counters.
func steps() (uint64, error) {
	var b bytes.Buffer
	if err := coverage.WriteCounters(&b); err != nil {
		return 0, err
	}
	return sumCounters(b.Bytes())
}

var errCounters = errors.New("the coverage counters have a form that is not known")

// sumCounters reads the file format of Go's coverage counters: a header, one segment
// with a string table and arguments, and for each function that ran the number of
// its counters, two ids and the counters.
func sumCounters(b []byte) (sum uint64, err error) {
	const header, segment, flavor, uleb128 = 32, 16, 24, 2
	if len(b) < header+segment || !bytes.HasPrefix(b, []byte("\x00cwm")) || b[flavor] != uleb128 {
		return 0, errCounters
	}
	b = b[header:]
	functions := binary.LittleEndian.Uint64(b)
	tables := int(binary.LittleEndian.Uint32(b[8:])) + int(binary.LittleEndian.Uint32(b[12:]))
	at := segment + tables
	at += (4 - (header+at)%4) % 4
	if at > len(b) {
		return 0, errCounters
	}
	b = b[at:]
	next := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			err = errCounters
			return 0
		}
		b = b[n:]
		return v
	}
	for range functions {
		counters := next()
		next() // of the package
		next() // of the function
		for range counters {
			sum += next()
		}
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}
