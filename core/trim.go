package core

import (
	"reflect"

	"github.com/clerkgo/clerkgo/core/internal/optiontext"
)

// trimOptions returns a copy of options whose texts are all trimmed. It shares
// nothing with o that the caller could change later.
func trimOptions(o Options) Options {
	v := reflect.ValueOf(&o).Elem()
	for _, field := range optionFields() {
		if !field.comparable {
			continue
		}
		given := v.FieldByIndex(field.index)
		given.Set(cloneValue(given))
		trimValue(given)
	}
	return o
}

// trimValue trims all texts in a value, in place.
func trimValue(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // the others hold no text
	case reflect.String:
		if v.CanSet() { // All but what belongs to a type of its own, such as TokenChoice.
			v.SetString(optiontext.Trim(v.String()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			trimValue(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			trimValue(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := cloneValue(v.MapIndex(key)) // The elements of a map cannot be set.
			trimValue(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			trimValue(field)
		}
	}
}
