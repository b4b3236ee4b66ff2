package otelclerk

import (
	"testing"

	"github.com/clerkgo/clerkgo/core"
)

// TestSourcesThatAreGoneAreForgotten, though nobody collects, and what they had counted is not.
func TestSourcesThatAreGoneAreForgotten(t *testing.T) {
	t.Parallel()
	at := point{label: "a"}
	c := counters{retired: map[point]int64{}}
	for range 1000 {
		there := true
		c.add(func() (core.Stats, bool) { return core.Stats{}, there })
		c.sources[len(c.sources)-1].last = map[point]int64{at: 1}
		there = false
	}
	if kept := len(c.sources); kept > 32 || c.retired[at] != int64(1000-kept) {
		t.Errorf("%d of 1000 are kept, and the others had counted %d", kept, c.retired[at])
	}
}
