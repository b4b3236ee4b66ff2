package core

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// optionField is a field of [Options].
type optionField struct {
	index      []int
	name       string
	comparable bool // by value
}

// optionFields lists all fields of Options, and those of its structs that hold
// functions.
func optionFields() []optionField { return appendFields(nil, reflect.TypeFor[Options](), nil, "") }

func appendFields(fields []optionField, t reflect.Type, index []int, prefix string) []optionField {
	for i := range t.NumField() {
		f := t.Field(i)
		at, name, comparable := append(slices.Clone(index), i), prefix+f.Name, isValue(f.Type, nil)
		if f.Type.Kind() == reflect.Struct && !comparable {
			fields = appendFields(fields, f.Type, at, name+".")
			continue
		}
		fields = append(fields, optionField{at, name, comparable})
	}
	return fields
}

// isValue reports whether everything in a type can be written down.
func isValue(t reflect.Type, within []reflect.Type) bool {
	if slices.Contains(within, t) {
		return false // Values that hold themselves are none.
	}
	within = append(within, t)
	switch t.Kind() {
	case reflect.Bool, reflect.String,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	case reflect.Slice, reflect.Pointer:
		return isValue(t.Elem(), within)
	case reflect.Map:
		return t.Key().Kind() == reflect.String && isValue(t.Elem(), within)
	case reflect.Struct:
		for field := range t.Fields() {
			if !isValue(field.Type, within) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// appendValue writes down a value. Texts and lists start with their length, so
// that nothing in them can be taken for the next value.
func appendValue(b []byte, v reflect.Value) []byte {
	switch v.Kind() { //nolint:exhaustive // the kinds of isValue
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.String:
		b = strconv.AppendInt(b, int64(v.Len()), 10)
		return append(append(b, ':'), v.String()...)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return append(strconv.AppendInt(b, v.Int(), 10), ';')
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return append(strconv.AppendUint(b, v.Uint(), 10), ';')
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, '-')
		}
		return appendValue(append(b, '*'), v.Elem())
	case reflect.Slice:
		b = append(strconv.AppendInt(b, int64(v.Len()), 10), '[')
		for i := range v.Len() {
			b = appendValue(b, v.Index(i))
		}
		return b
	case reflect.Map:
		b = append(strconv.AppendInt(b, int64(v.Len()), 10), '{')
		keys := v.MapKeys()
		slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
		for _, key := range keys {
			b = appendValue(appendValue(b, key), v.MapIndex(key))
		}
		return b
	case reflect.Struct:
		for i := range v.NumField() { //nolint:modernize // Fields would keep every v on the heap.
			b = appendValue(b, v.Field(i))
		}
	}
	return b
}

// cloneValue copies a value with everything that it refers to.
func cloneValue(v reflect.Value) reflect.Value {
	if accepts, ok := reflect.TypeAssert[TokenChoice](v); ok { // Its fields are its own.
		accepts.types = slices.Clone(accepts.types)
		for i, t := range accepts.types {
			accepts.types[i] = TokenType(strings.Clone(string(t)))
		}
		return reflect.ValueOf(accepts)
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	switch v.Kind() { //nolint:exhaustive // all others are copies already
	case reflect.String:
		c.SetString(strings.Clone(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			c.Set(reflect.New(v.Type().Elem()))
			c.Elem().Set(cloneValue(v.Elem()))
		}
	case reflect.Slice:
		if !v.IsNil() {
			c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				c.Index(i).Set(cloneValue(v.Index(i)))
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			c.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
			for _, key := range v.MapKeys() {
				c.SetMapIndex(cloneValue(key), cloneValue(v.MapIndex(key)))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.Field(i).Set(cloneValue(v.Field(i)))
			}
		}
	}
	return c
}
