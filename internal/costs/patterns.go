package main

import "strings"

// pattern is a text that some parser dislikes, of any size.
type pattern struct {
	name         string
	before, unit string
	after        string
	middle       string // between the units and a second half of after's units
}

// of returns the pattern with about so many bytes.
func (p pattern) of(size int) string {
	n := max(size/max(len(p.unit)+len(p.middle), 1), 1)
	return p.before + strings.Repeat(p.unit, n) + p.after + strings.Repeat(p.middle, n)
}

func repeated(units ...string) (list []pattern) {
	for _, unit := range units {
		list = append(list, pattern{name: unit, unit: unit})
	}
	return list
}

// bytePatterns go everywhere.
func bytePatterns() []pattern {
	return append(repeated(
		"a", "@", "/", `\`, ".", "..", "../", "a/../", "/.", "%", "%2", "%25", "%2e", "%2e%2e/", "%41", "%ff", "%e2%82", "%00", "[", "]", ":", "\t", "\r\n", " ", "http://", "https://", "xn--", `"`, "'", "`", "{", "}", "<", "(", "1", "0", "-", "+", ",", ";", "=",
		"&", "a&", "a=b&", "%41&", "&&a", "?", "#", "*", "|", "~", "a,", ", ", "a;", "a=b; ", "__session=", "; __session=a", "eyJhIjox.", "a.", "e30.", "//@", ":@", "a b", "a%20",
		"\x00", "\x80", "\xe9", "\xff", "\xe2\x82", "é", "日", "💩", "A\u0301", "א", "\u200d", "ａ", "ß", "。",
	),
		pattern{name: "a@ and /", unit: "@", middle: "/"}, pattern{name: "/a and ..", unit: "/a", middle: "/.."}, pattern{name: "[ and ]", unit: "[", middle: "]"})
}

// urlPatterns go where a URL is read. They hide where its host begins.
func urlPatterns() (list []pattern) {
	for _, before := range []string{"h", `a\`, "http:\t//", "//", `\\`, "/\t/", "https://h/", "https://h/?", "https://h/#", "https:///", "http:\\\\@", "https://u:", "https://[", "https://h:", "javascript:", "?", "#", "x:", "mailto:"} {
		for _, unit := range []string{"@", "/", `\`, "../", "%2e", "[", ":", "1.", "xn--a.", "\xff", "日", "?", "#", "&"} {
			list = append(list, pattern{name: before + " " + unit, before: before, unit: unit})
		}
	}
	return list
}

// jsonPatterns are the values of claims.
func jsonPatterns() []pattern {
	list := []pattern{ //nolint:prealloc // made once for a test
		{name: "[[[", unit: "[", after: "1", middle: "]"},
		{name: "objects in objects", unit: `{"a":`, after: "1", middle: "}"},
		{name: "list of numbers", before: "[0", unit: ",1", after: "]"},
		{name: "list of texts", before: "[\"\"", unit: ",\"a\"", after: "]"},
		{name: "list of empty texts", before: "[\"\"", unit: ",\"\"", after: "]"},
		{name: "list of lists", before: "[0", unit: ",[]", after: "]"},
		{name: "list of objects", before: "[0", unit: ",{}", after: "]"},
		{name: "object", before: `{"a":0`, unit: `,"a":1`, after: "}"},
		{name: "object of numbers", before: `{"1":0`, unit: `,"0":1`, after: "}"},
		{name: "digits", unit: "1"},
		{name: "fraction", before: "0.", unit: "1"},
		{name: "exponent", before: "1e", unit: "1"},
		{name: "space", before: "[", unit: " ", after: "]"},
		{name: "escapes", before: `"`, unit: `\u0041`, after: `"`},
		{name: "surrogates", before: `"`, unit: `\ud800`, after: `"`},
		{name: "line ends", before: `"`, unit: `\n`, after: `"`},
		{name: "malformed", unit: `{"a":[`},
		{name: "hexadecimal", before: `"0x`, unit: `f`, after: `"`},
		{name: "number in a text", before: `"`, unit: `1`, after: `"`},
		{name: "exponent in a text", before: `"1e`, unit: `1`, after: `"`},
		{name: "lists of exponents", before: "[1e300", unit: ",1e300", after: "]"},
	}
	for _, unit := range []string{"http://", "https://", "httphttp://", "a", ",", "o:a,", ":", "o:", "u:", "org:", "é", "\u007f", "日", "/", "@", "."} {
		list = append(list, pattern{name: "text of " + unit, before: `"`, unit: unit, after: `"`})
	}
	return list
}
