package bench_test

import (
	"crypto"
	"crypto/rsa"
	"net/http"
	"strings"
	"testing"
)

// scenario is what all subjects are asked.
type scenario struct {
	path  string
	where place
	token func(f *fixture) string
	// fresh makes every request carry another valid token.
	fresh bool
	// accepted says that the token is good.
	accepted bool
	// formless says that there is no token, or one that cannot be read.
	formless bool
}

func good(f *fixture) string { return f.good }

// garbage has the form of a token, and nothing else of one.
var garbage = strings.Repeat("Z2FyYmFnZSBnYXJiYWdlIGdhcmJhZ2Ug", 4) + "." + strings.Repeat("bm90aGluZyB0byBzZWUgaGVyZSwg", 16) + "." +
	strings.Repeat("bW92ZSBhbG9uZyAg", 20)

var scenarios = map[string]scenario{
	"RepeatedToken":     {path: dashboard, token: good, accepted: true},
	"NewToken":          {path: dashboard, token: good, accepted: true, fresh: true},
	"ExpiredToken":      {path: dashboard, token: func(f *fixture) string { return f.expired }},
	"BadSignature":      {path: dashboard, token: func(f *fixture) string { return f.forged }},
	"Garbage":           {path: dashboard, token: func(*fixture) string { return garbage }, formless: true},
	"Forgery64KiB":      {path: dashboard, token: func(f *fixture) string { return f.huge }},
	"NoToken":           {path: dashboard, token: func(*fixture) string { return "" }, formless: true},
	"CookieSession":     {path: dashboard, where: inCookie, token: good, accepted: true},
	"ProtectPermission": {path: admin, token: good, accepted: true},
}

// want is the status that a subject answers.
func (sc scenario) want(s subject, token string) int {
	switch {
	case s.bare || sc.accepted:
		return http.StatusNoContent
	case token == "" && s.missing != 0:
		return s.missing
	default:
		return http.StatusUnauthorized
	}
}

// TestSubjects makes each request once, so that the benchmarks compare what they
// say.
func TestSubjects(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	for name, sc := range scenarios {
		for _, s := range subjects() {
			if sc.path == admin && !s.admin {
				continue
			}
			t.Run(name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				token := sc.token(f)
				x := s.exchange(t, f, sc.path, token, sc.where)
				for range 3 { // what a cache answers, too
					if got, want := x.do(), sc.want(s, token); got != want {
						t.Fatalf("got %d, want %d", got, want)
					}
				}
			})
		}
	}
}

func BenchmarkRepeatedToken(b *testing.B) {
	compare(b, "RepeatedToken")
	b.Run("rsa", benchmarkRSA)
}

func BenchmarkNewToken(b *testing.B) {
	compare(b, "NewToken")
	b.Run("rsa", benchmarkRSA)
}

func BenchmarkExpiredToken(b *testing.B) { compare(b, "ExpiredToken") }

func BenchmarkBadSignature(b *testing.B) { compare(b, "BadSignature") }

func BenchmarkGarbage(b *testing.B) { compare(b, "Garbage") }

func BenchmarkForgery64KiB(b *testing.B) { compare(b, "Forgery64KiB") }

func BenchmarkNoToken(b *testing.B) { compare(b, "NoToken") }

func BenchmarkCookieSession(b *testing.B) { compare(b, "CookieSession") }

func BenchmarkProtectPermission(b *testing.B) { compare(b, "ProtectPermission") }

// compare runs a scenario on all subjects.
func compare(b *testing.B, name string) {
	b.Helper()
	f, sc := setUp(b), scenarios[name]
	for _, s := range subjects() {
		if sc.path == admin && !s.admin {
			continue
		}
		b.Run(s.name, func(b *testing.B) {
			token := sc.token(f)
			want := sc.want(s, token)
			warm := func() exchange {
				x := s.exchange(b, f, sc.path, token, sc.where)
				if got := x.do(); got != want { // fetches keys, fills pools
					b.Fatalf("got %d, want %d", got, want)
				}
				return x
			}
			x := warm()
			if sc.fresh {
				benchmarkFresh(b, warm, want)
				return
			}
			b.ReportAllocs()
			for b.Loop() {
				if got := x.do(); got != want {
					b.Fatalf("got %d, want %d", got, want)
				}
			}
		})
	}
}

// benchmarkFresh shows a token that the subject has not seen in each iteration. When
// all have been shown, the subject is made anew.
func benchmarkFresh(b *testing.B, warm func() exchange, want int) {
	b.Helper()
	tokens, err := ring()
	if err != nil {
		b.Fatal(err)
	}
	values := make([]string, len(tokens))
	for i, t := range tokens {
		values[i] = "Bearer " + t
	}
	x, i := warm(), 0
	b.ReportAllocs()
	for b.Loop() {
		x.authorize(values[i])
		if got := x.do(); got != want {
			b.Fatalf("got %d, want %d", got, want)
		}
		if i++; i == len(values) {
			b.StopTimer()
			x, i = warm(), 0
			b.StartTimer()
		}
	}
}

// benchmarkRSA is the floor under everything that verifies a signature.
func benchmarkRSA(b *testing.B) {
	f := setUp(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := rsa.VerifyPKCS1v15(&f.key.PublicKey, crypto.SHA256, f.digest[:], f.signature); err != nil {
			b.Fatal(err)
		}
	}
}
