package core

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
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

// appendKey writes down the fields of options that can be compared, so that two have the same text
// only if they are equal. Each request with options of its own needs it: what tenants usually say
// is written without reflection.
func appendKey(b []byte, o *Options) []byte {
	for _, text := range [...]*string{
		&o.PublishableKey, &o.SecretKey, &o.MachineSecretKey, &o.JWTKey, &o.Domain, &o.ProxyURL, &o.SignInURL, &o.SignUpURL,
		&o.APIURL, &o.APIVersion, &o.FrontendAPIProxy.Path, &o.FrontendAPIProxy.FAPIURL,
	} {
		b = appendText(b, *text)
	}
	for _, list := range [...]*[]string{
		&o.Audience, &o.AuthorizedParties, &o.Issuer,
		&o.OrganizationSync.OrganizationPatterns, &o.OrganizationSync.PersonalAccountPatterns,
	} {
		b = append(strconv.AppendInt(b, int64(len(*list)), 10), '[')
		for _, text := range *list {
			b = appendText(b, text)
		}
	}
	bits := 0
	for i, is := range [...]bool{
		o.IsSatellite, o.SatelliteAutoSync, o.Debug, o.APIStatus, o.IgnoreForwarded, o.FrontendAPIProxy.Enabled, o.Outage.Client,
		o.ContentSecurityPolicy != nil, o.ClockSkew != nil, o.AcceptsToken.IsSet(),
	} {
		if is {
			bits |= 1 << i
		}
	}
	b = append(strconv.AppendInt(b, int64(bits), 10), ';')
	if o.ContentSecurityPolicy != nil {
		b = appendValue(b, reflect.ValueOf(o.ContentSecurityPolicy).Elem())
	}
	if o.ClockSkew != nil {
		b = appendNumber(b, *o.ClockSkew)
	}
	if o.AcceptsToken.IsSet() {
		b = appendValue(b, reflect.ValueOf(o.AcceptsToken))
	}
	b = appendUnusual(b, o.FrontendAPIProxy.HeaderTimeout)
	b = appendUnusual(b, o.Retry)
	b = appendUnusual(b, o.KeyRefresh)
	b = appendUnusual(b, o.TokenCache)
	b = appendUnusual(b, o.CallBudget)
	b = appendUnusual(b, o.BackendLimit)
	b = appendUnusual(b, o.MachineTokens)
	b = appendUnusual(b, o.Users)
	b = appendUnusual(b, o.Revocations)
	b = appendUnusual(b, o.SharedTimeout)
	for _, duration := range [...]time.Duration{o.Outage.MaxWait, o.Outage.MaxRetryAfter, o.Outage.ProbeInterval, o.Outage.Grace} {
		b = appendUnusual(b, duration)
	}
	return appendUnusual(b, o.Outage.Failures)
}

// appendUnusual writes down a value that is usually zero.
func appendUnusual[T comparable](b []byte, v T) []byte {
	if v == *new(T) {
		return append(b, '-')
	}
	return appendValue(append(b, '+'), reflect.ValueOf(v))
}

func appendText(b []byte, s string) []byte {
	return append(append(strconv.AppendInt(b, int64(len(s)), 10), ':'), s...)
}

func appendNumber[T ~int | ~int64](b []byte, n T) []byte {
	return append(strconv.AppendInt(b, int64(n), 10), ';')
}

// appendValue writes down a value. Texts and lists start with their length, so
// that nothing in them can be taken for the next value.
func appendValue(b []byte, v reflect.Value) []byte {
	switch v.Kind() { //nolint:exhaustive // the kinds of isValue
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.String:
		return appendText(b, v.String())
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
