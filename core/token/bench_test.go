package token_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

// realistic is a payload like those of a session in an organization.
func realistic(i int, exp time.Time) string {
	return fmt.Sprintf(`{"azp":"https://app.example.com","exp":%d,"fva":[3,-1],"iat":%d,"iss":"https://clerk.example.com",`+
		`"jti":"0123456789abcdef%04d","nbf":%d,"o":{"fpm":"3,1","id":"org_2abcdefghijklmnopqrstuvwxyz","per":"create,read,manage",`+
		`"rol":"admin","slg":"acme"},"fea":"o:articles,o:reports,u:support","pla":"o:business","sid":"sess_2abcdefghijklmnopqrstuvwxyz",`+
		`"sts":"active","sub":"user_2abcdefghijklmnopqrstuvwxyz","v":2}`, exp.Unix(), exp.Unix()-3600, i, exp.Unix()-3610)
}

func benchVerifier(b *testing.B, change func(*token.Options)) (*token.Verifier, []string) {
	b.Helper()
	keys := token.NewRemote(token.RemoteConfig{Fetch: answer(keySet(jwk("k1", &ourKey().PublicKey, nil)))})
	o := token.Options{ClockSkew: 5 * time.Second, AuthorizedParties: []string{"https://app.example.com"}}
	if change != nil {
		change(&o)
	}
	raws := make([]string, 64)
	for i := range raws {
		raws[i] = sign(b, ourKey(), `{"alg":"RS256","cat":"cl_B7d4PD111AAA","kid":"k1","typ":"JWT"}`, realistic(i, time.Now().Add(time.Hour)))
	}
	v := token.NewVerifier(keys, o)
	for _, raw := range raws {
		if _, err := v.Session(b.Context(), raw); err != nil {
			b.Fatal(err)
		}
	}
	return v, raws
}

// BenchmarkVerify compares a token seen before, a new one, and the signature check alone.
func BenchmarkVerify(b *testing.B) {
	b.Run("known", func(b *testing.B) {
		v, raws := benchVerifier(b, nil)
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			if _, err := v.Session(b.Context(), raws[i&63]); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
	b.Run("known in parallel", func(b *testing.B) {
		v, raws := benchVerifier(b, nil)
		b.ReportAllocs()
		b.ResetTimer() // Unlike Loop, RunParallel counts what came before it.
		b.RunParallel(func(pb *testing.PB) {
			ctx := b.Context()
			for i := 0; pb.Next(); i++ {
				if _, err := v.Session(ctx, raws[i&63]); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("one known in parallel", func(b *testing.B) {
		v, raws := benchVerifier(b, nil)
		b.ReportAllocs()
		b.ResetTimer() // Unlike Loop, RunParallel counts what came before it.
		b.RunParallel(func(pb *testing.PB) {
			ctx := b.Context()
			for pb.Next() {
				if _, err := v.Session(ctx, raws[0]); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("new", func(b *testing.B) {
		// Each token has long made room for others when its turn comes again.
		v, raws := benchVerifier(b, func(o *token.Options) { o.CacheSize = 8 })
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			if _, err := v.Session(b.Context(), raws[i&63]); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
	b.Run("signature alone", func(b *testing.B) {
		_, raws := benchVerifier(b, nil)
		at := strings.LastIndexByte(raws[0], '.')
		sum := sha256.Sum256([]byte(raws[0][:at]))
		sig, err := base64.RawURLEncoding.DecodeString(raws[0][at+1:])
		if err != nil {
			b.Fatal(err)
		}
		public := &ourKey().PublicKey
		b.ReportAllocs()
		for b.Loop() {
			if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], sig); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	raw := sign(b, ourKey(), goodHeader, realistic(0, time.Now()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := token.Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkForgery is what somebody without a key can make us do.
func BenchmarkForgery(b *testing.B) {
	v, raws := benchVerifier(b, nil)
	h, _, _ := strings.Cut(raws[0], ".")
	end := raws[0][strings.LastIndexByte(raws[0], '.'):]
	for _, tt := range []struct{ name, raw, want string }{
		{name: "64 KiB", raw: strings.Repeat("A", 64<<10), want: "token-invalid"},
		{name: "64 KiB of dots", raw: strings.Repeat(".", 64<<10), want: "token-invalid"},
		{name: "16 KiB of dots", raw: strings.Repeat(".", token.MaxLength), want: "token-invalid"},
		{name: "16 KiB of one part", raw: strings.Repeat("A", token.MaxLength), want: "token-invalid"},
		{
			name: "16 KiB with a token's end", raw: strings.Repeat("A", token.MaxLength-len(end)) + end,
			want: "token-invalid",
		},
		{name: "a token without its first character", raw: "." + raws[0][1:], want: "token-invalid"},
		{
			name: "unknown kid", raw: sign(b, theirKey(), `{"alg":"RS256","kid":"x"}`, realistic(0, time.Now())),
			want: "jwk-kid-mismatch",
		},
		{
			name: "wrong signature", raw: sign(b, theirKey(), goodHeader, realistic(0, time.Now())),
			want: "token-invalid-signature",
		},
		{
			name: "nested",
			raw:  h + "." + b64([]byte(`{"a":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+"}")) + ".AA",
			want: "token-invalid-signature",
		},
		{
			name: "many members", raw: h + "." + b64([]byte("{"+strings.Repeat(`"":0,`, 2000)+`"a":0}`)) + ".AA",
			want: "token-invalid-signature",
		},
		{
			name: "nested type",
			raw:  b64([]byte(`{"kid":"k1","typ":`+strings.Repeat(`{"1":0,"0":`, 900)+"0"+strings.Repeat("}", 900)+"}")) + ".e30.AA",
			want: "token-invalid",
		},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			_, _ = v.Session(b.Context(), tt.raw) // the one fetch that an unknown kid is worth
			for b.Loop() {
				if _, err := v.Session(b.Context(), tt.raw); reason(err) != tt.want {
					b.Fatalf("got %v, want %s", err, tt.want)
				}
			}
		})
	}
}
