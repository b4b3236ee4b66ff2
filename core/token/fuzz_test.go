package token_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clerkgo/clerkgo/core/token"
)

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"", "e30.e30.", "e30=.e30==.AA=", "e31.e30.AA", "e3\n0.e30.AA", "..", "a.b.c.d", "e30.bnVsbA.AA",
		sign(f, theirKey(), goodHeader, claims(nil)),
		sign(f, theirKey(), `{"alg":"none","kid":"k1"}`, `{"sub":"\u0000","exp":1e400,"aud":["x",5]}`),
		b64([]byte("\uFEFF{\"alg\":\"RS256\"}")) + "." + b64([]byte("{\"a\":\"\xff\xe2\x82\"}")) + ".AA",
	} {
		f.Add(s)
	}
	keys := fixed(keySet(jwk("k1", &ourKey().PublicKey, nil)))
	o := options()
	o.Audience, o.AuthorizedParties = []string{"x"}, []string{"https://app.example.com"}
	v := token.NewVerifier(keys, o)
	f.Fuzz(func(t *testing.T, raw string) {
		tok, err := token.Decode(raw)
		if err != nil {
			if reason(err) != "token-invalid" {
				t.Errorf("Decode(%q): %v", raw, err)
			}
		} else {
			if strings.Count(raw, ".") != 2 || strings.ContainsAny(raw, "\r\n +/") {
				t.Errorf("Decode(%q) succeeded", raw)
			}
			var m map[string]any
			if err := json.Unmarshal(tok.Payload(), &m); err != nil && !isRange(err) {
				t.Errorf("Decode(%q) took %q for JSON: %v", raw, tok.Payload(), err)
			}
			for _, name := range tok.Claims().Names() {
				exercise(t, tok.Claims().Get(name))
			}
			for _, name := range tok.Header().Names() {
				exercise(t, tok.Header().Get(name))
			}
		}
		_, err = v.Session(t.Context(), raw)
		if got := reason(err); got == "ok" || strings.HasPrefix(got, "some other error") {
			t.Errorf("Session(%q): nobody signed this, but it gets %s", raw, got)
		}
		if _, err := v.Handshake(t.Context(), raw); err == nil {
			t.Errorf("Handshake(%q): nobody signed this", raw)
		}
	})
}

// exercise calls everything there is, to see that nothing panics.
func exercise(t *testing.T, v token.Value) {
	t.Helper()
	v.Truthy()
	v.ToNumber()
	v.ToText()
	v.Strings()
	if printed := v.JSON(); !json.Valid([]byte(printed)) {
		t.Errorf("JSON of %s is %s", v.Raw(), printed)
	}
}

func isRange(err error) bool {
	var e *json.UnmarshalTypeError
	return errors.As(err, &e) && strings.HasPrefix(e.Value, "number")
}

// FuzzValue compares with encoding/json.
func FuzzValue(f *testing.F) {
	for _, s := range []string{
		"", " ", "null", "nul", "true ", "-", "-0", "01", "1.", "1.5e+3", "1e", `"`, `"\u12"`, `"\ud83d\ude00\ud83d"`, "\"\x1f\"", "[", "[]", "[1,]",
		"{}", "{,}", `{"a"}`, `{"a":1,"a":[{"b":null}],"\u0061":2}`, `[[[[]]],{}]`, "[1 2]", `{"a":1 "b":2}`, "\uFEFF1", "\u00a01", "1 1", "{]", "[}",
		strings.Repeat("[", 10001), strings.Repeat("[", 10000) + strings.Repeat("]", 10000), strings.Repeat("[", 10001) + strings.Repeat("]", 10001),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := token.ParseValue(text)
		if want := json.Valid([]byte(text)); ok != want {
			t.Fatalf("ParseValue(%q) = %v, encoding/json says %v", text, ok, want)
		}
		if !ok || !utf8.ValidString(text) {
			return
		}
		exercise(t, v)
		compare(t, v, []byte(text))

		// What JSON prints is what was read, without duplicates.
		again, ok := token.ParseValue(v.JSON())
		if !ok || again.JSON() != v.JSON() {
			t.Errorf("%q prints as %s, and that as %s", text, v.JSON(), again.JSON())
		}
	})
}

