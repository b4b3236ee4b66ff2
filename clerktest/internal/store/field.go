package store

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// field is one field of a resource, read from its tags.
type field struct {
	name     string // on the wire
	index    []int  // in the struct
	typ      reflect.Type
	may      [2]Mode // by View
	hidden   [2]bool // by View
	order    bool
	filter   bool
	query    bool
	required bool
	unique   bool
	null     bool
	omit     bool
	most     int
	oneOf    []string
	format   string
	of       string // the table whose rows it names
}

func (f *field) in(row Row) reflect.Value {
	v := reflect.ValueOf(row).Elem()
	for _, i := range f.index {
		v = v.Field(i)
	}
	return v
}

// text returns a field of a text type.
func (f *field) text(row Row) string { return f.in(row).String() }

// fieldsOf reads a struct's tags. It panics on a tag that says nothing, which the
// first start of any instance shows.
func fieldsOf(t reflect.Type) []field {
	var list []field
	for i := range t.NumField() {
		sf := t.Field(i)
		if sf.Anonymous {
			for _, f := range fieldsOf(sf.Type) {
				f.index = append([]int{i}, f.index...)
				list = append(list, f)
			}
			continue
		}
		name, tagged := sf.Tag.Lookup("api")
		if !tagged {
			continue
		}
		f := field{name: name, index: []int{i}, typ: sf.Type, most: 256, of: sf.Tag.Get("of")}
		for view, tag := range []string{"backend", "frontend"} {
			for _, word := range words(sf.Tag.Get(tag)) {
				switch word {
				case "create":
					f.may[view] |= Create
				case "update":
					f.may[view] |= Update
				default:
					panic(badTag(t, sf.Name, tag, word))
				}
			}
		}
		switch only := sf.Tag.Get("show"); only {
		case "":
			f.hidden[Backend], f.hidden[Frontend] = name == "-", name == "-"
		case "backend":
			f.hidden[Frontend] = true
		case "frontend":
			f.hidden[Backend] = true
		case "never": // Named, so that it can be written, but kept to the instance.
			f.hidden[Backend], f.hidden[Frontend] = true, true
		default:
			panic(badTag(t, sf.Name, "show", only))
		}
		for _, word := range words(sf.Tag.Get("list")) {
			switch word {
			case "order":
				f.order = true
			case "filter":
				f.filter = true
			case "query":
				f.query = true
			default:
				panic(badTag(t, sf.Name, "list", word))
			}
		}
		for _, word := range words(sf.Tag.Get("rule")) {
			if !f.rule(word) {
				panic(badTag(t, sf.Name, "rule", word))
			}
		}
		list = append(list, f)
	}
	return list
}

func (f *field) rule(word string) bool {
	name, value, _ := strings.Cut(word, "=")
	switch name {
	case "required":
		f.required = true
	case "unique":
		f.unique = true
	case "null":
		f.null = true
	case "omit":
		f.omit = true
	case "max":
		f.most, _ = strconv.Atoi(value)
	case "one":
		f.oneOf = strings.Split(value, "|")
	default:
		_, known := formats[name]
		f.format = name
		return known
	}
	return true
}

func words(tag string) []string {
	return slices.DeleteFunc(strings.Split(tag, ","), func(w string) bool { return w == "" })
}

func badTag(t reflect.Type, name, tag, word string) string {
	return fmt.Sprintf("clerktest: %s.%s: the tag %s does not know %q", t.Name(), name, tag, word)
}
