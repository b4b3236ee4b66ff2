package pattern

import "slices"

type opcode uint8

const (
	opFail opcode = iota
	opLiteral
	opSet
	opSplit // next first, then alt
	opCapture
	opNotAhead
	opLook
	opBegin
	opEnd
	opWordBoundary
	opNotWordBoundary
	opAll    // the rest of the path, when all that may follow is the end of it
	opFound  // end of a lookahead
	opFinish // an optional delimiter and the end of the path
)

// inst is an instruction. Which fields count depends on op.
type inst struct {
	op    opcode
	not   bool
	next  int32
	alt   int32 // second branch of opSplit; body of opLook
	index int32 // of the split or the capture slot
	text  string
	set   *charSet
}

// program is an expression ready to run: a graph of instructions in which every cycle consumes a
// character.
type program struct {
	Options
	insts  []inst
	start  int32
	splits int
	looks  int
	slots  int // of captures
}

const (
	pcFail   int32 = 0
	pcFinish int32 = 1
	pcFound  int32 = 2
)

// maxProgram bounds the work that a pattern such as "/((?:a{999}){999})" can ask for.
const maxProgram = 20_000

type compiler struct {
	program
	work int
}

// compileNode returns the program of n followed by the end of the path, and whether it is small
// enough.
func compileNode(options Options, n *node, params int) (*program, bool) {
	c := &compiler{program: program{
		Options: options,
		insts:   []inst{{op: opFail}, {op: opFinish}, {op: opFound}},
		slots:   2 * params,
	}}
	c.start = c.compile(n, pcFinish, pcFinish)
	return &c.program, c.work <= maxProgram
}

func (c *compiler) emit(i inst) int32 {
	c.work++
	c.insts = append(c.insts, i)
	return int32(len(c.insts) - 1)
}

func (c *compiler) split(lazy bool, body, exit int32) int32 {
	i := inst{op: opSplit, next: body, alt: exit, index: int32(c.splits)}
	c.splits++
	if lazy {
		i.next, i.alt = exit, body
	}
	return c.emit(i)
}

// compile returns where n starts, given where to go on: at none if n has consumed nothing, at some
// if it has.
//
// The two differ inside a repetition whose body may be empty. JavaScript rejects a turn that
// consumes nothing, which decides what captures hold: "/a(.*)?" on "/a" has no parameter rather
// than an empty one. So a turn goes on at pcFail if it has consumed nothing. This also keeps cycles
// without progress out of the program.
func (c *compiler) compile(n *node, none, some int32) int32 {
	if c.work++; c.work > maxProgram {
		return pcFail
	}
	switch n.op {
	case nodeLiteral:
		return c.emit(inst{op: opLiteral, next: some, text: c.fold(n.text)})
	case nodeSet:
		n.set.prepare(c.CaseSensitive)
		return c.emit(inst{op: opSet, next: some, set: n.set})
	case nodeConcat:
		return c.concat(n.subs, none, some)
	case nodeAlternate:
		last := len(n.subs) - 1
		start := c.compile(n.subs[last], none, some)
		for _, sub := range slices.Backward(n.subs[:last]) {
			start = c.split(false, c.compile(sub, none, some), start)
		}
		return start
	case nodeRepeat:
		return c.repeat(n, n.low, none, some)
	case nodeCapture:
		end := inst{op: opCapture, index: int32(2*n.param + 1)}
		end.next = some
		endSome := c.emit(end)
		endNone := endSome
		if none != some {
			end.next = none
			endNone = c.emit(end)
		}
		return c.emit(inst{op: opCapture, index: end.index - 1, next: c.compile(n.subs[0], endNone, endSome)})
	case nodeNotAhead:
		return c.emit(inst{op: opNotAhead, next: none, text: c.fold(n.text)})
	case nodeLook:
		c.looks++
		body := c.compile(n.subs[0], pcFound, pcFound)
		return c.emit(inst{op: opLook, not: n.not, next: none, alt: body})
	case nodeBegin:
		return c.emit(inst{op: opBegin, next: none})
	case nodeEnd:
		return c.emit(inst{op: opEnd, next: none})
	case nodeWordBoundary:
		return c.emit(inst{op: opWordBoundary, next: none})
	case nodeNotWordBoundary:
		return c.emit(inst{op: opNotWordBoundary, next: none})
	case nodeEmpty:
	}
	return none
}

// concat compiles from right to left. Where it matters, the rest exists twice: for when nothing has
// been consumed yet, and for when something has.
func (c *compiler) concat(subs []*node, none, some int32) int32 {
	if none == some {
		for _, sub := range slices.Backward(subs) {
			some = c.compile(sub, some, some)
		}
		return some
	}
	// The first that cannot be empty decides: behind it only some counts.
	leading := 0
	for leading < len(subs) && subs[leading].mayBeEmpty() {
		leading++
	}
	for i, sub := range slices.Backward(subs) {
		if i < leading {
			none = c.compile(sub, none, some)
		}
		if i > 0 || leading == 0 {
			some = c.compile(sub, some, some)
		}
		if i == leading {
			none = some
		}
	}
	return none
}

// repeat compiles n with at least low turns.
func (c *compiler) repeat(n *node, low int, none, some int32) int32 {
	body := n.subs[0]
	if low > 0 {
		if low == 1 && n.high == unlimited && !body.mayBeEmpty() {
			// One copy of the body serves the first turn and the others.
			loop := c.split(n.lazy, pcFail, some)
			start := c.compile(body, loop, loop)
			c.setBody(loop, n.lazy, start)
			return start
		}
		// Mandatory turns may be empty.
		turns := make([]*node, 0, low+1)
		for range low {
			turns = append(turns, body)
		}
		rest := *n
		rest.low = 0
		if rest.high != unlimited {
			rest.high -= low
		}
		return c.concat(append(turns, &rest), none, some)
	}
	if n.high == 0 {
		return none
	}
	if n.high == unlimited {
		if n.isAll() && c.onlyFinish(some) && none == some {
			return c.emit(inst{op: opAll, next: some})
		}
		loop := c.split(n.lazy, pcFail, some)
		start := c.turn(body, loop)
		c.setBody(loop, n.lazy, start)
		if none == some {
			return loop
		}
		return c.split(n.lazy, start, none)
	}
	// x{0,n} is (x(x(...)?)?)?.
	exit := some
	for range n.high - 1 {
		exit = c.split(n.lazy, c.turn(body, exit), some)
		if c.work > maxProgram {
			return pcFail
		}
	}
	return c.split(n.lazy, c.turn(body, exit), none)
}

// turn compiles an optional turn of a repetition, which must not be empty.
func (c *compiler) turn(body *node, next int32) int32 {
	if body.mayBeEmpty() {
		return c.compile(body, pcFail, next)
	}
	return c.compile(body, next, next)
}

func (c *compiler) setBody(loop int32, lazy bool, body int32) {
	if lazy {
		c.insts[loop].alt = body
	} else {
		c.insts[loop].next = body
	}
}

// isAll reports whether n is the greedy ".*".
func (n *node) isAll() bool {
	return !n.lazy && n.low == 0 && n.subs[0].op == nodeSet && n.subs[0].set.any
}

// onlyFinish reports whether nothing but the end of the path follows pc.
func (c *compiler) onlyFinish(pc int32) bool {
	for c.insts[pc].op == opCapture {
		pc = c.insts[pc].next
	}
	return pc == pcFinish
}