// compare looks for differences between v and what encoding/json makes of the same text.
func compare(t *testing.T, v token.Value, text []byte) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var want any
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if !same(v, want) {
		t.Errorf("%q was read as %s, encoding/json reads %v", text, v.JSON(), want)
	}
}

func same(v token.Value, want any) bool {
	switch want := want.(type) {
	case nil:
		return v.IsNull()
	case bool:
		got, ok := v.Bool()
		return ok && got == want
	case string:
		got, ok := v.Text()
		return ok && got == want
	case json.Number:
		got, ok := v.Number()
		f, err := want.Float64()
		return ok && got == f && (err == nil || math.IsInf(got, 0))
	case []any:
		got, ok := v.Array()
		if !ok || len(got) != len(want) {
			return false
		}
		for i := range got {
			if !same(got[i], want[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		got, ok := v.Object()
		if !ok || len(got.Names()) != len(want) {
			return false
		}
		for name := range want {
			if !same(got.Get(name), want[name]) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

func FuzzParsePEM(f *testing.F) {
	text := publicPEM(f, &ourKey().PublicKey)
	for _, s := range []string{
		"", text, strings.ReplaceAll(text, "\n", `\n`), strings.ReplaceAll(text, "\n", ""), text[:100], text + text,
		publicPEM(f, &smallKey().PublicKey), "-----BEGIN PUBLIC KEY-----", "MIIB", "====",
	} {
		f.Add(s)
	}
	theirs := sign(f, theirKey(), goodHeader, claims(nil))
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := token.ParsePEM(text)
		if err != nil {
			if keys != nil || !strings.HasPrefix(err.Error(), "token: the PEM text is not ") || len(err.Error()) > 100 {
				t.Errorf("ParsePEM(%q) = %v, %v", text, keys, err)
			}
			return
		}
		if _, err := token.NewVerifier(keys, options()).Session(t.Context(), theirs); reason(err) != "token-invalid-signature" {
			t.Errorf("ParsePEM(%q) gives a key that says %v", text, err)
		}
	})
}

func FuzzKeySet(f *testing.F) {
	us := jwk("k1", &ourKey().PublicKey, nil)
	for _, s := range []string{
		"", "null", "{}", "[]", `{"keys":[]}`, `{"keys":[null,{},5]}`, `{"keys":{"length":1}}`, keySet(us), keySet(us, us), keySet(us)[:200],
		keySet(jwk("k1", &smallKey().PublicKey, map[string]any{"use": nil, "key_ops": []string{"verify"}})),
		`{"keys":[{"kid":"k1","kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`, `{"keys":[{"kid":"k1","kty":"RSA","n":"","e":"AQAB"}]}`,
		`{"keys":[{"kid":"k1","kty":"oct","k":"AAAA","alg":"HS256"}]}`,
	} {
		f.Add([]byte(s))
	}
	theirs := sign(f, theirKey(), goodHeader, claims(nil))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := token.NewRemote(token.RemoteConfig{Fetch: func(context.Context) ([]byte, error) { return body, nil }})
		_, err := token.NewVerifier(r, options()).Session(t.Context(), theirs)
		if got := reason(err); got == "ok" || strings.HasPrefix(got, "some other error") {
			t.Errorf("keys %q: a token signed by nobody gets %s", body, got)
		}
		_ = r.Ready(t.Context())
		if s := r.Stats(); s.Unusable > s.Keys || s.Keys > bytes.Count(body, []byte("{")) {
			t.Errorf("keys %q: Stats() = %+v", body, s)
		}
	})
}
