package pattern

import (
	"slices"
	"strings"
)

// Params are the parameters of a match. Only those that took part in it are there: "/a/:x?" on "/a"
// has none. Values are as they stand in the path; nothing is decoded. Unnamed parameters are called
// "0", "1" and so on. If a pattern uses a name twice, the last that took part counts.
//
// The zero Params is empty. Values share the memory of the path.
type Params struct {
	params []param
	path   string
	caps   []int32
}

// find returns the index of a parameter that took part.
func (p Params) find(name string) (int, bool) {
	for i, param := range slices.Backward(p.params) {
		if param.name == name && p.caps[2*i] >= 0 {
			return i, true
		}
	}
	return 0, false
}

func (p Params) text(i int) string { return p.path[p.caps[2*i]:p.caps[2*i+1]] }

// Get returns the value of a parameter, and false if it did not take part or if it has the modifier
// "*" or "+": see [Params.List] for those. Names are case-sensitive.
func (p Params) Get(name string) (string, bool) {
	i, ok := p.find(name)
	if !ok || p.params[i].repeats {
		return "", false
	}
	return p.text(i), true
}

// List returns the values of a parameter with the modifier "*" or "+", and false if it did not take
// part or has no such modifier.
//
// As in path-to-regexp, the text is split at the group's prefix followed by its suffix, in that
// letter case: "/t/{-:a.}*" on "/t/-x.-y." has the single value "x.-y".
func (p Params) List(name string) ([]string, bool) {
	i, ok := p.find(name)
	if !ok || !p.params[i].repeats {
		return nil, false
	}
	return strings.Split(p.text(i), p.params[i].separator), true
}

// Names returns the names of the parameters that took part, each once, in the order of the pattern.
func (p Params) Names() []string {
	var names []string
	for i := range p.params {
		if name := p.params[i].name; p.caps[2*i] >= 0 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
