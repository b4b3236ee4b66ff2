package clerkapi

import (
	"strconv"
	"testing"
	"time"
)

// TestFrontendAPIsThatAreKnownAreBounded where strangers make up the hosts of satellites.
func TestFrontendAPIsThatAreKnownAreBounded(t *testing.T) {
	t.Parallel()
	g := NewGate(GateConfig{Interval: time.Second, Timeout: time.Second})
	own := g.Frontend("https://clerk.example", nil, nil)
	for n := range 10_000 {
		g.Frontend("https://clerk.invented-"+strconv.Itoa(n)+".example", nil, nil)
		if n%100 == 0 && g.Frontend("https://clerk.example", nil, nil) != own {
			t.Fatal("one that is in use was forgotten")
		}
	}
	if got := g.frontends.len(); got > 2*maxFrontends {
		t.Errorf("got %d, want %d at most", got, 2*maxFrontends)
	}
}
