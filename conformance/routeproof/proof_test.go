package routeproof_test

import (
	"flag"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/conformance/routeproof"
)

var (
	duration  = flag.Duration("proof.duration", 3*time.Second, "how long to look for a counterexample on each framework")
	framework = flag.String("proof.framework", "", "one of them; all unless given")
	seed      = flag.Uint64("proof.seed", 1, "the seed of the first application; 0 is a new one each time")
)

// TestProof looks for spellings of URLs that get past a guard.
func TestProof(t *testing.T) {
	t.Parallel()
	for _, name := range routeproof.Routers() {
		if *framework != "" && *framework != name {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := *seed
			if first == 0 {
				first = routeproof.NewSeed()
			}
			result, err := routeproof.Run(t.Context(), newInstance(t), routeproof.Config{Framework: name, Seed: first, Duration: *duration})
			t.Logf("%s: first seed %d, %d applications, %d requests, %d targets that lead to a protected handler, %d refused with 400, %d not answered by the router, %d applications that answer 500 to everybody",
				name, first, result.Applications, result.Requests, result.Reached, result.Refused, result.Unanswered, result.Refusing)
			if err != nil {
				t.Fatal(err)
			}
			if result.Counterexample != nil {
				t.Fatal(result.Counterexample)
			}
			if result.Reached == 0 || result.Refused == 0 {
				t.Error("no target led to a protected handler, or none was refused: the proof proves nothing")
			}
		})
	}
}

func newInstance(t *testing.T) *routeproof.Instance {
	t.Helper()
	i, err := routeproof.NewInstance()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Close)
	return i
}
