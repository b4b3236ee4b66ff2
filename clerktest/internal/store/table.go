package store

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Table keeps the rows of one kind in the order in which they were made.
type Table struct {
	*Kind

	in      *Instance
	rows    []Row
	byID    map[string]Row
	unique  map[string]map[string]Row // by field name, then by value
	ordered map[string]*order         // by name
	letters *letters
	came    int // how many rows came, ever
	// sorted says that the rows are in the order of their times of creation.
	sorted bool
}

func newTable(in *Instance, k *Kind) *Table {
	t := &Table{Kind: k, in: in, byID: map[string]Row{}, unique: map[string]map[string]Row{}, ordered: map[string]*order{}, sorted: true}
	for _, f := range k.fields {
		if f.unique {
			t.unique[f.name] = map[string]Row{}
		}
	}
	return t
}

// Instance is the one that the table belongs to.
func (t *Table) Instance() *Instance { return t.in }

// Prefix is how the ids of the kind begin.
func (t *Table) Prefix() string { return t.prefix }

// Len returns the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// Rows returns the rows, oldest first. The caller must not change the slice.
func (t *Table) Rows() []Row { return t.rows }

// Get returns the row of an id, or of what else names one; nil if there is none.
func (t *Table) Get(id string) Row {
	if row, found := t.byID[id]; found {
		return row
	}
	if t.key != nil && id != "" {
		return t.key(t.in, id)
	}
	return nil
}

// By returns the row whose unique field has a value, or nil.
func (t *Table) By(name, value string) Row {
	if value == "" {
		return nil
	}
	if row, found := t.unique[name][folded(value)]; found {
		return row
	}
	return nil
}

// folded is the spelling under which unique values are compared.
func folded(value string) string { return strings.ToLower(value) }

// Put adds a row as it is, without rules and events, and gives it what it lacks:
// an id and times. A row of the same id is replaced in its place.
func (t *Table) Put(row Row) {
	base, now := row.Base(), t.in.Now()
	if base.ID == "" {
		base.ID = t.in.NewID(t.prefix)
	}
	if base.UpdatedAt == 0 {
		base.UpdatedAt = now
	}
	if base.CreatedAt == 0 {
		base.CreatedAt = now
	}
	if old, found := t.byID[base.ID]; found {
		t.unindex(old)
		t.linked(old, false)
		base.seq = old.Base().seq
		t.sorted = t.sorted && base.CreatedAt == old.Base().CreatedAt
		t.rows[slices.Index(t.rows, old)] = row
	} else {
		if n := len(t.rows); n > 0 && base.CreatedAt < t.rows[n-1].Base().CreatedAt {
			t.sorted = false
		}
		t.came++
		base.seq = t.came
		t.rows = append(t.rows, row)
	}
	t.byID[base.ID] = row
	t.index(row)
	t.linked(row, true)
}

func (t *Table) linked(row Row, there bool) {
	if t.link != nil {
		t.link(t.in, row, there)
	}
}

// Touched keeps the indexes right around a change in code, and bumps the time of
// the last one.
func (t *Table) Touched(row Row, change func()) {
	t.unindex(row)
	made := row.Base().CreatedAt
	change()
	t.sorted = t.sorted && row.Base().CreatedAt == made
	row.Base().UpdatedAt = t.in.Now()
	t.index(row)
}

// Assign sets a field of a text type, and says that the row has changed.
func (t *Table) Assign(row Row, name, value string) {
	t.Touched(row, func() { t.byName[name].in(row).SetString(value) })
	t.Changed(row, Updated)
}

func (t *Table) index(row Row) {
	t.mark(row)
	for name, index := range t.unique {
		if value := t.byName[name].text(row); value != "" {
			index[folded(value)] = row
		}
	}
}

func (t *Table) unindex(row Row) {
	t.mark(row)
	for name, index := range t.unique {
		if value := folded(t.byName[name].text(row)); index[value] == row {
			delete(index, value)
		}
	}
}

