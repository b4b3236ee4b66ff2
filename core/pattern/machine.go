package pattern

import "math"

// Result is the answer to whether a path matches.
type Result uint8

// The answers. The zero value is [No].
const (
	// No means that the path does not match.
	No Result = iota
	// Yes means that the path matches.
	Yes
	// Unknown means that it could not be told within the bounds set for lookahead. A guard must
	// refuse such a request: treating it as a match or as a miss is wrong for one of the two ways
	// patterns are used.
	Unknown
)

// String returns "no", "yes" or "unknown".
func (r Result) String() string {
	switch r {
	case Yes:
		return "yes"
	case Unknown:
		return "unknown"
	case No:
	}
	return "no"
}

const (
	maxLookPath  = 8 << 10     // bytes of a path for patterns with lookahead
	maxLookSteps = 1 << 20     // instructions for patterns with lookahead
	maxPath      = 1 << 30     // positions are 32 bits wide
	maxSteps     = math.MaxInt // for patterns without lookahead, whose steps are linear in the path
)

// frame is an alternative not yet tried, or if pc is negative a capture slot (its complement) to
// restore.
type frame struct{ pc, pos int32 }

// machine runs a program by backtracking that never tries the same split at the same position
// twice, so that it takes time linear in the path. What follows from a split does not depend on how
// it was reached.
type machine struct {
	prog  *program
	path  string
	base  int // where in the path the program starts
	width int // of the part of the path from there, and its end
	stack []frame
	seen  []uint64 // bits: a row of width for each split
	log   *bitLog  // of seen, for programs with lookahead
	caps  []int32  // slots; nil if captures are not wanted
	steps int
	limit int // of steps
}

// bitLog lists the bits of seen set inside the current lookahead.
type bitLog struct {
	nesting int // of lookaheads
	bits    []int
}

// mark sets a bit of seen and reports whether it was set already.
func (m *machine) mark(row int32, pos int) bool {
	bit := int(row)*m.width + pos - m.base
	word, mask := &m.seen[bit>>6], uint64(1)<<(bit&63)
	if *word&mask != 0 {
		return true
	}
	*word |= mask
	if m.log != nil && m.log.nesting > 0 {
		m.log.bits = append(m.log.bits, bit)
	}
	return false
}

// run executes the program from pc at pos.
func (m *machine) run(pc int32, pos int) Result {
	bottom := len(m.stack)
	insts, path := m.prog.insts, m.path
	for {
		if m.steps++; m.steps > m.limit {
			return Unknown
		}
		in := &insts[pc]
		ok := false
		switch in.op {
		case opLiteral:
			pos, ok = m.prog.hasPrefix(path, pos, in.text)
		case opSet:
			if pos < len(path) {
				r, size := decode(path, pos)
				pos, ok = pos+size, in.set.has(r)
			}
		case opSplit:
			if ok = !m.mark(in.index, pos); ok {
				m.stack = append(m.stack, frame{in.alt, int32(pos)})
			}
		case opCapture:
			if ok = true; m.caps != nil {
				m.stack = append(m.stack, frame{^in.index, m.caps[in.index]})
				m.caps[in.index] = int32(pos)
			}
		case opNotAhead:
			_, found := m.prog.hasPrefix(path, pos, in.text)
			ok = !found
		case opLook:
			switch m.look(in, pos) {
			case Unknown:
				return Unknown
			case Yes:
				ok = !in.not
			case No:
				ok = in.not
			}
		case opBegin:
			ok = pos == 0
		case opEnd:
			ok = pos == len(path)
		case opWordBoundary:
			ok = wordBoundary(path, pos)
		case opNotWordBoundary:
			ok = !wordBoundary(path, pos)
		case opAll:
			pos, ok = len(path), true
		case opFound:
			m.stack = m.stack[:bottom]
			return Yes
		case opFinish:
			if m.prog.atEnd(path, pos) {
				return Yes
			}
		case opFail:
		}
		if ok {
			pc = in.next
			continue
		}
		// Take the latest alternative, undoing captures on the way.
		for !ok {
			if len(m.stack) == bottom {
				return No
			}
			top := m.stack[len(m.stack)-1]
			m.stack = m.stack[:len(m.stack)-1]
			if ok = top.pc >= 0; ok {
				pc, pos = top.pc, int(top.pos)
			} else {
				m.caps[^top.pc] = top.pos
			}
		}
	}
}

// look tells whether the body of a lookahead matches at pos.
func (m *machine) look(in *inst, pos int) Result {
	before := len(m.log.bits)
	m.log.nesting++
	result := m.run(in.alt, pos)
	m.log.nesting--
	if result == Yes {
		// Some of what was tried would succeed again. What failed stays seen.
		for _, bit := range m.log.bits[before:] {
			m.seen[bit>>6] &^= 1 << (bit & 63)
		}
	}
	m.log.bits = m.log.bits[:before]
	return result
}

func wordBoundary(path string, pos int) bool {
	before := pos > 0 && isWordByte(path[pos-1])
	after := pos < len(path) && isWordByte(path[pos])
	return before != after
}
