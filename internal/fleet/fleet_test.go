package fleet

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var write = flag.Bool("write", false, "write the table into docs/fleets.md")

// sigmas is how far a simulation may be from a formula, in standard deviations: by chance it is in one
// of two million cases.
const sigmas = 5

// TestTokensOnProcesses deals requests out, and counts who has seen the token.
func TestTokensOnProcesses(t *testing.T) {
	t.Parallel()
	const tokens = 20_000
	for _, processes := range []int{1, 2, 3, 10, 100, 1000} {
		for _, k := range []int{1, 2, 10, 50, 200} {
			for _, balancer := range []Balancer{Sticky, RoundRobin} {
				t.Run(fmt.Sprintf("%d processes, %d requests, balancer %d", processes, k, balancer), func(t *testing.T) {
					t.Parallel()
					rng := rand.New(rand.NewPCG(uint64(processes), uint64(k)))
					seen := make([]int, processes) // the last token, from 1
					hits := 0
					for token := 1; token <= tokens; token++ {
						at := rng.IntN(processes)
						for range k {
							if balancer == RoundRobin {
								at = rng.IntN(processes)
							}
							if seen[at] == token {
								hits++
							}
							seen[at] = token
						}
					}
					load := Load{Requests: float64(k), Renewal: time.Second}
					got, want := float64(hits)/float64(tokens*k), load.Hits(balancer, float64(processes))
					sd := math.Sqrt(balancer.variance(float64(processes), float64(k))/tokens) / float64(k)
					if math.Abs(got-want) > sigmas*sd+1e-9 {
						t.Errorf("the simulation has %.6f, the formula %.6f, with a standard deviation of %.6f", got, want, sd)
					}
				})
			}
		}
	}
}

// TestKeptAnswers has things asked about at random times, at processes by turns, each of which keeps the
// answer for a while, or all together.
func TestKeptAnswers(t *testing.T) {
	t.Parallel()
	const begins, ends = 400.0, 4000.0 // seconds; before, it is not yet as it is always
	for _, tt := range []struct {
		things, processes int
		rate, age         float64 // of one thing a second, and in seconds
		shared            bool
	}{
		{things: 50, processes: 3, rate: 2, age: 10},
		{things: 50, processes: 3, rate: 2, age: 10, shared: true},
		{things: 50, processes: 1, rate: 2, age: 10},
		{things: 20, processes: 100, rate: 1, age: 10},
		{things: 100, processes: 10, rate: 0.02, age: 60},
		{things: 100, processes: 10, rate: 0.02, age: 60, shared: true},
		{things: 20, processes: 4, rate: 0.5, age: 0},
	} {
		t.Run(fmt.Sprintf("%+v", tt), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(1, uint64(tt.things*tt.processes)))
			until := make(map[[2]int]float64)
			asked := 0
			for at := 0.0; at < ends; at += rng.ExpFloat64() / (tt.rate * float64(tt.things)) {
				keeper := [2]int{rng.IntN(tt.things), rng.IntN(tt.processes)}
				if tt.shared {
					keeper[1] = 0
				}
				if at < until[keeper] {
					continue
				}
				until[keeper] = at + tt.age
				if at >= begins {
					asked++
				}
			}
			keepers := float64(tt.processes)
			if tt.shared {
				keepers = 1
			}
			all, rate := float64(tt.things)*keepers, tt.rate/keepers
			want := Kept(all, rate, time.Duration(tt.age*float64(time.Second))) * (ends - begins)
			// A renewal process with cycles of mean m and variance v has the variance v/m^3 for each unit
			// of time, and at both ends a cycle that is cut, by which it varies by less than one.
			m, v := tt.age+1/rate, 1/(rate*rate)
			sd := math.Sqrt(all * (v/(m*m*m)*(ends-begins) + 1))
			if math.Abs(float64(asked)-want) > sigmas*sd {
				t.Errorf("the simulation asks %d times, the formula says %.1f, with a standard deviation of %.1f", asked, want, sd)
			}
		})
	}
}

// The load and the settings of the table.
var (
	load = Load{
		Users: 10_000, Requests: 0.2, Renewal: 50 * time.Second, Current: 0.1, Handshakes: 3,
		Machines: 50, MachineRequests: 100,
	}
	settings = Settings{KeyTTL: 5 * time.Minute, UserAge: 5 * time.Minute, MachineAge: 10 * time.Second}
)

const limit = 100.0 // calls a second: 1,000 in ten

// TestTable holds the table of docs/fleets.md to the formulas.
func TestTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("| Processes | Token seen before, by turns | sticky | Keys | Handshakes | `CurrentUser`, off | each alone | shared | Machine tokens, off | each alone | shared | All, off | each alone | shared |\n")
	b.WriteString("|" + strings.Repeat("---|", 14) + "\n")
	for _, processes := range []float64{1, 10, 100, 1000} {
		off := load.Calls(Settings{KeyTTL: settings.KeyTTL}, processes, false)
		alone, shared := load.Calls(settings, processes, false), load.Calls(settings, processes, true)
		fmt.Fprintf(&b, "| %s | %.1f %% | %.1f %% | %s | %s", thousands(processes), 100*load.Hits(RoundRobin, processes), 100*load.Hits(Sticky, processes), calls(off.Keys), calls(off.Handshakes))
		for _, c := range []float64{off.Users, alone.Users, shared.Users, off.Machines, alone.Machines, shared.Machines, off.Sum(), alone.Sum(), shared.Sum()} {
			b.WriteString(" | " + calls(c))
		}
		b.WriteString(" |\n")
	}
	const begin, end = "<!-- on paper -->\n", "<!-- end of on paper -->\n"
	name := filepath.Join("..", "..", "docs", "fleets.md")
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), begin)
	table, after, found2 := strings.Cut(rest, end)
	if !found || !found2 {
		t.Fatalf("%s has no place for the table", name)
	}
	if table == b.String() {
		return
	}
	if !*write {
		t.Fatalf("the table of %s is not what the formulas say: go test ./internal/fleet -run TestTable -write\n%s", name, b.String())
	}
	if err := os.WriteFile(name, []byte(before+begin+b.String()+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// calls writes calls a second; those over Clerk's limit stand out.
func calls(c float64) string {
	text := fmt.Sprintf("%.1f", c)
	if c >= 10 {
		text = fmt.Sprintf("%.0f", c)
	}
	if c > limit {
		text = "**" + text + "**"
	}
	return text
}

func thousands(n float64) string {
	if n >= 1000 {
		return fmt.Sprintf("%d,%03d", int(n)/1000, int(n)%1000)
	}
	return fmt.Sprintf("%.0f", n)
}
