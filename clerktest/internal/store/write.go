package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Write is a change that a caller asked for, on its way.
type Write struct {
	*Instance
	From View
	// Given has what the caller gave: fields and parameters.
	Given wire.Doc
	// Before is the row as it was, nil for a new one.
	Before Row
}

// Has reports whether the caller gave a field or a parameter.
func (w *Write) Has(name string) bool { _, has := w.Given[name]; return has }

// Text returns a parameter of a text type, "" if it was not given.
func (w *Write) Text(name string) string { text, _ := w.Given[name].(string); return text }

// Null reports whether the caller gave null.
func (w *Write) Null(name string) bool { v, has := w.Given[name]; return has && v == nil }

// Flag returns a parameter of a truth type, false if it was not given.
func (w *Write) Flag(name string) bool { flag, _ := w.Given[name].(bool); return flag }

// Make makes a row from what a caller gave. Preset, if not nil, sets what the
// endpoint itself decides, such as the organization of its path.
func (t *Table) Make(from View, given wire.Doc, preset func(Row)) (Row, error) {
	row := t.make()
	w := &Write{Instance: t.in, From: from, Given: given}
	if t.fill != nil {
		t.fill(w, row)
	}
	if preset != nil {
		preset(row)
	}
	if err := t.apply(w, row, Create); err != nil {
		return nil, err
	}
	t.Put(row)
	t.written(w, row, Created)
	return row, nil
}

// Change changes a row as a caller asked. Nothing changes if there is an error.
func (t *Table) Change(from View, row Row, given wire.Doc) error {
	before := t.make()
	reflect.ValueOf(before).Elem().Set(reflect.ValueOf(row).Elem())
	after := t.make()
	reflect.ValueOf(after).Elem().Set(reflect.ValueOf(row).Elem())
	w := &Write{Instance: t.in, From: from, Given: given, Before: before}
	if err := t.apply(w, after, Update); err != nil {
		return err
	}
	t.Touched(row, func() { reflect.ValueOf(row).Elem().Set(reflect.ValueOf(after).Elem()) })
	t.written(w, row, Updated)
	return nil
}

func (t *Table) written(w *Write, row Row, change Changes) {
	tell := func() {}
	if t.wrote != nil {
		tell = t.in.Held(func() { t.wrote(w, row) })
	}
	t.Changed(row, change)
	tell()
}

// Changed sends the event of a change that was made in code.
func (t *Table) Changed(row Row, change Changes) {
	t.mark(row)
	if t.silent&change == 0 {
		t.in.emit(t.Kind, change, t.Show(row, Backend))
	}
}

// apply checks what the caller gave and sets it.
func (t *Table) apply(w *Write, row Row, mode Mode) error {
	for _, name := range sortedKeys(w.Given) { // Sorted, so that one request is always refused for the same reason.
		if p := t.param(name, w.From, mode); p != nil {
			v, err := convert(w.Given[name], reflect.TypeOf(p.Of), name)
			if err != nil {
				return err
			}
			w.Given[name] = v.Interface()
			continue
		}
		f := t.byName[name]
		if f == nil || f.may[w.From]&mode == 0 {
			return wire.Unknown(name)
		}
		given := w.Given[name]
		if text, is := given.(string); is && w.From == Frontend && f.typ == reflect.TypeFor[[]string]() && !strings.HasPrefix(text, "[") {
			given = []any{text} // A form's list of one.
		}
		if err := f.set(row, given); err != nil {
			return err
		}
	}
	for i := range t.fields {
		f := &t.fields[i]
		if v := f.in(row); f.required && (v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0) {
			if w.Has(f.name) || mode == Update {
				return wire.Empty(f.name)
			}
			return wire.Missing(f.name)
		}
		if !f.unique {
			continue
		}
		if other := t.By(f.name, f.text(row)); other != nil && other.Base().ID != row.Base().ID {
			return wire.Taken(f.name)
		}
	}
	if t.check != nil {
		return t.check(w, row)
	}
	return nil
}

func (t *Table) param(name string, from View, mode Mode) *Param {
	for i, p := range t.params {
		if p.Name == name && p.From == from && p.On&mode != 0 {
			return &t.params[i]
		}
	}
	return nil
}

// set gives a field the value that JSON or a form has for it.
func (f *field) set(row Row, given any) error {
	if given == nil && f.required {
		return wire.Empty(f.name)
	}
	v, err := convert(given, f.typ, f.name)
	if err != nil {
		return err
	}
	if list, is := reflect.TypeAssert[[]string](v); is {
		for _, text := range list {
			if err := f.right(text); err != nil {
				return err
			}
		}
	}
	if v.Kind() == reflect.String && v.String() != "" {
		if err := f.right(v.String()); err != nil {
			return err
		}
	}
	f.in(row).Set(v)
	return nil
}

