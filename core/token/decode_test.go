package token_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/core/token"
)

const (
	badForm  = "Invalid JWT form. A JWT consists of three parts separated by dots. (reason=token-invalid, token-carrier=undefined)"
	badParts = "Invalid JWT form. The header, payload, or signature could not be decoded. (reason=token-invalid, token-carrier=undefined)"
	tooLong  = "Invalid JWT form. The token is too long. (reason=token-invalid, token-carrier=undefined)"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	e30 := b64([]byte("{}"))
	tests := []struct{ name, raw, want string }{
		{name: "empty objects", raw: "e30.e30.AA", want: ""},
		{name: "padding is tolerated", raw: "e30=.e30=.AA==", want: ""},
		{name: "any number of padding", raw: "e30=====.e30.AA=======", want: ""},
		{name: "empty signature", raw: "e30.e30.", want: ""},
		{name: "signature of padding only", raw: "e30.e30.====", want: ""},
		{name: "nothing", want: badForm},
		{name: "no dot", raw: "e30", want: badForm},
		{name: "one dot", raw: "e30.e30", want: badForm},
		{name: "three dots", raw: "e30.e30.AA.", want: badForm},
		{name: "five parts", raw: "e30.e30.AA.AA.AA", want: badForm},
		{name: "only dots", raw: "..", want: badParts},
		{name: "empty header", raw: ".e30.AA", want: badParts},
		{name: "empty payload", raw: "e30..AA", want: badParts},
		{name: "stray bits in the header", raw: "e31.e30.AA", want: badParts},
		{name: "stray bits in the payload", raw: "e30.e31.AA", want: badParts},
		{name: "stray bits in the signature", raw: "e30.e30.AB", want: badParts},
		{name: "one character too many in the signature", raw: "e30.e30.AAAAA", want: badParts},
		{name: "line feed in the header", raw: "e3\n0.e30.AA", want: badParts},
		{name: "carriage return in the payload", raw: "e30.e3\r0.AA", want: badParts},
		{name: "line feed at the end", raw: "e30.e30.AA\n", want: badParts},
		{name: "space at the start", raw: " e30.e30.AA", want: badParts},
		{name: "space at the end", raw: "e30.e30.AA ", want: badParts},
		{name: "tab in the signature", raw: "e30.e30.A\tA", want: badParts},
		{name: "padding inside", raw: "e3=0.e30.AA", want: badParts},
		{name: "plus from the other alphabet", raw: "e30.e30.+A", want: badParts},
		{name: "slash from the other alphabet", raw: "e30.e30./w", want: badParts},
		{name: "percent escape", raw: "e30.e30.%41A", want: badParts},
		{name: "text outside of ASCII", raw: "e30.e30.\u0100A", want: badParts},
		{name: "NUL", raw: "e30.e30.AA\x00", want: badParts},
		{name: "not JSON", raw: "aaa.bbb.ccc", want: badParts},
		{name: "text that is not JSON", raw: "YWJj.YWJj.YWJj", want: badParts},
		{name: "header null", raw: b64([]byte("null")) + ".e30.AA", want: badParts},
		{name: "payload null", raw: e30 + "." + b64([]byte("null")) + ".AA", want: badParts},
		{name: "header array", raw: b64([]byte("[]")) + ".e30.AA", want: badParts},
		{name: "payload number", raw: e30 + "." + b64([]byte("5")) + ".AA", want: badParts},
		{name: "payload string", raw: e30 + "." + b64([]byte(`"{}"`)) + ".AA", want: badParts},
		{name: "two objects", raw: e30 + "." + b64([]byte(`{}{}`)) + ".AA", want: badParts},
		{name: "trailing comma", raw: e30 + "." + b64([]byte(`{"a":1,}`)) + ".AA", want: badParts},
		{name: "trailing NUL", raw: e30 + "." + b64([]byte("{}\x00")) + ".AA", want: badParts},
		{name: "comment", raw: e30 + "." + b64([]byte(`{/**/}`)) + ".AA", want: badParts},
		{name: "space around", raw: e30 + "." + b64([]byte(" \t\r\n{ } \n")) + ".AA", want: ""},
		{name: "other space", raw: e30 + "." + b64([]byte("\u00a0{}")) + ".AA", want: badParts},
		{name: "byte order mark", raw: b64([]byte("\uFEFF{}")) + "." + b64([]byte("\uFEFF{}")) + ".AA", want: ""},
		{name: "two byte order marks", raw: e30 + "." + b64([]byte("\uFEFF\uFEFF{}")) + ".AA", want: badParts},
		{name: "UTF-16", raw: e30 + "." + b64([]byte("{\x00}\x00")) + ".AA", want: badParts},
		{
			name: "control character in a string", raw: e30 + "." + b64([]byte("{\"a\":\"\n\"}")) + ".AA",
			want: badParts,
		},
		{
			name: "nested too deeply and never closed",
			raw:  e30 + "." + b64([]byte(`{"a":`+strings.Repeat("[", 9000))) + ".AA", want: badParts,
		},
		{
			name: "nested deeply",
			raw:  e30 + "." + b64([]byte(`{"a":`+strings.Repeat("[", 4000)+strings.Repeat("]", 4000)+"}")) + ".AA",
			want: "",
		},
		{
			name: "nested beyond the limit", raw: e30 + "." + b64([]byte(`{"a":`+strings.Repeat("[", 10001))) + ".AA",
			want: badParts,
		},
		{name: "the longest", raw: "e30.e30." + strings.Repeat("A", token.MaxLength-8), want: ""},
		{name: "one longer", raw: "e30.e30." + strings.Repeat("A", token.MaxLength-7), want: tooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := token.Decode(tt.raw)
			if tt.want == "" {
				if err != nil {
					t.Fatalf("Decode(%.60q) failed: %v", tt.raw, err)
				}
				if got.Raw() != tt.raw {
					t.Errorf("Raw() = %.60q, want %.60q", got.Raw(), tt.raw)
				}
				return
			}
			if err == nil || full(err) != tt.want {
				t.Errorf("Decode(%.60q) = %q, want %q", tt.raw, full(err), tt.want)
			}
		})
	}
}

