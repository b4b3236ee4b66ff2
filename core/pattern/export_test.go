package pattern

// MaxLookPath is the longest path that patterns with lookahead are tried on.
const MaxLookPath = maxLookPath

// Steps returns how many instructions all patterns together need for path, and the most that they
// may need.
func (s *Set) Steps(path string) (steps, bound int) {
	for i := range s.routes {
		r := &s.routes[i]
		pos, ok := s.options.hasPrefix(path, 0, r.prefix)
		if !ok {
			continue
		}
		_, n := s.execute(r.prog, path, pos, nil)
		steps += n
		if r.prog.looks > 0 {
			bound += maxLookSteps + 1
		} else {
			// Each split once at each position, and from there at most the whole program.
			bound += (r.prog.splits*(len(path)-pos+1) + 1) * len(r.prog.insts)
		}
	}
	return steps, bound
}

// IndexSteps returns how many nodes of the index Test looks at for path.
func (s *Set) IndexSteps(path string) int {
	visited := 0
	for n, pos, ok := &s.index.nodes[0], 0, true; ok; n, pos, ok = s.index.next(n, path, pos) {
		visited++
	}
	return visited
}
