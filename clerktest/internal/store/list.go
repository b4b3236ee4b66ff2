package store

import (
	"cmp"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

const (
	defaultLimit = 10
	maxLimit     = 500
)

// List is a page of a table, and how many rows there are on all pages together.
type List struct {
	Rows  []Row
	Total int
}

// List returns the page of a table that a query asks for, newest first unless it
// says otherwise. A parameter that the table does not know is refused.
func (t *Table) List(query url.Values) (List, error) { return t.list(nil, query, true) }

// Among is List for some rows of the table, oldest first; nil means all of it.
func (t *Table) Among(rows []Row, query url.Values) (List, error) { return t.list(rows, query, true) }

// Page is List without the total, for lists that do not show it: it looks no
// further than the page's end.
func (t *Table) Page(query url.Values) (List, error) { return t.list(nil, query, false) }

func (t *Table) list(rows []Row, query url.Values, count bool) (List, error) {
	limit, offset, err := window(query)
	if err != nil {
		return List{}, err
	}
	match, found, err := t.matcher(query)
	if err != nil {
		return List{}, err
	}
	name, descending := "created_at", true
	if by := strings.TrimSpace(query.Get("order_by")); by != "" { // A plus may arrive as a space.
		name, descending = strings.TrimLeft(by, "+-"), strings.HasPrefix(by, "-")
	}
	key := t.orders[name]
	if key == nil {
		return List{}, wire.WrongValue("order_by", sortedNames(t.orders)...)
	}

	whole := rows == nil && found == nil
	inOrder := name == "created_at" && t.sorted && whole
	switch {
	case whole && len(t.rows) > deriveFrom:
		if rows = t.narrowed(query); rows == nil && inOrder {
			rows = t.rows
		} else if rows == nil {
			rows, inOrder = t.inOrder(name, key), true
		} else {
			inOrder = false
		}
	case whole:
		rows = t.rows
	case rows == nil:
		rows = found
	case found != nil:
		rows = slices.DeleteFunc(slices.Clone(rows), func(row Row) bool { return !slices.Contains(found, row) })
	}
	var kept []Row
	total := 0
	top := newTop(offset+limit, func(row Row) any { return key(t.in, row) }, descending)
	walk := slices.All(rows)
	if descending {
		walk = slices.Backward(rows)
	}
	for _, row := range walk {
		if !match(row) {
			continue
		}
		total++
		switch {
		case !inOrder:
			top.add(row)
		case total > offset && total <= offset+limit:
			kept = append(kept, row)
		}
		if inOrder && !count && total == offset+limit {
			break
		}
	}
	if !inOrder {
		kept = top.rows()
		kept = kept[min(offset, len(kept)):]
	}
	return List{kept, total}, nil
}

// narrowed returns the fewest rows among which those of a query must be, nil for all.
func (t *Table) narrowed(query url.Values) []Row {
	var fewest []Row
	for _, name := range sortedNames(query) {
		if len(query[name]) != 1 {
			continue // Any of several values.
		}
		rows, use := t.between(name, query.Get(name))
		if name == "query" {
			rows, use = t.spelled(query.Get(name))
		}
		if use && (fewest == nil || len(rows) < len(fewest)) {
			fewest = append([]Row{}, rows...)
		}
	}
	return fewest
}

// paging are the parameters that every list takes, besides its filters.
var paging = []string{"limit", "offset", "order_by", "paginated"}

// matcher reads the filters of a query. found is not nil if one of them could find
// its rows without looking at all.
func (t *Table) matcher(query url.Values) (match func(Row) bool, found []Row, err error) {
	type test struct {
		filter
		values []string
	}
	var tests []test
	for _, name := range sortedNames(query) {
		values := slices.DeleteFunc(slices.Clone(query[name]), func(v string) bool { return v == "" })
		name = strings.TrimSuffix(name, "[]")
		if slices.Contains(paging, name) || strings.HasPrefix(name, "_") || len(values) == 0 {
			continue
		}
		f, known := t.filters[name]
		switch {
		case known:
		default:
			return nil, nil, wire.Unknown(name)
		}
		for _, v := range values {
			if f.check != nil && !f.check(v) {
				return nil, nil, wire.WrongFormat(name, "a value of another form")
			}
		}
		if f.find != nil && found == nil {
			found = []Row{}
			for _, v := range values {
				for _, row := range f.find(t.in, v) {
					if !slices.Contains(found, row) {
						found = append(found, row)
					}
				}
			}
			continue
		}
		if f.match == nil {
			rows := map[Row]bool{}
			for _, v := range values {
				for _, row := range f.find(t.in, v) {
					rows[row] = true
				}
			}
			f.match = func(_ *Instance, row Row, _ string) bool { return rows[row] }
		}
		tests = append(tests, test{f, values})
	}
	return func(row Row) bool {
		for _, x := range tests {
			if !slices.ContainsFunc(x.values, func(v string) bool { return x.match(t.in, row, v) }) {
				return false
			}
		}
		return true
	}, found, nil
}

// Contains reports whether a text contains another, which is in lower case, in
// whatever case.
func Contains(text, lower string) bool {
	if lower == "" {
		return true
	}
	for i := 0; i+len(lower) <= len(text); i++ {
		if asciiLower(text[i]) == lower[0] && strings.EqualFold(text[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}

func asciiLower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// equals compares a field with the value of a filter.
func (f *field) equals(row Row, value string) bool {
	switch v := f.in(row); v.Kind() {
	case reflect.String:
		return strings.EqualFold(v.String(), value)
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()) == value
	case reflect.Int64:
		return strconv.FormatInt(v.Int(), 10) == value
	case reflect.Slice:
		list, _ := reflect.TypeAssert[[]string](v)
		return slices.Contains(list, value)
	default:
		return false
	}
}

func window(query url.Values) (limit, offset int, err error) {
	limit = defaultLimit
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxLimit {
			return 0, 0, wire.WrongFormat("limit", "a number from 1 to 500")
		}
	}
	if text := query.Get("offset"); text != "" {
		if offset, err = strconv.Atoi(text); err != nil || offset < 0 {
			return 0, 0, wire.WrongFormat("offset", "a number that is not negative")
		}
	}
	return limit, offset, nil
}

// sortable is the value of a field as orders compare it.
func sortable(v reflect.Value) any {
	if v.CanInt() {
		return v.Int()
	}
	if v.Kind() == reflect.String {
		return strings.ToLower(v.String())
	}
	return nil
}

// compare orders two values of one order: texts or whole numbers.
func compare(a, b any) int {
	if x, is := a.(int64); is {
		y, _ := b.(int64)
		return cmp.Compare(x, y)
	}
	x, _ := a.(string)
	y, _ := b.(string)
	return strings.Compare(x, y)
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
