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
		{"empty objects", "e30.e30.AA", ""},
		{"padding is tolerated", "e30=.e30=.AA==", ""},
		{"any number of padding", "e30=====.e30.AA=======", ""},
		{"empty signature", "e30.e30.", ""},
		{"signature of padding only", "e30.e30.====", ""},
		{"nothing", "", badForm},
		{"no dot", "e30", badForm},
		{"one dot", "e30.e30", badForm},
		{"three dots", "e30.e30.AA.", badForm},
		{"five parts", "e30.e30.AA.AA.AA", badForm},
		{"only dots", "..", badParts},
		{"empty header", ".e30.AA", badParts},
		{"empty payload", "e30..AA", badParts},
		{"stray bits in the header", "e31.e30.AA", badParts},
		{"stray bits in the payload", "e30.e31.AA", badParts},
		{"stray bits in the signature", "e30.e30.AB", badParts},
		{"one character too many in the signature", "e30.e30.AAAAA", badParts},
		{"line feed in the header", "e3\n0.e30.AA", badParts},
		{"carriage return in the payload", "e30.e3\r0.AA", badParts},
		{"line feed at the end", "e30.e30.AA\n", badParts},
		{"space at the start", " e30.e30.AA", badParts},
		{"space at the end", "e30.e30.AA ", badParts},
		{"tab in the signature", "e30.e30.A\tA", badParts},
		{"padding inside", "e3=0.e30.AA", badParts},
		{"plus from the other alphabet", "e30.e30.+A", badParts},
		{"slash from the other alphabet", "e30.e30./w", badParts},
		{"percent escape", "e30.e30.%41A", badParts},
		{"text outside of ASCII", "e30.e30.\u0100A", badParts},
		{"NUL", "e30.e30.AA\x00", badParts},
		{"not JSON", "aaa.bbb.ccc", badParts},
		{"text that is not JSON", "YWJj.YWJj.YWJj", badParts},
		{"header null", b64([]byte("null")) + ".e30.AA", badParts},
		{"payload null", e30 + "." + b64([]byte("null")) + ".AA", badParts},
		{"header array", b64([]byte("[]")) + ".e30.AA", badParts},
		{"payload number", e30 + "." + b64([]byte("5")) + ".AA", badParts},
		{"payload string", e30 + "." + b64([]byte(`"{}"`)) + ".AA", badParts},
		{"two objects", e30 + "." + b64([]byte(`{}{}`)) + ".AA", badParts},
		{"trailing comma", e30 + "." + b64([]byte(`{"a":1,}`)) + ".AA", badParts},
		{"trailing NUL", e30 + "." + b64([]byte("{}\x00")) + ".AA", badParts},
		{"comment", e30 + "." + b64([]byte(`{/**/}`)) + ".AA", badParts},
		{"space around", e30 + "." + b64([]byte(" \t\r\n{ } \n")) + ".AA", ""},
		{"other space", e30 + "." + b64([]byte("\u00a0{}")) + ".AA", badParts},
		{"byte order mark", b64([]byte("\uFEFF{}")) + "." + b64([]byte("\uFEFF{}")) + ".AA", ""},
		{"two byte order marks", e30 + "." + b64([]byte("\uFEFF\uFEFF{}")) + ".AA", badParts},
		{"UTF-16", e30 + "." + b64([]byte("{\x00}\x00")) + ".AA", badParts},
		{"control character in a string", e30 + "." + b64([]byte("{\"a\":\"\n\"}")) + ".AA", badParts},
		{"nested too deeply and never closed", e30 + "." + b64([]byte(`{"a":`+strings.Repeat("[", 9000))) + ".AA", badParts},
		{"nested deeply", e30 + "." + b64([]byte(`{"a":`+strings.Repeat("[", 4000)+strings.Repeat("]", 4000)+"}")) + ".AA", ""},
		{"nested beyond the limit", e30 + "." + b64([]byte(`{"a":`+strings.Repeat("[", 10001))) + ".AA", badParts},
		{"the longest", "e30.e30." + strings.Repeat("A", token.MaxLength-8), ""},
		{"one longer", "e30.e30." + strings.Repeat("A", token.MaxLength-7), tooLong},
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
		{"plain", `{"sub":"u"}`, "u"},
		{"the last duplicate wins", `{"sub":"a","sub":"b"}`, "b"},
		{"names are case-sensitive", `{"sub":"a","SUB":"b","Sub":"c","\u017fub":"d"}`, "a"},
		{"names can be escaped", `{"\u0073ub":"a"}`, "a"},
		{"an escaped duplicate wins, too", `{"sub":"a","\u0073\u0075\u0062":"b"}`, "b"},
		{"invalid UTF-8, one byte", "{\"sub\":\"a\xffb\"}", "a\uFFFDb"},
		{"invalid UTF-8, a truncated sequence", "{\"sub\":\"\xe2\x82\"}", "\uFFFD"},
		{"invalid UTF-8, a surrogate", "{\"sub\":\"\xed\xa0\x80\"}", "\uFFFD\uFFFD\uFFFD"},
		{"invalid UTF-8, too large", "{\"sub\":\"\xf4\x90\x80\x80\"}", "\uFFFD\uFFFD\uFFFD\uFFFD"},
		{"invalid UTF-8, four bytes cut to three", "{\"sub\":\"\xf0\x9f\x98x\"}", "\uFFFDx"},
		{"invalid UTF-8, overlong", "{\"sub\":\"\xc0\xaf\"}", "\uFFFD\uFFFD"},
		{"escapes", `{"sub":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}`, "\"\\/\b\f\n\r\t\u00e9\U0001F600"},
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
		{"session", `{"cat":"cl_B7d4PD111AAA"}`, `{"sub":"user_1"}`, false, false, false},
		{"no category", `{}`, `{"sub":"user_1"}`, false, false, false},
		{"ignore", `{"cat":"cl_I7d4PD111III"}`, `{}`, false, false, false},
		{"template", `{"cat":"cl_B7d4PD222AAA"}`, `{}`, false, false, true},
		{"machine category", `{"cat":"cl_B7d4PD333AAA"}`, `{}`, false, false, true},
		{"unknown category", `{"cat":"x"}`, `{}`, false, false, true},
		{"null category", `{"cat":null}`, `{}`, false, false, true},
		{"category that is no string", `{"cat":["cl_B7d4PD111AAA"]}`, `{}`, false, false, true},
		{"machine subject", `{}`, `{"sub":"mch_1"}`, true, false, false},
		{"machine subject in other case", `{}`, `{"sub":"MCH_1"}`, false, false, false},
		{"machine subject in an array", `{}`, `{"sub":["mch_1"]}`, false, false, false},
		{"access token", `{"typ":"at+jwt"}`, `{}`, false, true, false},
		{"access token, long type", `{"typ":"application/at+jwt"}`, `{}`, false, true, false},
		{"access token in other case", `{"typ":"AT+JWT"}`, `{}`, false, false, false},
		{"access token type in an array", `{"typ":["at+jwt"]}`, `{}`, false, false, false},
		{"both", `{"typ":"at+jwt"}`, `{"sub":"mch_1"}`, true, true, false},
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
