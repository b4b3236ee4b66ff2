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

// TestValueAsJavaScript has what Node.js prints for Boolean(v), Number(v), String(v) and
// JSON.stringify(v).
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
		{number: nan, text: "undefined", print: "undefined"},
		{json: "null", text: "null", print: "null"},
		{json: "true", truthy: true, number: 1, text: "true", print: "true"},
		{json: "false", text: "false", print: "false"},
		{json: "0", text: "0", print: "0"},
		{json: "-0", text: "0", print: "0"},
		{json: "-0.0e5", text: "0", print: "0"},
		{json: "1e-400", text: "0", print: "0"},
		{json: "1.50", truthy: true, number: 1.5, text: "1.5", print: "1.5"},
		{json: "-12e1", truthy: true, number: -120, text: "-120", print: "-120"},
		{json: "1e20", truthy: true, number: 1e20, text: "100000000000000000000", print: "100000000000000000000"},
		{json: "1e21", truthy: true, number: 1e21, text: "1e+21", print: "1e+21"},
		{
			json: "123456789012345678901234", truthy: true, number: 1.2345678901234569e+23,
			text: "1.2345678901234569e+23", print: "1.2345678901234569e+23",
		},
		{json: "0.000001", truthy: true, number: 1e-6, text: "0.000001", print: "0.000001"},
		{json: "0.0000001", truthy: true, number: 1e-7, text: "1e-7", print: "1e-7"},
		{json: "1.5e-10", truthy: true, number: 1.5e-10, text: "1.5e-10", print: "1.5e-10"},
		{json: "1e400", truthy: true, number: inf, text: "Infinity", print: "null"},
		{json: "-1e400", truthy: true, number: -inf, text: "-Infinity", print: "null"},
		{json: `""`, print: `""`},
		{json: `" "`, truthy: true, text: " ", print: `" "`},
		{json: `"0"`, truthy: true, text: "0", print: `"0"`},
		{json: `" 12\n"`, truthy: true, number: 12, text: " 12\n", print: `" 12\n"`},
		{json: `"\ufeff1\u00a0"`, truthy: true, number: 1, text: "\uFEFF1\u00A0", print: "\"\uFEFF1\u00A0\""},
		{json: `"0x1F"`, truthy: true, number: 31, text: "0x1F", print: `"0x1F"`},
		{json: `"0b11"`, truthy: true, number: 3, text: "0b11", print: `"0b11"`},
		{json: `"0O17"`, truthy: true, number: 15, text: "0O17", print: `"0O17"`},
		{json: `"-0x1F"`, truthy: true, number: nan, text: "-0x1F", print: `"-0x1F"`},
		{json: `"0x"`, truthy: true, number: nan, text: "0x", print: `"0x"`},
		{json: `"0x-1"`, truthy: true, number: nan, text: "0x-1", print: `"0x-1"`},
		{json: `"1_000"`, truthy: true, number: nan, text: "1_000", print: `"1_000"`},
		{json: `"1."`, truthy: true, number: 1, text: "1.", print: `"1."`},
		{json: `".5"`, truthy: true, number: 0.5, text: ".5", print: `".5"`},
		{json: `"."`, truthy: true, number: nan, text: ".", print: `"."`},
		{json: `"+1e3"`, truthy: true, number: 1000, text: "+1e3", print: `"+1e3"`},
		{json: `"1e"`, truthy: true, number: nan, text: "1e", print: `"1e"`},
		{json: `"1e1000"`, truthy: true, number: inf, text: "1e1000", print: `"1e1000"`},
		{json: `"-Infinity"`, truthy: true, number: -inf, text: "-Infinity", print: `"-Infinity"`},
		{json: `"infinity"`, truthy: true, number: nan, text: "infinity", print: `"infinity"`},
		{json: `"inf"`, truthy: true, number: nan, text: "inf", print: `"inf"`},
		{json: `"nan"`, truthy: true, number: nan, text: "nan", print: `"nan"`},
		{json: `"12abc"`, truthy: true, number: nan, text: "12abc", print: `"12abc"`},
		{
			json: `"<&>\u2028\u007f\u0001\b\f\n\r\t\"\\\/"`, truthy: true, number: nan,
			text: "<&>\u2028\x7f\x01\b\f\n\r\t\"\\/", print: "\"<&>\u2028\x7f\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\"",
		},
		{
			json: `"\u00e9\ud83d\ude00\uD83D\ud83d"`, truthy: true, number: nan, text: "\u00e9\U0001F600\uFFFD\uFFFD",
			print: "\"\u00e9\U0001F600\\ud83d\\ud83d\"",
		},
		{json: "[]", truthy: true, print: "[]"},
		{json: "[ ]", truthy: true, print: "[]"},
		{json: "[5]", truthy: true, number: 5, text: "5", print: "[5]"},
		{json: `["0x10"]`, truthy: true, number: 16, text: "0x10", print: `["0x10"]`},
		{json: "[[[7]]]", truthy: true, number: 7, text: "7", print: "[[[7]]]"},
		{json: "[null]", truthy: true, print: "[null]"},
		{json: "[true]", truthy: true, number: nan, text: "true", print: "[true]"},
		{
			json: `[1, [2, [ "a,b" ] ], null, {"x": [9]}]`, truthy: true, number: nan,
			text: "1,2,a,b,,[object Object]", print: `[1,[2,["a,b"]],null,{"x":[9]}]`,
		},
		{json: "[1e400]", truthy: true, number: inf, text: "Infinity", print: "[null]"},
		{json: "{}", truthy: true, number: nan, text: "[object Object]", print: "{}"},
		{json: `{ "b" : 1 , "a" : { } }`, truthy: true, number: nan, text: "[object Object]", print: `{"b":1,"a":{}}`},
		{json: `{"b":1,"a":2,"b":3}`, truthy: true, number: nan, text: "[object Object]", print: `{"b":3,"a":2}`},
		{
			json: `{"b":1,"10":2,"9":3,"a":4,"01":5,"4294967294":6,"4294967295":7,"-1":8,"9":0}`, truthy: true,
			number: nan, text: "[object Object]",
			print: `{"9":0,"10":2,"4294967294":6,"b":1,"a":4,"01":5,"4294967295":7,"-1":8}`,
		},
		{
			json: `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"a":2,"0":3,"0":4}`, truthy: true,
			number: nan, text: "[object Object]",
			print: `{"0":4,"a":2,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}`,
		},
		{
			json: `{"__proto__":1,"\u0061":2}`, truthy: true, number: nan, text: "[object Object]",
			print: `{"__proto__":1,"a":2}`,
		},
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
