package token

import (
	"encoding/json"
	"iter"
	"math"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
)

// Value is one JSON value, as it stands in a token. The zero Value is absent, which is not the same
// as null. A Value is immutable and safe for concurrent use. Strings are exact: nothing is folded,
// trimmed or coerced.
type Value struct {
	raw string // valid JSON without space around it; empty: absent
}

// ParseValue reads one JSON value, as strictly as JSON.parse does. Text that is not valid JSON is
// not ok.
func ParseValue(text string) (v Value, ok bool) {
	start := skipSpace(text, 0)
	end, ok := scanValue(text, start, 0)
	if !ok || skipSpace(text, end) != len(text) {
		return Value{}, false
	}
	return Value{text[start:end]}, true
}

func (v Value) is(first byte) bool { return v.raw != "" && v.raw[0] == first }

func (v Value) isNumber() bool {
	return v.raw != "" && (v.raw[0] == '-' || v.raw[0] >= '0' && v.raw[0] <= '9')
}

// Exists reports whether there is a value; null is one.
func (v Value) Exists() bool { return v.raw != "" }

// IsNull reports whether the value is null. An absent value is not.
func (v Value) IsNull() bool { return v.is('n') }

// Raw returns a copy of the value's JSON text; nil for an absent value.
func (v Value) Raw() json.RawMessage {
	if v.raw == "" {
		return nil
	}
	return json.RawMessage(v.raw)
}

// Text returns the value of a JSON string; ok is false for every other value.
func (v Value) Text() (text string, ok bool) {
	if !v.is('"') {
		return "", false
	}
	return unquote(v.raw), true
}

// Number returns the value of a JSON number; ok is false for every other value. As in JavaScript, a
// number too large for a float64 is an infinity.
func (v Value) Number() (number float64, ok bool) {
	if !v.isNumber() {
		return 0, false
	}
	return jstext.ParseFloat(v.raw), true
}

// Bool returns the value of true and false; ok is false for every other value.
func (v Value) Bool() (value, ok bool) {
	return v.is('t'), v.is('t') || v.is('f')
}

// Array returns the elements of a JSON array, never nil then; ok is false for every other value.
func (v Value) Array() (elements []Value, ok bool) {
	if !v.is('[') {
		return nil, false
	}
	n := 0
	for range v.each() {
		n++
	}
	elements = make([]Value, 0, n)
	for e := range v.each() {
		elements = append(elements, e)
	}
	return elements, true
}

// each returns the elements of a JSON array.
func (v Value) each() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for i := 1; ; i++ {
			i = skipSpace(v.raw, i)
			if v.raw[i] == ']' { // only in an empty array
				return
			}
			end, _ := scanValue(v.raw, i, 0)
			if !yield(Value{v.raw[i:end]}) {
				return
			}
			if i = skipSpace(v.raw, end); v.raw[i] == ']' {
				return
			}
		}
	}
}

// Strings returns the elements of a JSON array that holds only strings (also none), never nil then;
// ok is false for every other value.
func (v Value) Strings() (texts []string, ok bool) {
	if !v.is('[') {
		return nil, false
	}
	n := 0
	for e := range v.each() {
		if !e.is('"') {
			return nil, false
		}
		n++
	}
	texts = make([]string, 0, n)
	for e := range v.each() {
		texts = append(texts, unquote(e.raw))
	}
	return texts, true
}

// Object returns the members of a JSON object; ok is false for every other value.
func (v Value) Object() (o Object, ok bool) {
	if !v.is('{') {
		return Object{}, false
	}
	return parseObject(v.raw, make([]member, 0, 8))
}

// Truthy reports what JavaScript's Boolean(v) does: absent, null, false, zero and the empty string
// are false, everything else is true.
func (v Value) Truthy() bool {
	switch {
	case v.raw == "" || v.is('n') || v.is('f'):
		return false
	case v.isNumber():
		return jstext.ParseFloat(v.raw) != 0
	default:
		return v.raw != `""`
	}
}

// ToNumber returns what JavaScript's Number(v) does: NaN for an absent value, 0 for null, the
// number that a string spells, and so on.
func (v Value) ToNumber() float64 {
	switch {
	case v.isNumber():
		return jstext.ParseFloat(v.raw)
	case v.is('n') || v.is('f'):
		return 0
	case v.is('t'):
		return 1
	case v.is('"'):
		return jstext.Number(v.ToText())
	case v.is('[') && strings.IndexByte(v.raw, ',') < 0: // With a comma in its text it is none.
		return jstext.Number(v.ToText())
	default:
		return math.NaN()
	}
}

// ToText returns what JavaScript's String(v) does, and with it a template literal: "undefined" for
// an absent value, the text itself for a string, elements joined by commas for an array. It is
// meant for messages.
func (v Value) ToText() string {
	switch {
	case v.raw == "":
		return "undefined"
	case !v.is('['):
		return scalarText(v.raw)
	}
	// Nested arrays come out flat, so one walk over the leaves is enough.
	var b strings.Builder
	for i := 0; i < len(v.raw); {
		switch c := v.raw[i]; c {
		case ',':
			b.WriteByte(c)
			i++
		case '[', ']', ' ', '\t', '\n', '\r':
			i++
		default:
			end, _ := scanValue(v.raw, i, 0)
			if c != 'n' { // inside an array, null prints nothing
				b.WriteString(scalarText(v.raw[i:end]))
			}
			i = end
		}
	}
	return b.String()
}

func scalarText(raw string) string {
	switch raw[0] {
	case '"':
		return unquote(raw)
	case '{':
		return "[object Object]"
	case 't', 'f', 'n':
		return raw
	default:
		return jstext.FormatNumber(jstext.ParseFloat(raw))
	}
}

// JSON returns the value as JavaScript's JSON.stringify prints it in messages: compact, without
// HTML escapes, numbers in their shortest form. An absent value is "undefined".
func (v Value) JSON() string {
	if v.raw == "" {
		return "undefined"
	}
	return printJSON(v.raw)
}
