package engine

import "testing"

func TestEqualWithoutSchemes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://clerk.example.com":        "clerk.example.com",
		"HTTPS://clerk.example.com":        "clerk.example.com",
		"http://https://clerk.example.com": "clerk.example.com",
		"https://a.b/http://c":             "a.b/c",
		"clerk.example.com":                "clerk.example.com",
		"hhttp://ttp://x":                  "http://x", // What removal brings together stays.
		"https:/x":                         "https:/x",
		"":                                 "",
	} {
		if !equalWithoutSchemes(text, want) {
			t.Errorf("%q is not %q", text, want)
		}
		for _, other := range []string{want + "x", "x" + want, want + "http://", "HTTP://"} {
			if equalWithoutSchemes(text, other) {
				t.Errorf("%q is %q", text, other)
			}
		}
	}
}