func TestDecodedText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, payload, want string }{
		{name: "plain", payload: `{"sub":"u"}`, want: "u"},
		{name: "the last duplicate wins", payload: `{"sub":"a","sub":"b"}`, want: "b"},
		{name: "names are case-sensitive", payload: `{"sub":"a","SUB":"b","Sub":"c","\u017fub":"d"}`, want: "a"},
		{name: "names can be escaped", payload: `{"\u0073ub":"a"}`, want: "a"},
		{name: "an escaped duplicate wins, too", payload: `{"sub":"a","\u0073\u0075\u0062":"b"}`, want: "b"},
		{name: "invalid UTF-8, one byte", payload: "{\"sub\":\"a\xffb\"}", want: "a\uFFFDb"},
		{name: "invalid UTF-8, a truncated sequence", payload: "{\"sub\":\"\xe2\x82\"}", want: "\uFFFD"},
		{name: "invalid UTF-8, a surrogate", payload: "{\"sub\":\"\xed\xa0\x80\"}", want: "\uFFFD\uFFFD\uFFFD"},
		{
			name: "invalid UTF-8, too large", payload: "{\"sub\":\"\xf4\x90\x80\x80\"}",
			want: "\uFFFD\uFFFD\uFFFD\uFFFD",
		},
		{name: "invalid UTF-8, four bytes cut to three", payload: "{\"sub\":\"\xf0\x9f\x98x\"}", want: "\uFFFDx"},
		{name: "invalid UTF-8, overlong", payload: "{\"sub\":\"\xc0\xaf\"}", want: "\uFFFD\uFFFD"},
		{
			name: "escapes", payload: `{"sub":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}`,
			want: "\"\\/\b\f\n\r\t\u00e9\U0001F600",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := mustDecode(t, "e30."+b64([]byte(tt.payload))+".").Claims().Get("sub").Text()
			if !ok || got != tt.want {
				t.Errorf("sub of %q = %q, %v, want %q", tt.payload, got, ok, tt.want)
			}
		})
	}
}

