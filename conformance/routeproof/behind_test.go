package routeproof_test

import (
	"flag"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/routeproof"
)

var targets = flag.Int("proof.targets", 0, "how many targets to send to what is behind each framework; unless given, -proof.duration counts")

// TestProofBehind looks for targets that bring a file or an upstream's answer past a guard. It
// tells by what comes out.
func TestProofBehind(t *testing.T) {
	t.Parallel()
	for _, name := range routeproof.Frameworks() {
		if *framework != "" && *framework != name {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := *seed
			if first == 0 {
				first = routeproof.NewSeed()
			}
			r, err := routeproof.RunBehind(t.Context(), newInstance(t), routeproof.BehindConfig{
				Framework: name, Seed: first, Targets: *targets, Duration: *duration,
			})
			t.Logf("%s: first seed %d, %d applications, %d targets, %d requests: %d bring a secret out without a guard, %d of them for a "+
				"signed-in caller, 0 for a stranger; %d refused with 400, %d public answers, %d plain targets, %d not answered, %d applications that answer 500 to everybody",
				name, first, r.Premises, r.Targets, r.Requests, r.Open, r.Served, r.Refused, r.Public, r.Plain, r.Unanswered, r.Refusing)
			if err != nil {
				t.Fatal(err)
			}
			if r.Counterexample != nil {
				t.Fatal(r.Counterexample)
			}
			if !r.Saw() {
				t.Error("nothing guarded or nothing public came out, or nothing was refused: the proof proves nothing")
			}
		})
	}
}
