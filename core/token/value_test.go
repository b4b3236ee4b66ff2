package token_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/core/token"
)

func parse(tb testing.TB, text string) token.Value {
	tb.Helper()
	if text == "" {
		return token.Value{}
	}
	v, ok := token.ParseValue(text)
	if !ok {
		tb.Fatalf("%s is not JSON", text)
	}
	return v
}

// TestValueAsJavaScript has what Node.js prints for Boolean(v), Number(v), String(v) and JSON.stringify(v).
func TestValueAsJavaScript(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		json   string // "": absent
		truthy bool
		number float64
		text   string
		print  string
	}{
		{"", false, nan, "undefined", "undefined"},
		{"null", false, 0, "null", "null"},
		{"true", true, 1, "true", "true"},
		{"false", false, 0, "false", "false"},
		{"0", false, 0, "0", "0"},
		{"-0", false, 0, "0", "0"},
		{"-0.0e5", false, 0, "0", "0"},
		{"1e-400", false, 0, "0", "0"},
		{"1.50", true, 1.5, "1.5", "1.5"},
		{"-12e1", true, -120, "-120", "-120"},
		{"1e20", true, 1e20, "100000000000000000000", "100000000000000000000"},
		{"1e21", true, 1e21, "1e+21", "1e+21"},
		{"123456789012345678901234", true, 1.2345678901234569e+23, "1.2345678901234569e+23", "1.2345678901234569e+23"},
		{"0.000001", true, 1e-6, "0.000001", "0.000001"},
		{"0.0000001", true, 1e-7, "1e-7", "1e-7"},
		{"1.5e-10", true, 1.5e-10, "1.5e-10", "1.5e-10"},
		{"1e400", true, inf, "Infinity", "null"},
		{"-1e400", true, -inf, "-Infinity", "null"},
		{`""`, false, 0, "", `""`},
		{`" "`, true, 0, " ", `" "`},
		{`"0"`, true, 0, "0", `"0"`},
		{`" 12\n"`, true, 12, " 12\n", `" 12\n"`},
		{`"\ufeff1\u00a0"`, true, 1, "\uFEFF1\u00A0", "\"\uFEFF1\u00A0\""},
		{`"0x1F"`, true, 31, "0x1F", `"0x1F"`},
		{`"0b11"`, true, 3, "0b11", `"0b11"`},
		{`"0O17"`, true, 15, "0O17", `"0O17"`},
		{`"-0x1F"`, true, nan, "-0x1F", `"-0x1F"`},
		{`"0x"`, true, nan, "0x", `"0x"`},
		{`"0x-1"`, true, nan, "0x-1", `"0x-1"`},
		{`"1_000"`, true, nan, "1_000", `"1_000"`},
		{`"1."`, true, 1, "1.", `"1."`},
		{`".5"`, true, 0.5, ".5", `".5"`},
		{`"."`, true, nan, ".", `"."`},
		{`"+1e3"`, true, 1000, "+1e3", `"+1e3"`},
		{`"1e"`, true, nan, "1e", `"1e"`},
		{`"1e1000"`, true, inf, "1e1000", `"1e1000"`},
		{`"-Infinity"`, true, -inf, "-Infinity", `"-Infinity"`},
		{`"infinity"`, true, nan, "infinity", `"infinity"`},
		{`"inf"`, true, nan, "inf", `"inf"`},
		{`"nan"`, true, nan, "nan", `"nan"`},
		{`"12abc"`, true, nan, "12abc", `"12abc"`},
		{`"<&>\u2028\u007f\u0001\b\f\n\r\t\"\\\/"`, true, nan, "<&>\u2028\x7f\x01\b\f\n\r\t\"\\/", "\"<&>\u2028\x7f\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\""},
		{`"\u00e9\ud83d\ude00\uD83D\ud83d"`, true, nan, "\u00e9\U0001F600\uFFFD\uFFFD", "\"\u00e9\U0001F600\\ud83d\\ud83d\""},
		{"[]", true, 0, "", "[]"},
		{"[ ]", true, 0, "", "[]"},
		{"[5]", true, 5, "5", "[5]"},
		{`["0x10"]`, true, 16, "0x10", `["0x10"]`},
		{"[[[7]]]", true, 7, "7", "[[[7]]]"},
		{"[null]", true, 0, "", "[null]"},
		{"[true]", true, nan, "true", "[true]"},
		{`[1, [2, [ "a,b" ] ], null, {"x": [9]}]`, true, nan, "1,2,a,b,,[object Object]", `[1,[2,["a,b"]],null,{"x":[9]}]`},
		{"[1e400]", true, inf, "Infinity", "[null]"},
		{"{}", true, nan, "[object Object]", "{}"},
		{`{ "b" : 1 , "a" : { } }`, true, nan, "[object Object]", `{"b":1,"a":{}}`},
		{`{"b":1,"a":2,"b":3}`, true, nan, "[object Object]", `{"b":3,"a":2}`},
		{
			`{"b":1,"10":2,"9":3,"a":4,"01":5,"4294967294":6,"4294967295":7,"-1":8,"9":0}`, true, nan, "[object Object]",
			`{"9":0,"10":2,"4294967294":6,"b":1,"a":4,"01":5,"4294967295":7,"-1":8}`,
		},
		{
			`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"a":2,"0":3,"0":4}`, true, nan, "[object Object]",
			`{"0":4,"a":2,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}`,
		},
		{`{"__proto__":1,"\u0061":2}`, true, nan, "[object Object]", `{"__proto__":1,"a":2}`},
	}
	for _, tt := range tests {
		v := parse(t, tt.json)
		if got := v.Truthy(); got != tt.truthy {
			t.Errorf("Truthy(%s) = %v, want %v", tt.json, got, tt.truthy)
		}
		if got := v.ToNumber(); got != tt.number && !(math.IsNaN(got) && math.IsNaN(tt.number)) {
			t.Errorf("ToNumber(%s) = %v, want %v", tt.json, got, tt.number)
		}
		if got := v.ToText(); got != tt.text {
			t.Errorf("ToText(%s) = %q, want %q", tt.json, got, tt.text)
		}
		if got := v.JSON(); got != tt.print {
			t.Errorf("JSON(%s) = %s, want %s", tt.json, got, tt.print)
		}
	}
}

