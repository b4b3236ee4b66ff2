package token

import "slices"

// Object is the members of a JSON object. The zero Object has none. An Object is immutable and safe
// for concurrent use.
type Object struct {
	members []member
}

type member struct {
	name  string
	value Value
}

// parseObject reads a text that is one JSON object. Its members go into room, which is empty, as
// far as there is some.
func parseObject(s string, room []member) (o Object, ok bool) {
	i := skipSpace(s, 0)
	if i >= len(s) || s[i] != '{' {
		return Object{}, false
	}
	i = skipSpace(s, i+1)
	if i < len(s) && s[i] == '}' {
		return Object{}, skipSpace(s, i+1) == len(s)
	}
	members := room
	for {
		start := i
		end, ok := scanString(s, i)
		if !ok {
			return Object{}, false
		}
		if i = skipSpace(s, end); i >= len(s) || s[i] != ':' {
			return Object{}, false
		}
		name := unquote(s[start:end])
		start = skipSpace(s, i+1)
		if end, ok = scanValue(s, start, 1); !ok {
			return Object{}, false
		}
		if len(members) == cap(room) {
			members = slices.Grow(members, countMembers(s, end))
		}
		members = append(members, member{name, Value{s[start:end]}})
		if i = skipSpace(s, end); i >= len(s) {
			return Object{}, false
		}
		if s[i] == '}' {
			return Object{members}, skipSpace(s, i+1) == len(s)
		}
		if s[i] != ',' {
			return Object{}, false
		}
		i = skipSpace(s, i+1)
	}
}

// countMembers returns how many members follow at most, one included that ends at s[i].
func countMembers(s string, i int) int {
	n := 1
	for {
		if i = skipSpace(s, i); i >= len(s) || s[i] != ',' {
			return n
		}
		n++
		end, ok := scanName(s, skipSpace(s, i+1))
		if ok {
			end, ok = scanValue(s, end, 1)
		}
		if !ok {
			return n
		}
		i = end
	}
}

// Get returns the value of the member with exactly that name, the absent [Value] if there is none.
// If several members have the name, the last one counts.
func (o Object) Get(name string) Value {
	last := len(name) - 1
	for i := len(o.members) - 1; i >= 0; i-- {
		// Nearly all claims have three letters: the last one tells most of them apart.
		m := &o.members[i]
		if len(m.name) == len(name) && (last < 0 || m.name[last] == name[last] && m.name == name) {
			return m.value
		}
	}
	return Value{}
}

// Names returns the names of the members, each once, in the order of their first appearance.
func (o Object) Names() []string {
	names := make([]string, 0, len(o.members))
	seen := make(map[string]struct{}, len(o.members))
	for _, m := range o.members {
		if _, dup := seen[m.name]; !dup {
			seen[m.name] = struct{}{}
			names = append(names, m.name)
		}
	}
	return names
}