// right checks a text against the field's rules.
func (f *field) right(text string) error {
	switch {
	case utf8.RuneCountInString(text) > f.most:
		return wire.TooLong(f.name, f.most)
	case f.oneOf != nil && !slices.Contains(f.oneOf, text):
		return wire.WrongValue(f.name, f.oneOf...)
	case f.format != "" && !formats[f.format].is(text):
		return wire.WrongFormat(f.name, formats[f.format].want)
	default:
		return nil
	}
}

// convert makes a value of a Go type from one of JSON. A text stands for the
// other types too, as forms write them.
func convert(given any, to reflect.Type, param string) (reflect.Value, error) {
	out := reflect.New(to).Elem()
	if given == nil {
		return out, nil
	}
	text, isText := given.(string)
	if to == reflect.TypeFor[Time]() && isText { // As dates are in JSON.
		at, err := time.Parse(time.RFC3339, text)
		if err == nil {
			out.SetInt(int64(At(at)))
			return out, nil
		}
	}
	switch to.Kind() {
	case reflect.String:
		if !isText {
			return out, wire.WrongType(param, "a text")
		}
		out.SetString(text)
	case reflect.Bool:
		flag, is := given.(bool)
		if isText {
			var err error
			flag, err = strconv.ParseBool(text)
			is = err == nil
		}
		if !is {
			return out, wire.WrongType(param, "true or false")
		}
		out.SetBool(flag)
	case reflect.Int64, reflect.Pointer:
		n, is := given.(float64)
		if isText {
			var err error
			n, err = strconv.ParseFloat(text, 64)
			is = err == nil
		}
		if !is || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
			return out, wire.WrongType(param, "a whole number")
		}
		if to.Kind() == reflect.Pointer {
			whole := int64(n)
			out.Set(reflect.ValueOf(&whole))
			break
		}
		out.SetInt(int64(n))
	default:
		if isText && to.Kind() == reflect.Map && text == "" {
			return out, nil
		}
		raw := []byte(text)
		if !isText {
			var err error
			if raw, err = json.Marshal(given); err != nil {
				return out, fmt.Errorf("clerktest: %s: %w", param, err)
			}
		}
		if err := json.Unmarshal(raw, out.Addr().Interface()); err != nil {
			return out, wire.WrongType(param, map[reflect.Kind]string{reflect.Map: "an object", reflect.Slice: "a list"}[to.Kind()])
		}
	}
	return out, nil
}

// SetMetadata merges documents into those of a row, or replaces them. The fields
// are those whose names end in _metadata.
func (t *Table) SetMetadata(row Row, given wire.Doc, replace bool) error {
	change := map[*field]wire.Doc{}
	for _, name := range sortedKeys(given) {
		f := t.byName[name]
		if f == nil || !strings.HasSuffix(name, "_metadata") {
			return wire.Unknown(name)
		}
		v, err := convert(given[name], f.typ, name)
		if err != nil {
			return err
		}
		doc, _ := reflect.TypeAssert[wire.Doc](v)
		if !replace {
			old, _ := reflect.TypeAssert[wire.Doc](f.in(row))
			doc = Merge(old, doc)
		}
		change[f] = doc
	}
	t.Touched(row, func() {
		for f, doc := range change {
			f.in(row).Set(reflect.ValueOf(doc))
		}
	})
	t.Changed(row, Updated)
	return nil
}

// Params reads a body that is no resource. Takes are its fields, each with a value
// of its type; what is not given is not in the answer.
func Params(call *wire.Call, takes wire.Doc) (wire.Doc, error) {
	given, err := call.Fields()
	if err != nil {
		return nil, err
	}
	out := make(wire.Doc, len(given))
	for _, name := range sortedKeys(given) {
		of, known := takes[name]
		if !known {
			return nil, wire.Unknown(name)
		}
		v, err := convert(given[name], reflect.TypeOf(of), name)
		if err != nil {
			return nil, err
		}
		out[name] = v.Interface()
	}
	return out, nil
}

func sortedKeys(doc wire.Doc) []string {
	keys := make([]string, 0, len(doc))
	for k := range doc {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Merge returns a deep merge of two documents, in which null deletes a key.
func Merge(old, change wire.Doc) wire.Doc {
	out := make(wire.Doc, len(old)+len(change))
	maps.Copy(out, old)
	for k, v := range change {
		inner, isDoc := v.(wire.Doc)
		before, both := out[k].(wire.Doc)
		switch {
		case v == nil:
			delete(out, k)
		case isDoc && both:
			out[k] = Merge(before, inner)
		case isDoc:
			out[k] = Merge(nil, inner)
		default:
			out[k] = v
		}
	}
	return out
}
