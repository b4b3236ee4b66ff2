package weburl

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
)

// Param is one query parameter, decoded.
type Param struct{ Name, Value string }

// Pair returns a parameter.
func Pair(name, value string) Param { return Param{Name: name, Value: value} }

// Edit changes the parameters of a query. As in browsers, any change writes the whole query anew,
// in the original order.
type Edit struct {
	// Delete drops all parameters of these names.
	Delete []string
	// Append adds parameters behind those that are there.
	Append []Param
	// Set replaces the first parameter of a name and drops the others. Where there is none, it adds
	// one at the end.
	Set []Param
}

// Edit returns u with its query changed, in one go.
func (u URL) Edit(e Edit) URL {
	return u.withQuery(func(q *queryWriter) {
		var room [4]bool
		done := append(room[:0], make([]bool, len(e.Set))...)
		for name, value := range pairs(u.Query()) {
			if slices.ContainsFunc(e.Delete, func(other string) bool { return formEqual(name, other) }) {
				continue
			}
			i := slices.IndexFunc(e.Set, func(p Param) bool { return formEqual(name, p.Name) })
			switch {
			case i < 0:
				q.copy(name, value)
			case !done[i]:
				q.add(e.Set[i])
				done[i] = true
			}
		}
		for _, p := range e.Append {
			q.add(p)
		}
		for i, p := range e.Set {
			if !done[i] {
				q.add(p)
			}
		}
	})
}

// AppendParams is [URL.Edit] with Append alone.
func (u URL) AppendParams(params ...Param) URL { return u.Edit(Edit{Append: params}) }

// SetParam is [URL.Edit] with Set alone.
func (u URL) SetParam(name, value string) URL {
	return u.Edit(Edit{Set: []Param{{name, value}}})
}

// DeleteParams is [URL.Edit] with Delete alone.
func (u URL) DeleteParams(names ...string) URL { return u.Edit(Edit{Delete: names}) }

// withQuery returns u with the query that write writes, twice.
func (u URL) withQuery(write func(*queryWriter)) URL {
	q := queryWriter{writer: writer{counting: true}}
	write(&q)
	size := q.n
	if size > 0 {
		size += len("?")
	}
	before, after := u.href[:u.path], u.href[u.query:]
	q = queryWriter{}
	q.text.Grow(len(before) + size + len(after))
	q.text.WriteString(before)
	if size > 0 {
		q.text.WriteByte('?')
		write(&q)
	}
	q.text.WriteString(after)
	u.href = q.text.String()
	u.query = u.path + int32(size)
	return u
}

// pairs returns the parameters of a query as they are written.
func pairs(query string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for query != "" {
			var pair string
			pair, query, _ = strings.Cut(query, "&")
			if pair == "" {
				continue
			}
			if name, value, _ := strings.Cut(pair, "="); !yield(name, value) {
				return
			}
		}
	}
}

// QueryParam returns the first value of a parameter in a query without its question mark. name is
// ASCII.
func QueryParam(query, name string) (value string, found bool) {
	for rawName, rawValue := range pairs(query) {
		if formEqual(rawName, name) {
			return formDecode(rawValue), true
		}
	}
	return "", false
}

// ParseQuery returns the parameters of a query without its question mark.
func ParseQuery(query string) []Param {
	n := 0
	for range pairs(query) {
		n++
	}
	params := make([]Param, 0, n)
	for name, value := range pairs(query) {
		params = append(params, Param{formDecode(name), formDecode(value)})
	}
	return params
}

// EncodeQuery is the serializer of application/x-www-form-urlencoded. It differs from
// url.QueryEscape in ~ and *, and keeps the order.
func EncodeQuery(params []Param) string {
	q := queryWriter{writer: writer{counting: true}}
	for range 2 {
		for _, p := range params {
			q.add(p)
		}
		if q.counting {
			size := q.n
			q = queryWriter{}
			q.text.Grow(size)
		}
	}
	return q.text.String()
}

// queryWriter writes application/x-www-form-urlencoded text.
type queryWriter struct {
	writer
	more bool
}

func (q *queryWriter) add(p Param) {
	q.separate()
	q.form(p.Name)
	q.writer.add("=")
	q.form(p.Value)
}

// copy adds a parameter as it was written, in the serializer's way.
func (q *queryWriter) copy(name, value string) {
	q.separate()
	q.recode(name)
	q.writer.add("=")
	q.recode(value)
}

func (q *queryWriter) separate() {
	if q.more {
		q.writer.add("&")
	}
	q.more = true
}

// form adds decoded text.
func (q *queryWriter) form(s string) {
	for {
		i := strings.IndexByte(s, ' ')
		if i < 0 {
			q.escape(s, formSet)
			return
		}
		q.escape(s[:i], formSet)
		q.writer.add("+")
		s = s[i+1:]
	}
}

// recode adds encoded text as if it were decoded and encoded again.
func (q *queryWriter) recode(raw string) {
	for raw != "" {
		plain := 0
		for plain < len(raw) && sets[raw[plain]]&formSet == 0 {
			plain++
		}
		q.writer.add(raw[:plain])
		if raw = raw[plain:]; raw == "" {
			return
		}
		c, size := formByte(raw)
		if c < utf8.RuneSelf {
			switch {
			case c == ' ':
				q.writer.add("+")
			case sets[c]&formSet != 0:
				q.addEscape(c)
			default:
				q.writer.add(string(rune(c)))
			}
			raw = raw[size:]
			continue
		}
		// The bytes of one character, or of one U+FFFD, each escaped or not.
		var char [utf8.UTFMax]byte
		var ends [utf8.UTFMax]int
		n := 0
		for end := 0; n < len(char) && end < len(raw); n++ {
			c, size := formByte(raw[end:])
			end += size
			char[n], ends[n] = c, end
		}
		n, valid := jstext.RuneLen(string(char[:n]))
		if valid {
			for _, c := range char[:n] {
				q.addEscape(c)
			}
		} else {
			q.writer.add(replacement)
		}
		raw = raw[ends[n-1]:]
	}
}

// formByte decodes the first byte of encoded text, and returns the length of what stands for it.
func formByte(raw string) (c byte, size int) {
	if raw[0] == '+' {
		return ' ', 1
	}
	if c, ok := jstext.UnhexEscape(raw, 0); ok {
		return c, 3
	}
	return raw[0], 1
}

// formEqual reports whether encoded text is name, which is ASCII.
func formEqual(raw, name string) bool {
	if len(raw) > 3*len(name) {
		return false
	}
	for i := range len(name) {
		if raw == "" {
			return false
		}
		c, size := formByte(raw)
		if c != name[i] {
			return false
		}
		raw = raw[size:]
	}
	return raw == ""
}

// formDecode decodes application/x-www-form-urlencoded text. Malformed escapes stay, bytes that are
// not UTF-8 become U+FFFD.
func formDecode(raw string) string {
	if strings.IndexByte(raw, '%') >= 0 || strings.IndexByte(raw, '+') >= 0 {
		var b strings.Builder
		b.Grow(len(raw))
		for raw != "" {
			c, size := formByte(raw)
			b.WriteByte(c)
			raw = raw[size:]
		}
		raw = b.String()
	}
	return jstext.ToValidUTF8(raw)
}
