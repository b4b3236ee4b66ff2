package token

import (
	"encoding/base64"
	"testing"
)

// FuzzMayBeObject shows that what is refused at its first byte would have been refused in the end.
func FuzzMayBeObject(f *testing.F) {
	for _, text := range []string{"{}", " {}", "\t{}", "\n{}", "\r\n{}", "\uFEFF{}", "\uFEFF {}", "[]", "null", "\x00{}", "\xFF{}", "x", ""} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(text)))
		f.Add(base64.URLEncoding.EncodeToString([]byte(text)))
	}
	for _, part := range []string{"=", "e", "e=", "\ne30", "e\n30", "e30\n", "e+0", "//8"} {
		f.Add(part)
	}
	f.Fuzz(func(t *testing.T, part string) {
		b, ok := decodePart([]byte(part), nil)
		if !ok {
			return
		}
		if _, ok := parseObject(decodeUTF8(b), nil); ok && !mayBeObject([]byte(part)) {
			t.Errorf("%q is an object", part)
		}
	})
}