func TestValueKinds(t *testing.T) {
	t.Parallel()
	for _, json := range []string{"", "null", "true", "5", `"x"`, "[]", `["a"]`, `["a",1]`, "{}"} {
		v := parse(t, json)
		_, text := v.Text()
		_, number := v.Number()
		_, boolean := v.Bool()
		_, array := v.Array()
		_, texts := v.Strings()
		_, object := v.Object()
		got := map[string]bool{
			"exists": v.Exists(), "null": v.IsNull(), "text": text, "number": number, "bool": boolean,
			"array": array, "strings": texts, "object": object, "raw": v.Raw() != nil,
		}
		want := map[string]bool{
			"exists": json != "", "null": json == "null", "text": json == `"x"`, "number": json == "5", "bool": json == "true",
			"array": json != "" && json[0] == '[', "strings": json == "[]" || json == `["a"]`, "object": json == "{}", "raw": json != "",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", json, diff)
		}
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	o, ok := parse(t, ` { "a" : [ 1 , {"b":2} ] , "A" : null , "a" : "last" , "" : 0 } `).Object()
	if !ok {
		t.Fatal("not an object")
	}
	if diff := cmp.Diff([]string{"a", "A", ""}, o.Names()); diff != "" {
		t.Errorf("Names (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{"a": `"last"`, "A": "null", "": "0", "b": "undefined"} {
		if got := o.Get(name).JSON(); got != want {
			t.Errorf("Get(%q) = %s, want %s", name, got, want)
		}
	}
	var zero token.Object
	if zero.Get("a").Exists() || len(zero.Names()) != 0 {
		t.Error("the zero Object has members")
	}
	list, _ := parse(t, `[ "x" ,[ ],{}, -1.5e2 ]`).Array()
	var raws []string
	for _, v := range list {
		raws = append(raws, string(v.Raw()))
	}
	if diff := cmp.Diff([]string{`"x"`, "[ ]", "{}", "-1.5e2"}, raws); diff != "" {
		t.Errorf("Array (-want +got):\n%s", diff)
	}
}
