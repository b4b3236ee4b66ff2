package pattern

import (
	"errors"
	"slices"
	"sync"
)

// Set is a list of compiled patterns. Its methods may be used by several goroutines at once. The
// zero Set holds no pattern and matches nothing; so does the result of [Compile] without patterns,
// where the reference's organization patterns would match everything: a list that is nil or empty
// means that the option is not given, and callers should not come here.
type Set struct {
	options Options
	routes  []route
	index   index
	pool    sync.Pool // of *scratch
}

// route is one compiled pattern.
type route struct {
	source string
	prefix string // what every match starts with, ready to compare
	prog   *program
	params []param
	kind   routeKind
}

// routeKind tells the programs that need not run for a yes or no.
type routeKind uint8

const (
	kindProgram routeKind = iota
	kindExact             // the prefix is all of it
	kindAll               // the prefix, then anything
)

// Compile compiles patterns with the zero [Options]. What is wrong with a pattern is an [*Error];
// if it is several that are wrong, all are reported, joined.
//
// The empty pattern matches only the empty path and a single delimiter. The reference's route
// matcher drops empty patterns before compiling.
func Compile(patterns ...string) (*Set, error) { return CompileWith(Options{}, patterns...) }

// CompileWith is [Compile] with options.
func CompileWith(options Options, patterns ...string) (*Set, error) {
	s := &Set{options: options, routes: make([]route, 0, len(patterns))}
	var errs []error
	for _, pattern := range patterns {
		r, err := compileRoute(options, pattern)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.routes = append(s.routes, r)
	}
	if len(errs) == 1 {
		return nil, errs[0]
	}
	if len(errs) > 1 {
		return nil, errors.Join(errs...)
	}
	s.index = newIndex(options, s.routes)
	return s, nil
}

func compileRoute(options Options, pattern string) (route, error) {
	tokens, err := parse(pattern)
	if err != nil {
		return route{}, err
	}
	n, params, err := assemble(pattern, tokens)
	if err != nil {
		return route{}, err
	}
	r := route{source: pattern, params: params}
	switch {
	case n.op == nodeLiteral:
		r.prefix, n = n.text, &node{op: nodeEmpty}
	case n.op == nodeConcat && n.subs[0].op == nodeLiteral:
		r.prefix, n = n.subs[0].text, concat(n.subs[1:]...)
	}
	r.prefix = options.fold(r.prefix)
	small := false
	if r.prog, small = compileNode(options, n, len(params)); !small {
		return route{}, &Error{pattern, 0, "Pattern is too large"}
	}
	first := &r.prog.insts[r.prog.start]
	for first.op == opCapture {
		first = &r.prog.insts[first.next]
	}
	switch first.op {
	case opFinish:
		r.kind = kindExact
	case opAll:
		r.kind = kindAll
	default:
		r.kind = kindProgram
	}
	return r, nil
}

// Patterns returns the texts of the patterns in the order given to [Compile].
func (s *Set) Patterns() []string {
	patterns := make([]string, len(s.routes))
	for i := range s.routes {
		patterns[i] = s.routes[i].source
	}
	return patterns
}

// Test reports whether any of the patterns matches path. It is [Unknown] if none does and at least
// one could not be told.
//
// Patterns that start with different texts cost about as much as one.
func (s *Set) Test(path string) Result {
	if len(s.routes) == 0 {
		return No
	}
	result := No
	for n, pos := &s.index.nodes[0], 0; ; {
		for _, i := range n.routes {
			switch s.testFrom(&s.routes[i], path, pos) {
			case Yes:
				return Yes
			case Unknown:
				result = Unknown
			case No:
			}
		}
		var ok bool
		if n, pos, ok = s.index.next(n, path, pos); !ok {
			return result
		}
	}
}

func (s *Set) testFrom(r *route, path string, pos int) Result {
	switch r.kind {
	case kindExact:
		if s.options.atEnd(path, pos) {
			return Yes
		}
		return No
	case kindAll:
		return Yes
	case kindProgram:
	}
	result, _ := s.execute(r.prog, path, pos, nil)
	return result
}

// Match matches path against the patterns in their order, as one alternation: the first that
// matches wins and gives the parameters, even if a later one would match more of the path with
// parameters. It is [Unknown] as soon as one could not be told.
//
// The parameters are parts of path and share its memory.
func (s *Set) Match(path string) (Params, Result) {
	for i := range s.routes {
		r := &s.routes[i]
		pos, ok := s.options.hasPrefix(path, 0, r.prefix)
		if !ok {
			continue
		}
		var caps []int32
		if r.prog.slots > 0 {
			caps = make([]int32, r.prog.slots)
			for k := range caps {
				caps[k] = -1
			}
		}
		switch result, _ := s.execute(r.prog, path, pos, caps); result {
		case Yes:
			return Params{params: r.params, path: path, caps: caps}, Yes
		case Unknown:
			return Params{}, Unknown
		case No:
		}
	}
	return Params{}, No
}

// scratch is the memory of a machine. It comes from a pool, so that a match usually allocates
// nothing.
type scratch struct {
	seen  []uint64
	stack []frame
	log   bitLog
}

// maxKept bounds the elements of any part of a scratch that goes back to the pool, so that one long
// path does not hold its memory for good.
const maxKept = 1 << 16

// execute runs a program from pos and returns its answer and the number of steps that took.
// Captures are stored in caps unless it is nil.
func (s *Set) execute(prog *program, path string, pos int, caps []int32) (Result, int) {
	if len(path) > maxPath || prog.looks > 0 && len(path) > maxLookPath {
		return Unknown, 0
	}
	mem, ok := s.pool.Get().(*scratch)
	if !ok {
		mem = &scratch{}
	}
	width := len(path) - pos + 1
	words := (prog.splits*width + 63) / 64
	mem.seen = slices.Grow(mem.seen[:0], words)[:words]
	clear(mem.seen)
	m := machine{prog: prog, path: path, base: pos, width: width, seen: mem.seen, stack: mem.stack[:0], caps: caps, limit: maxSteps}
	if prog.looks > 0 {
		mem.log = bitLog{bits: mem.log.bits[:0]}
		m.log, m.limit = &mem.log, maxLookSteps
	}
	result := m.run(prog.start, pos)
	mem.stack = m.stack
	if max(cap(mem.seen), cap(mem.stack), cap(mem.log.bits)) <= maxKept {
		s.pool.Put(mem)
	}
	return result, m.steps
}
