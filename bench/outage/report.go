package main

import (
	"fmt"
	"net/http"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// table finds cells by what they are about.
type table map[[3]string]*cell

func (t table) at(s *subject, f *fault, r *row) *cell { return t[[3]string{s.name, f.name, r.name}] }

// report writes what was measured as Markdown.
func (c *config) report(cells []*cell, took time.Duration) string {
	t := table{}
	for _, one := range cells {
		t[[3]string{one.subject.name, one.fault.name, one.row.name}] = one
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# An outage of Clerk, seen by an application's users\n\n")
	fmt.Fprintf(&b, "Written by `make bench-outage` in %.0f minutes, on %s/%s with %d processors, %s, Node.js %s.\n"+
		"Applications with default options on production instances of clerktest, each behind a proxy that fails; %d requests a cell, one after the other\n"+
		"(%d where half of the calls fail), and the 100 made-up key ids at once.\n\n",
		took.Minutes(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), nodeVersion(), requests, requestsHalf)
	b.WriteString(legend)
	c.summary(&b, t)
	c.overview(&b, t)
	for i := range c.rows {
		c.details(&b, t, &c.rows[i])
	}
	return b.String()
}

const legend = `What an answer is worth:

- **untruthful**: a credential that could not be checked is called signed out (401, 403, 404, a sign-in page, an anonymous page where the middleware can tell), or its user is
  sent to a page of Clerk's that is down (a handshake);
- **over 12 s**: the client gave up;
- **truthful**: neither; but late (a wait of more than 0.5 s where nothing has to be asked, 2.5 s where something has), or 503 where the answer could be known, or an error that is no 503;
- **as wanted**: the rest: the page, or 503 where nothing can be known.

A dash stands for what a subject cannot do in calm times either. A subject that cannot tell its application that an identity is unknown is judged by status and redirect alone. Where half of
the calls fail, a 4xx for a made-up key id counts as checked.

`

func nodeVersion() string {
	out, err := exec.Command("node", "--version").Output() //nolint:noctx // it prints a line
	if err != nil {
		return "not found"
	}
	return strings.TrimSpace(string(out))
}

func seconds(d time.Duration) string {
	if d < 0 {
		return fmt.Sprintf("over %.0f s", pollLimit.Seconds())
	}
	if d >= clientTimeout {
		return fmt.Sprintf("over %.0f s", clientTimeout.Seconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// sums of cells.
type sums struct {
	cells             int
	worst             [untruthful + 1]int // cells by their worst answer
	longest, recovery time.Duration       // recovery: negative when it was not seen
	calls, requests   int64
	kidCalls          int64
	pages, readable   int // answers of 503, but those of a handler of the application's
}

func (s *sums) add(one *cell) {
	r := &one.result
	s.cells++
	s.worst[slices.Max(r.verdicts)]++
	_, longest := r.waits()
	s.longest = max(s.longest, longest)
	if s.recovery >= 0 && (r.recovery < 0 || r.recovery > s.recovery) {
		s.recovery = r.recovery
	}
	for _, a := range r.answers {
		if a.status == http.StatusServiceUnavailable && one.row.name != rowUser {
			s.pages++
			if a.readable {
				s.readable++
			}
		}
	}
	if one.row.name == rowKids {
		s.kidCalls = max(s.kidCalls, r.calls)
		return
	}
	s.calls += r.calls
	s.requests += int64(len(r.answers))
}

func (s *sums) perRequest() string {
	if s.requests == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", float64(s.calls)/float64(s.requests))
}

func (c *config) summary(b *strings.Builder, t table) {
	b.WriteString("## All cells\n\n| Subject | Cells | As wanted | Truthful | Over 12 s | Untruthful | Longest wait | Calls per request, calm | in a fault | " +
		"Most calls for 100 made-up key ids | Longest recovery | 503 that a person can read |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for i := range c.subjects {
		s := &c.subjects[i]
		var quiet, loud sums
		for j := range c.rows {
			r := &c.rows[j]
			if t.at(s, &calm, r).cannot {
				continue
			}
			quiet.add(t.at(s, &calm, r))
			for k := range c.faults {
				loud.add(t.at(s, &c.faults[k], r))
			}
		}
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d | %s | %s | %s | %d | %s | %d of %d |\n", s.name, loud.cells,
			loud.worst[wanted], loud.worst[truthful], loud.worst[unanswered], loud.worst[untruthful],
			seconds(loud.longest), quiet.perRequest(), loud.perRequest(), loud.kidCalls, recovered(loud.recovery), loud.readable, loud.pages)
	}
	b.WriteString("\nA cell counts by its worst answer.\n\n")
}

func recovered(d time.Duration) string {
	if d < 0 {
		return fmt.Sprintf("over %.0f s", pollLimit.Seconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// overview shows the answers and the longest wait, faults that fail alike together.
func (c *config) overview(b *strings.Builder, t table) {
	groups := []struct {
		title  string
		faults []*fault
	}{{title: "Calls fail at once"}, {title: "Calls hang"}}
	for i := range c.faults {
		g := 1
		if c.faults[i].atOnce {
			g = 0
		}
		groups[g].faults = append(groups[g].faults, &c.faults[i])
	}
	b.WriteString("## In short\n\nThe kinds of answers, with the longest wait. Ours are the six adapters together. Bold is untruthful.\n\n| Request |")
	for _, g := range groups {
		fmt.Fprintf(b, " %s: ours | @clerk/express | clerk-sdk-go |", g.title)
	}
	b.WriteString("\n|---|---|---|---|---|---|---|\n")
	for i := range c.rows {
		fmt.Fprintf(b, "| %s |", c.rows[i].title)
		for _, g := range groups {
			for _, of := range []func(s *subject) bool{
				func(s *subject) bool { return s.ours },
				func(s *subject) bool { return s.name == "@clerk/express" },
				func(s *subject) bool { return s.name == "clerk-sdk-go" },
			} {
				var cells []*cell
				for j := range c.subjects {
					s := &c.subjects[j]
					if !of(s) || t.at(s, &calm, &c.rows[i]).cannot {
						continue
					}
					for _, f := range g.faults {
						cells = append(cells, t.at(s, f, &c.rows[i]))
					}
				}
				fmt.Fprintf(b, " %s |", short(cells))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// short names the answers of cells, and the longest wait.
func short(cells []*cell) string {
	if len(cells) == 0 {
		return "–"
	}
	longest := time.Duration(0)
	kinds := map[string]verdict{}
	for _, one := range cells {
		for i, a := range one.result.answers {
			kinds[a.String()] = max(kinds[a.String()], one.result.verdicts[i])
		}
		_, wait := one.result.waits()
		longest = max(longest, wait)
	}
	if longest >= clientTimeout {
		return named(kinds)
	}
	return named(kinds) + ", " + seconds(longest)
}

// named lists kinds of answers, the untruthful ones in bold.
func named(kinds map[string]verdict) string {
	list := make([]string, 0, len(kinds))
	for kind, v := range kinds {
		if v == untruthful {
			kind = "**" + kind + "**"
		}
		list = append(list, kind)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// details is the table of a row: a line for each subject, a column for each fault.
func (c *config) details(b *strings.Builder, t table, r *row) {
	fmt.Fprintf(b, "## %s\n\nAnswers; median and longest wait; calls per request; recovery.\n\n| Subject | %s |", capital(r.title), calm.title)
	for i := range c.faults {
		fmt.Fprintf(b, " %s |", c.faults[i].title)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(c.faults)) + "\n")
	for i := range c.subjects {
		s := &c.subjects[i]
		quiet := t.at(s, &calm, r)
		if quiet.cannot {
			fmt.Fprintf(b, "| %s | – (%s) |%s\n", s.name, quiet.result.text(false), strings.Repeat(" – |", len(c.faults)))
			continue
		}
		fmt.Fprintf(b, "| %s | %s |", s.name, quiet.result.line(false))
		for j := range c.faults {
			fmt.Fprintf(b, " %s |", t.at(s, &c.faults[j], r).result.line(true))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// text lists the answers, with how often each came where there are several.
func (r *result) text(judged bool) string {
	counts, kinds := map[string]int{}, map[string]verdict{}
	for i, a := range r.answers {
		counts[a.String()]++
		kinds[a.String()] = max(kinds[a.String()], r.verdicts[i])
	}
	list := make([]string, 0, len(counts))
	for kind, n := range counts {
		text := kind
		if len(counts) > 1 {
			text = fmt.Sprintf("%d × %s", n, kind)
		}
		if judged && kinds[kind] == untruthful {
			text = "**" + text + "**"
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func (r *result) line(fault bool) string {
	median, longest := r.waits()
	text := fmt.Sprintf("%s; %.1f, %s; %.2f", r.text(fault), median.Seconds(), seconds(longest), float64(r.calls)/float64(len(r.answers)))
	if fault {
		text += "; " + recovered(r.recovery)
	}
	return text
}