func TestTokenDoesNotShareMemory(t *testing.T) {
	t.Parallel()
	raw := sign(t, ourKey(), goodHeader, claims(nil))
	tok := mustDecode(t, raw)
	p := tok.Payload()
	for i := range p {
		p[i] = 'x'
	}
	r := tok.Claims().Get("sub").Raw()
	r[1] = 'x'
	if got, _ := tok.Claims().Get("sub").Text(); got != "user_1" {
		t.Errorf("sub = %q after writing to the results of Payload and Raw", got)
	}
	if diff := cmp.Diff(claims(nil), string(tok.Payload())); diff != "" {
		t.Errorf("payload changed (-want +got):\n%s", diff)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, header, payload string
		m2m, oauth, other     bool // other: not for sessions, by category
	}{
		{name: "session", header: `{"cat":"cl_B7d4PD111AAA"}`, payload: `{"sub":"user_1"}`},
		{name: "no category", header: `{}`, payload: `{"sub":"user_1"}`},
		{name: "ignore", header: `{"cat":"cl_I7d4PD111III"}`, payload: `{}`},
		{name: "template", header: `{"cat":"cl_B7d4PD222AAA"}`, payload: `{}`, other: true},
		{name: "machine category", header: `{"cat":"cl_B7d4PD333AAA"}`, payload: `{}`, other: true},
		{name: "unknown category", header: `{"cat":"x"}`, payload: `{}`, other: true},
		{name: "null category", header: `{"cat":null}`, payload: `{}`, other: true},
		{name: "category that is no string", header: `{"cat":["cl_B7d4PD111AAA"]}`, payload: `{}`, other: true},
		{name: "machine subject", header: `{}`, payload: `{"sub":"mch_1"}`, m2m: true},
		{name: "machine subject in other case", header: `{}`, payload: `{"sub":"MCH_1"}`},
		{name: "machine subject in an array", header: `{}`, payload: `{"sub":["mch_1"]}`},
		{name: "access token", header: `{"typ":"at+jwt"}`, payload: `{}`, oauth: true},
		{name: "access token, long type", header: `{"typ":"application/at+jwt"}`, payload: `{}`, oauth: true},
		{name: "access token in other case", header: `{"typ":"AT+JWT"}`, payload: `{}`},
		{name: "access token type in an array", header: `{"typ":["at+jwt"]}`, payload: `{}`},
		{name: "both", header: `{"typ":"at+jwt"}`, payload: `{"sub":"mch_1"}`, m2m: true, oauth: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, padding := range []string{"", "=", "===="} {
				raw := b64([]byte(tt.header)) + "." + b64([]byte(tt.payload)) + ".AA" + padding
				tok := mustDecode(t, raw)
				if got := tok.IsM2M(); got != tt.m2m {
					t.Errorf("IsM2M(%s) = %v, want %v", raw, got, tt.m2m)
				}
				if got := tok.IsOAuth(); got != tt.oauth {
					t.Errorf("IsOAuth(%s) = %v, want %v", raw, got, tt.oauth)
				}
				if got := tok.IsMachine(); got != (tt.m2m || tt.oauth) {
					t.Errorf("IsMachine(%s) = %v, want %v", raw, got, tt.m2m || tt.oauth)
				}
				if got := tok.IsNonSessionCategory(); got != tt.other {
					t.Errorf("IsNonSessionCategory(%s) = %v, want %v", raw, got, tt.other)
				}
			}
		})
	}
}

func TestLongForgeryIsCheap(t *testing.T) {
	raw := strings.Repeat("A.", 32<<10)
	if n := testing.AllocsPerRun(10, func() { _, _ = token.Decode(raw) }); n > 1 {
		t.Errorf("Decode of %d bytes makes %v allocations, want 1 for the error", len(raw), n)
	}
}
