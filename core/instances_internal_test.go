package core

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryOptionTellsInstancesApart finds fields that a comparison of options
// forgets: two tenants that differ there would share keys.
func TestEveryOptionTellsInstancesApart(t *testing.T) {
	t.Parallel()
	i := Adapter{}.Instances()
	var uncomparable []string
	for _, field := range i.fields {
		if !field.comparable {
			uncomparable = append(uncomparable, field.name)
			continue
		}
		seen := map[string]string{string(appendKey(nil, &Options{})): "the zero value"}
		for what, o := range variants(field) {
			key := string(appendKey(nil, &o))
			if other, ok := seen[key]; ok {
				t.Errorf("Options.%s: %s has the key of %s", field.name, what, other)
			}
			seen[key] = what
		}
		if len(seen) < 2 {
			t.Errorf("Options.%s has no variants: teach this test its type", field.name)
		}
	}
	want := []string{"Logger", "HTTPClient", "Now", "LookupEnv", "IsPageRequest", "IsActionRequest", "Skip", "FrontendAPIProxy.Only", "ClientAddress", "Outage.Observe", "Outage.Store", "Shared", "Hooks.Authenticate", "Hooks.Call", "Hooks.Carry", "Hooks.KeysFetched", "Hooks.BreakerChanged", "Hooks.Revoked", "Hooks.Counters"}
	for _, name := range want {
		if !strings.Contains(strings.Join(uncomparable, " ")+" ", name+" ") {
			t.Errorf("Options.%s can be compared", name)
		}
	}
	for _, name := range uncomparable {
		if !strings.Contains(strings.Join(want, " ")+" ", name+" ") {
			t.Errorf("Options.%s cannot be compared, and its documentation does not say so: see Instances", name)
		}
	}
}

// variants are options that differ in one field.
func variants(field optionField) map[string]Options {
	all := map[string]Options{}
	var o Options
	f := reflect.ValueOf(&o).Elem().FieldByIndex(field.index)
	for what, set := range fillings(f.Type(), field.name) {
		o = Options{}
		f.Set(set)
		all[what] = o
	}
	return all
}

// fillings are values of a type that are not zero, and differ from each other.
func fillings(t reflect.Type, name string) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	if t == reflect.TypeFor[TokenChoice]() {
		return map[string]reflect.Value{
			"any": reflect.ValueOf(AnyToken()), "one": reflect.ValueOf(OnlyToken(APIKey)), "another": reflect.ValueOf(OnlyToken(M2MToken)),
			"a list of one": reflect.ValueOf(TokenList(APIKey)), "a list": reflect.ValueOf(TokenList(APIKey, M2MToken)),
		}
	}
	v := reflect.New(t).Elem()
	switch t.Kind() { //nolint:exhaustive // the others are never values
	case reflect.Bool:
		v.SetBool(true)
		out[name+" true"] = v
	case reflect.String:
		v.SetString("a")
		out[name+" a"] = v
		out[name+" b"] = reflect.ValueOf("b").Convert(t)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(7)
		out[name+" 7"] = v
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(7)
		out[name+" 7"] = v
	case reflect.Pointer:
		out[name+" a pointer to zero"] = reflect.New(t.Elem())
		for what, filling := range fillings(t.Elem(), "a pointer to "+name) {
			p := reflect.New(t.Elem())
			p.Elem().Set(filling)
			out[what] = p
		}
	case reflect.Slice:
		for what, filling := range fillings(t.Elem(), "an element of "+name) {
			out[what] = reflect.Append(reflect.MakeSlice(t, 0, 2), filling)
			out[what+" twice"] = reflect.Append(reflect.MakeSlice(t, 0, 2), filling, filling)
		}
	case reflect.Map:
		for what, filling := range fillings(t.Elem(), "a value of "+name) {
			m := reflect.MakeMap(t)
			m.SetMapIndex(reflect.ValueOf("k").Convert(t.Key()), filling)
			out[what] = m
		}
	case reflect.Struct:
		for i := range t.NumField() {
			for what, filling := range fillings(t.Field(i).Type, name+"."+t.Field(i).Name) {
				s := reflect.New(t).Elem()
				s.Field(i).Set(filling)
				out[what] = s
			}
		}
	}
	return out
}

// TestKeysOfOptionsCannotBeForged moves text between neighbouring values.
func TestKeysOfOptionsCannotBeForged(t *testing.T) {
	t.Parallel()
	pairs := [][2]Options{
		{{PublishableKey: "ab", SecretKey: "c"}, {PublishableKey: "a", SecretKey: "bc"}},
		{{PublishableKey: "a0:1:b"}, {PublishableKey: "a", SecretKey: "b"}},
		{{Audience: []string{"a", "b"}}, {Audience: []string{"a1:b"}}},
		{{Audience: []string{"a"}}, {AuthorizedParties: []string{"a"}}},
		{{Domain: "1:x"}, {Domain: "x"}},
		{{OrganizationSync: OrganizationSync{OrganizationPatterns: []string{"/a"}}}, {OrganizationSync: OrganizationSync{PersonalAccountPatterns: []string{"/a"}}}},
	}
	for _, pair := range pairs {
		a, b := appendKey(nil, &pair[0]), appendKey(nil, &pair[1])
		if string(a) == string(b) {
			t.Errorf("one key for two options: %s", a)
		}
	}
}

func TestOptionsAreCopiedWhole(t *testing.T) {
	t.Parallel()
	i := Adapter{}.Instances()
	for _, field := range i.fields {
		if !field.comparable {
			continue
		}
		for what, o := range variants(field) {
			copied := i.withBase(o)
			got, want := reflect.ValueOf(copied).FieldByIndex(field.index), reflect.ValueOf(o).FieldByIndex(field.index)
			if diff := cmp.Diff(want.Interface(), got.Interface(), cmp.AllowUnexported(TokenChoice{})); diff != "" {
				t.Errorf("%s (-given +copied):\n%s", what, diff)
			}
			if k := got.Kind(); (k == reflect.Slice || k == reflect.Map || k == reflect.Pointer) && got.Pointer() == want.Pointer() {
				t.Errorf("%s: the copy shares memory with what was given", what)
			}
		}
	}
}