// Remove takes a row out, without an event.
func (t *Table) Remove(row Row) {
	base := row.Base()
	if t.byID[base.ID] != row {
		return
	}
	t.unindex(row)
	delete(t.byID, base.ID)
	at := slices.Index(t.rows, row)
	t.rows = slices.Delete(t.rows, at, at+1)
	t.linked(row, false)
}

// Delete takes a row out as a caller asked, and says so. It returns what the
// Backend API answers.
func (t *Table) Delete(row Row) wire.Doc {
	gone := wire.Doc{"object": t.Object, "id": row.Base().ID, "deleted": true}
	var data wire.Doc
	if t.whole {
		data = t.Show(row, Backend)
	} else {
		data = maps.Clone(gone)
		for _, name := range []string{"external_id", "slug"} { // What else others may know it by.
			if f := t.byName[name]; f != nil && f.unique && f.text(row) != "" {
				data[name] = f.text(row)
			}
		}
	}
	if t.leaving != nil {
		t.leaving(t.in, row)
	}
	t.Remove(row)
	if t.removed != nil {
		t.removed(t.in, row)
	}
	t.in.emit(t.Kind, Deleted, data)
	return gone
}

// Show returns a row as one of the APIs shows it.
func (t *Table) Show(row Row, view View) wire.Doc {
	doc := wire.Doc{"object": t.Object}
	for i := range t.fields {
		f := &t.fields[i]
		if f.hidden[view] {
			continue
		}
		v := f.in(row)
		if v.IsZero() && f.omit {
			continue
		}
		doc[f.name] = f.shown(v)
	}
	if t.show != nil {
		t.show(t.in, row, view, doc)
	}
	return doc
}

// Reveal returns a row as who made it is shown it, this once.
func (t *Table) Reveal(row Row, view View) wire.Doc {
	doc := t.Show(row, view)
	if t.reveal != nil {
		t.reveal(row, doc)
	}
	return doc
}

// shown is a value as JSON has it. Lists and documents are never null, unless the
// field says so.
func (f *field) shown(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case Time:
		if x == 0 {
			return nil
		}
	case string:
		if x == "" && f.null {
			return nil
		}
	case []string:
		if x == nil && !f.null {
			return []string{}
		}
		if x == nil {
			return nil
		}
	case wire.Doc:
		if x == nil && !f.null {
			return wire.Doc{}
		}
		if x == nil {
			return nil
		}
	case *int64:
		if x == nil {
			return nil
		}
	}
	return v.Interface()
}

// RowsOf returns rows of a known type as rows.
func RowsOf[T any, P interface {
	*T
	Row
}](list []P) []Row {
	rows := make([]Row, 0, len(list))
	for _, row := range list {
		rows = append(rows, row)
	}
	return rows
}

// RowOf returns a row of a known type as a row, nil for none.
func RowOf[T any, P interface {
	*T
	Row
}](row P) Row {
	if row == nil {
		return nil
	}
	return row
}

// Of is a table whose rows' type is known.
type Of[T any] struct{ *Table }

func rowOf[T any](row Row) *T {
	if row == nil {
		return nil
	}
	return any(row).(*T) //nolint:errcheck,forcetypeassert // A table holds one type.
}

// Get returns the row of an id, or nil.
func (t Of[T]) Get(id string) *T { return rowOf[T](t.Table.Get(id)) }

// By returns the row whose unique field has a value, or nil.
func (t Of[T]) By(name, value string) *T { return rowOf[T](t.Table.By(name, value)) }

// One returns the only row of a table that has just one.
func (t Of[T]) One() *T { return rowOf[T](t.rows[0]) }

// All visits the rows, oldest first.
func (t Of[T]) All(yield func(*T) bool) {
	for _, row := range t.rows {
		if !yield(rowOf[T](row)) {
			return
		}
	}
}
