package routeproof

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/clerkgo/clerkgo/core"
)

// BehindRows are written cases: requests of a signed-out caller for what is behind a framework.
type BehindRows struct {
	Framework, Place string
	Settings         []string
	// Guard is protect, not, the same with "+router" on Gin, or group for the places that have one.
	Guard string
	// Elements are those of the guard's matcher, before its negation for not.
	Elements []any
	Targets  []string
}

// BehindAnswer is what came of a target: without a guard, in front of it, and in front of it for a
// signed-in caller.
type BehindAnswer struct {
	Open, Stranger, SignedIn Came
	Status                   int // of the stranger's answer
}

// Came is what came out.
type Came string

// What comes out.
const (
	Secret  Came = "a secret"
	Public  Came = "what is public"
	Nothing Came = "nothing"
)

func (a reply) came() Came {
	switch {
	case a.secret:
		return Secret
	case a.public:
		return Public
	}
	return Nothing
}

// Check sends the rows' requests.
func (r BehindRows) Check(ctx context.Context, i *Instance) ([]BehindAnswer, error) {
	f := frameworkOf(r.Framework)
	n := slices.IndexFunc(f.places, func(p place) bool { return p.name == r.Place })
	if n < 0 {
		return nil, fmt.Errorf("routeproof: %s has no place %q", r.Framework, r.Place)
	}
	dir, err := os.MkdirTemp("", "routeproof")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // It is below the system's own.
	c, err := newContent(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer c.close()
	p := &premises{content: c, place: &f.places[n], clerk: i.clerk, on: r.Settings, guard: map[string]*core.RouteMatcher{}}
	if len(r.Elements) > 0 {
		m, err := core.NewRouteMatcher(r.Elements...)
		if err != nil {
			return nil, err
		}
		if r.Guard == not || r.Guard == notOn {
			m = m.Not()
		}
		p.guard[r.Guard] = m
	}
	address, stop, err := p.start(ctx)
	if err != nil {
		return nil, err
	}
	line := &pipeline{address: address}
	defer func() {
		line.close()
		_ = stop() // It served what it had to.
	}()
	var requests []wire
	for _, target := range r.Targets {
		requests = append(requests, wire{"GET", target, unguarded, ""}, wire{"GET", target, r.Guard, ""}, wire{"GET", target, r.Guard, i.bearer})
	}
	replies, err := line.send(ctx, requests)
	if err != nil {
		return nil, err
	}
	var answers []BehindAnswer
	for three := range slices.Chunk(replies, 3) {
		answers = append(answers, BehindAnswer{three[0].came(), three[1].came(), three[2].came(), three[1].status})
	}
	return answers, nil
}
