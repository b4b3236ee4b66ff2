package core

import (
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/optiontext"
)

// fromEnvironment fills what is not set, and copies what the caller could change
// later. What is blank is not set.
func fromEnvironment(o Options) Options {
	o = trimOptions(o)
	lookup := o.LookupEnv
	if lookup == nil {
		lookup = os.LookupEnv
	}
	env := func(name string) string {
		for _, prefix := range [...]string{"CLERK_", "NEXT_PUBLIC_CLERK_"} {
			if value, ok := lookup(prefix + name); ok && optiontext.Trim(value) != "" {
				return optiontext.Trim(value)
			}
		}
		return ""
	}
	for _, f := range [...]struct {
		field *string
		name  string
	}{
		{&o.PublishableKey, "PUBLISHABLE_KEY"},
		{&o.SecretKey, "SECRET_KEY"},
		{&o.MachineSecretKey, "MACHINE_SECRET_KEY"},
		{&o.JWTKey, "JWT_KEY"},
		{&o.Domain, "DOMAIN"},
		{&o.ProxyURL, "PROXY_URL"},
		{&o.SignInURL, "SIGN_IN_URL"},
		{&o.SignUpURL, "SIGN_UP_URL"},
		{&o.APIURL, "API_URL"},
		{&o.APIVersion, "API_VERSION"},
	} {
		if *f.field == "" {
			*f.field = env(f.name)
		}
	}
	if !o.IsSatellite {
		o.IsSatellite = isTrue(env("IS_SATELLITE"))
	}
	if o.APIVersion == "" {
		o.APIVersion = "v1"
	}
	return o
}

// isTrue reads a boolean variable as Clerk's SDKs do: the word true, or an
// integer above zero.
func isTrue(s string) bool {
	switch {
	case strings.EqualFold(s, "true"):
		return true
	case strings.EqualFold(s, "false"):
		return false
	}
	s = strings.TrimSpace(s)
	n := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if n < 0 {
		n = len(s)
	}
	v, err := strconv.Atoi(s[:n])
	return err == nil && v > 0
}

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
