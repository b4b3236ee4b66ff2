// Package generate makes adversarial conformance cases.
//
// The same seed always makes the same cases, byte for byte, and a case does not depend on how many
// others are made. Every case belongs to a family that aims at one part of the behaviour; the last
// part of a case's id names it.
package generate

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// Generator makes cases. It is safe for concurrent use.
type Generator struct {
	seed     uint64
	keys     *keyring
	schedule []family
}

// family makes one kind of case by changing a scene that would be an ordinary request.
type family struct {
	name   string
	weight int
	make   func(s *scene)
}

// New returns a generator for the seed. It fails only when the embedded test keys cannot be read.
func New(seed uint64) (*Generator, error) {
	keys, err := loadKeys()
	if err != nil {
		return nil, err
	}
	g := &Generator{seed: seed, keys: keys}
	for _, f := range families() {
		for range max(f.weight, 1) {
			g.schedule = append(g.schedule, f)
		}
	}
	return g, nil
}

// Families lists the names of all families.
func Families() []string {
	all := families()
	names := make([]string, 0, len(all))
	for _, f := range all {
		names = append(names, f.name)
	}
	return names
}

func families() []family {
	var all []family
	for _, group := range [][]family{
		tokenFamilies(), encodingFamilies(), keyFamilies(), claimFamilies(), hasFamilies(), authorizationFamilies(),
		cookieFamilies(), suffixFamilies(), gateFamilies(), handshakeFamilies(), satelliteFamilies(),
		crossOriginFamilies(), organizationFamilies(), refreshFamilies(), urlFamilies(), proxyFamilies(),
		configurationFamilies(), machineFamilies(), machineTokenFamilies(), redirectFamilies(), mixFamilies(),
	} {
		all = append(all, group...)
	}
	return all
}

// Case makes the case with the given number. Numbers start at zero.
func (g *Generator) Case(index int) *protocol.Case {
	f := g.schedule[index%len(g.schedule)]
	s := newScene(rand.New(rand.NewPCG(g.seed, uint64(index))), g.keys)
	f.make(s)
	return s.finish(fmt.Sprintf("s%d-%06d-%s", g.seed, index, f.name))
}

// Each calls yield with the first count cases in order, until it returns false.
func (g *Generator) Each(count int, yield func(*protocol.Case) bool) {
	const batch = 256
	made := make([]*protocol.Case, batch)
	for start := 0; start < count; start += batch {
		size := min(batch, count-start)
		var workers sync.WaitGroup
		next := make(chan int, size)
		for i := range size {
			next <- i
		}
		close(next)
		for range runtime.GOMAXPROCS(0) {
			workers.Go(func() {
				for i := range next {
					made[i] = g.Case(start + i)
				}
			})
		}
		workers.Wait()
		for _, c := range made[:size] {
			if !yield(c) {
				return
			}
		}
	}
}
