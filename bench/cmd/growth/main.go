// Growth reads the output of the benchmarks Growth… and draws how the cost of a request grows:
//
//	go run ./cmd/growth -results results/growth results/growth/raw.txt
//
// It writes a picture for each thing that grows, and growth.md, with the exponent of each line:
// that of the power of x which fits the medians best, by least squares of their logarithms. 0
// says that the cost stays, 1 that it grows as x does.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/bench/internal/plot"
	"github.com/clerkgo/clerkgo/bench/internal/results"
)

func main() {
	dir := flag.String("results", "results/growth", "where growth.md and the pictures are written")
	flag.Parse()
	if err := run(*dir, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "growth:", err)
		os.Exit(1)
	}
}

func run(dir string, files []string) error {
	r := new(results.Set)
	for _, name := range files {
		if err := r.ReadFile(name); err != nil {
			return err
		}
	}
	page, err := report(r, func(name, svg string) error {
		return os.WriteFile(filepath.Join(dir, name), []byte(svg), 0o644)
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "growth.md"), []byte(page), 0o644)
}

// things are what grows, in the order of the page.
var things = []struct{ benchmark, title, unit, note string }{
	{"GrowthPatterns", "Route patterns of a guard", "patterns", "`ProtectRoutes` on Gin, with a remembered token: a path that one of the patterns matches, and one that none does."},
	{"GrowthPermissions", "Permissions in a token", "permissions", "A guard that asks for the last of them. `new` verifies the token each time. clerk-sdk-go reads no more than 64 permissions."},
	{"GrowthCookies", "Other cookies of the browser", "cookies", "A session cookie behind so many others, parsed anew for each request. On Fiber that includes parsing the header, which servers on net/http have done before; `fiberclerk` also compares the cookies as they came with those that other middleware may have changed."},
	{"GrowthTenants", "Tenants of one application", "tenants", "`MiddlewareFunc` on Gin; the tenants ask in turn, each with a token that is remembered."},
	{"GrowthLiveTokens", "Tokens alive at the same time", "tokens", "Shown in turn. Ours remembers all of them: what grows is the memory's own latency. The others verify each time."},
	{"GrowthClients", "Clients at the same time", "clients", "So many goroutines ask one application for all they can; the time is that of a request, all processors together."},
}

// report returns the page, and hands each picture to draw.
func report(r *results.Set, draw func(name, svg string) error) (string, error) {
	var b strings.Builder
	b.WriteString("# Growth\n\nWritten by `make bench-growth`. " + strings.Join(r.Config, ", ") + fmt.Sprintf("; medians of %d runs.\n\n", r.Runs()) +
		"The exponent is that of the power of x that fits a line best (least squares of the logarithms): 0 stays, 1 grows as x does.\n")
	found := false
	for _, t := range things {
		lines := linesOf(r, t.benchmark)
		if len(lines) == 0 {
			continue
		}
		found = true
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| | %s | µs for a request | exponent |\n|---|---:|---:|---:|\n", t.title, t.note, t.unit)
		for i, l := range lines {
			k, last := plot.Exponent(l.X, l.Y), len(l.X)-1
			fmt.Fprintf(&b, "| %s | %.0f to %.0f | %.2f to %.2f | %.2f |\n", l.Name, l.X[0], l.X[last], l.Y[0], l.Y[last], k)
			lines[i].Name = fmt.Sprintf("%s: %.2f", l.Name, k)
		}
		picture := strings.ToLower(strings.TrimPrefix(t.benchmark, "Growth")) + ".svg"
		svg := plot.Plot{Title: t.title + ", and the exponent", XLabel: t.unit, YLabel: "µs", LogX: true, LogY: true, Lines: lines}.SVG()
		if err := draw(picture, svg); err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "\n![%s](%s)\n", t.title, picture)
	}
	if !found {
		return "", errors.New("no benchmarks of growth in the input")
	}
	return b.String(), nil
}

// linesOf are the medians of a benchmark, in microseconds, a line for each subject.
func linesOf(r *results.Set, benchmark string) []plot.Line {
	type point struct{ x, y float64 }
	points := map[string][]point{}
	for _, name := range r.Names(benchmark + "/") {
		slash := strings.LastIndexByte(name, '/')
		x, err := strconv.ParseFloat(name[slash+1:], 64)
		if slash < 0 || err != nil {
			continue
		}
		points[name[:slash]] = append(points[name[:slash]], point{x, r.NS(benchmark+"/"+name) / 1000})
	}
	lines := make([]plot.Line, 0, len(points))
	for name, ps := range points {
		slices.SortFunc(ps, func(a, b point) int { return cmp.Compare(a.x, b.x) })
		l := plot.Line{Name: strings.ReplaceAll(name, "_", " ")}
		for _, p := range ps {
			l.X, l.Y = append(l.X, p.x), append(l.Y, p.y)
		}
		lines = append(lines, l)
	}
	// Ours come first.
	slices.SortFunc(lines, func(a, b plot.Line) int {
		return cmp.Or(cmp.Compare(order(a.Name), order(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return lines
}

func order(name string) int {
	switch {
	case strings.HasPrefix(name, "ginclerk"):
		return 0
	case strings.HasPrefix(name, "fiberclerk"):
		return 1
	}
	return 2
}
