package weburl

import (
	"strings"
	"unicode/utf8"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
)

// set is a percent-encode set of the standard: what is escaped in a part of a URL.
type set uint8

const (
	controlSet set = 1 << iota // in opaque hosts and paths
	fragmentSet
	querySet
	specialQuerySet // of the schemes that browsers know
	pathSet
	userinfoSet
	formSet // all but letters, digits and *-._
)

// sets tells for each byte in which sets it is.
var sets = func() (table [256]set) {
	for c := range table {
		if c < ' ' || c > '~' {
			table[c] = controlSet | fragmentSet | querySet | specialQuerySet | pathSet | userinfoSet
		}
		if c := byte(c); !isLetter(c) && (c < '0' || c > '9') && strings.IndexByte("*-._", c) < 0 {
			table[c] |= formSet
		}
	}
	for chars, in := range map[string]set{
		"\" <>":      fragmentSet | querySet | specialQuerySet | pathSet | userinfoSet,
		"`":          fragmentSet | pathSet | userinfoSet,
		"#":          querySet | specialQuerySet | pathSet | userinfoSet,
		"'":          specialQuerySet,
		"?{}":        pathSet | userinfoSet,
		`/:;=@[\]^|`: userinfoSet,
	} {
		for i := range len(chars) {
			table[chars[i]] |= in
		}
	}
	return table
}()

// writer builds a text, after it counted how long it will be.
type writer struct {
	text     strings.Builder
	n        int // the length so far
	counting bool
}

func (w *writer) add(s string) {
	w.n += len(s)
	if !w.counting {
		w.text.WriteString(s)
	}
}

// addEscape adds an escaped byte.
func (w *writer) addEscape(c byte) {
	const upperhex = "0123456789ABCDEF"
	w.n += 3
	if !w.counting {
		w.text.WriteByte('%')
		w.text.WriteByte(upperhex[c>>4])
		w.text.WriteByte(upperhex[c&15])
	}
}

// replacement is an escaped U+FFFD.
const replacement = "%EF%BF%BD"

// escape adds s with what is in the set escaped. Bytes that are not UTF-8 become
// U+FFFD, as in [jstext.ToValidUTF8].
func (w *writer) escape(s string, in set) {
	for i := 0; i < len(s); {
		start := i
		for i < len(s) && sets[s[i]]&in == 0 {
			i++
		}
		w.add(s[start:i])
		for i < len(s) && sets[s[i]]&in != 0 {
			if s[i] < utf8.RuneSelf {
				w.addEscape(s[i])
				i++
				continue
			}
			size, valid := jstext.RuneLen(s[i:])
			if !valid {
				w.add(replacement)
				i += size
				continue
			}
			for end := i + size; i < end; i++ {
				w.addEscape(s[i])
			}
		}
	}
}

// unescape undoes percent-encoding. Malformed escapes stay.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c, ok := jstext.UnhexEscape(s, i)
		if ok {
			i += 2
		} else {
			c = s[i]
		}
		b.WriteByte(c)
	}
	return b.String()
}
