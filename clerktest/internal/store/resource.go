package store

import (
	"reflect"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Resource describes a kind of resource: what the tags of T cannot say. Object,
// Prefix and Title are needed; each other field may be left out.
type Resource[T any] struct {
	Object string // The wire's name: "organization_domain". Also the start of its events' names, unless Event is set.
	Prefix string // of ids: "orgdmn"
	Title  string // in messages: "Organization domain"
	Event  string // The start of its events' names, where it is not Object: "organizationMembership".
	// Whole says that the event of a deletion has all that was deleted, not only its id.
	Whole bool
	// Silent are the changes that send no event; All are sent otherwise.
	Silent Changes
	// Params may be given beside the fields; hooks read them from [Write.Params].
	Params []Param
	// Filters of lists beside those of the tags. One of a field's name replaces it.
	Filters map[string]Filter[T]
	// Named visits the texts that the parameter query looks for, until is says yes. Without
	// it they are the fields that the tags say.
	Named func(in *Instance, row *T, is func(string) bool) bool
	// Orders of lists beside those of the tags.
	Orders map[string]func(in *Instance, row *T) any
	// Key finds a row by another name than its id, as an organization by its slug.
	Key func(in *Instance, key string) *T
	// Fill gives a new row its defaults, before what the caller gave.
	Fill func(w *Write, row *T)
	// Check refuses a write after the tags' rules have passed. w.Before is nil for a
	// new row.
	Check func(w *Write, row *T) error
	// Wrote follows a write that happened. The event of the write has what it adds; its own
	// events and messages come after that.
	Wrote func(w *Write, row *T)
	// Link keeps what points to a row right: it follows when the row has come (there)
	// or gone, in whatever way.
	Link func(in *Instance, row *T, there bool)
	// Removing comes before a deletion, and takes out what belongs to the row.
	Removing func(in *Instance, row *T)
	// Removed follows a deletion.
	Removed func(in *Instance, row *T)
	// Show adds to what the tags show.
	Show func(in *Instance, row *T, view View, doc wire.Doc)
	// Reveal adds what only the answer to who made the row has: its secret.
	Reveal func(row *T, doc wire.Doc)
}

// Changes is a set of changes of a resource.
type Changes uint8

// The changes that send events.
const (
	Created Changes = 1 << iota
	Updated
	Deleted

	All = Created | Updated | Deleted
)

// Param is an argument of a write that is no field. Of's type is its own.
type Param struct {
	Name string
	On   Mode
	From View
	Of   any
}

// Filter chooses rows of a list by the values of a parameter. Find, if there is
// one, finds the rows without looking at all of them; Match is then not needed.
type Filter[T any] struct {
	Match func(in *Instance, row *T, value string) bool
	Find  func(in *Instance, value string) []*T
	// Check refuses values that cannot be meant.
	Check func(value string) bool
}

// Kind is a description that has been read.
type Kind struct {
	Object, Title string

	prefix  string
	event   string
	whole   bool
	silent  Changes
	fields  []field
	byName  map[string]*field
	params  []Param
	filters map[string]filter
	named   func(*Instance, Row, func(string) bool) bool // nil for none
	orders  map[string]func(*Instance, Row) any
	key     func(*Instance, string) Row
	fill    func(*Write, Row)
	check   func(*Write, Row) error
	wrote   func(*Write, Row)
	link    func(*Instance, Row, bool)
	removed func(*Instance, Row)
	leaving func(*Instance, Row)
	show    func(*Instance, Row, View, wire.Doc)
	reveal  func(Row, wire.Doc)
	make    func() Row
}

type filter struct {
	match func(*Instance, Row, string) bool
	find  func(*Instance, string) []Row
	check func(string) bool
}

// describe reads a description. The type argument P is the pointer to T.
func describe[T any, P interface {
	*T
	Row
}](r Resource[T]) *Kind {
	k := &Kind{
		Object: r.Object, Title: r.Title, prefix: r.Prefix, event: r.Event, whole: r.Whole, silent: r.Silent, params: r.Params,
		fields: fieldsOf(reflect.TypeFor[T]()), byName: map[string]*field{},
		filters: map[string]filter{}, orders: map[string]func(*Instance, Row) any{},
		make: func() Row { return P(new(T)) },
	}
	if k.event == "" {
		k.event = r.Object
	}
	if k.Title == "" {
		k.Title = r.Object
	}
	typed := func(row Row) *T { return (*T)(row.(P)) } //nolint:errcheck,forcetypeassert // A table holds one type.
	for i := range k.fields {
		f := &k.fields[i]
		k.byName[f.name] = f
		if f.filter {
			k.filters[f.name] = filter{match: func(_ *Instance, row Row, value string) bool { return f.equals(row, value) }}
		}
		if f.order {
			k.orders[f.name] = func(_ *Instance, row Row) any { return sortable(f.in(row)) }
		}
	}
	if r.Named != nil {
		k.named = func(in *Instance, row Row, is func(string) bool) bool { return r.Named(in, typed(row), is) }
	} else if slices.ContainsFunc(k.fields, func(f field) bool { return f.query }) {
		k.named = func(_ *Instance, row Row, is func(string) bool) bool {
			return slices.ContainsFunc(k.fields, func(f field) bool { return f.query && is(f.text(row)) })
		}
	}
	if k.named != nil {
		k.filters["query"] = filter{match: func(in *Instance, row Row, text string) bool {
			text = strings.ToLower(text)
			return k.named(in, row, func(name string) bool { return Contains(name, text) })
		}}
	}
	for name, f := range r.Filters {
		got := filter{check: f.Check}
		if f.Match != nil {
			got.match = func(in *Instance, row Row, value string) bool { return f.Match(in, typed(row), value) }
		}
		if f.Find != nil {
			got.find = func(in *Instance, value string) []Row {
				found := f.Find(in, value)
				rows := make([]Row, 0, len(found))
				for _, row := range found {
					if row != nil {
						rows = append(rows, P(row))
					}
				}
				return rows
			}
		}
		k.filters[name] = got
	}
	for name, by := range r.Orders {
		k.orders[name] = func(in *Instance, row Row) any { return by(in, typed(row)) }
	}
	if r.Key != nil {
		k.key = func(in *Instance, key string) Row {
			if row := r.Key(in, key); row != nil {
				return P(row)
			}
			return nil
		}
	}
	if r.Fill != nil {
		k.fill = func(w *Write, row Row) { r.Fill(w, typed(row)) }
	}
	if r.Check != nil {
		k.check = func(w *Write, row Row) error { return r.Check(w, typed(row)) }
	}
	if r.Wrote != nil {
		k.wrote = func(w *Write, row Row) { r.Wrote(w, typed(row)) }
	}
	if r.Link != nil {
		k.link = func(in *Instance, row Row, there bool) { r.Link(in, typed(row), there) }
	}
	if r.Removing != nil {
		k.leaving = func(in *Instance, row Row) { r.Removing(in, typed(row)) }
	}
	if r.Removed != nil {
		k.removed = func(in *Instance, row Row) { r.Removed(in, typed(row)) }
	}
	if r.Show != nil {
		k.show = func(in *Instance, row Row, view View, doc wire.Doc) { r.Show(in, typed(row), view, doc) }
	}
	if r.Reveal != nil {
		k.reveal = func(row Row, doc wire.Doc) { r.Reveal(typed(row), doc) }
	}
	return k
}

// Takes reports whether the kind has a field or a parameter of a name.
func (k *Kind) Takes(name string) bool {
	return k.byName[name] != nil || slices.ContainsFunc(k.params, func(p Param) bool { return p.Name == name })
}
