package core_test

import (
	"strings"
	"testing"
)

// BenchmarkAttach is what the middleware costs for each request, and a guard's
// decision on top.
func BenchmarkAttach(b *testing.B) {
	s := newServer(b, true)
	o := plain(s)
	o.JWTKey = s.PEM()
	c := newClerk(b, o)
	guard := adapter.Guard("Protect")
	token := s.SessionToken("user_1")
	suffix := s.CookieSuffix()
	cookies := "theme=dark; __client_uat=1; __client_uat_" + suffix + "=1; __session=" + token + "; __session_" + suffix + "=" + token
	forged := strings.ReplaceAll(cookies, token, token[:len(token)-8]+"AAAAAAAA")
	for _, bench := range []struct {
		name    string
		request *request
		want    bool
	}{
		{name: "bearer", request: get("/dashboard", "Authorization", "Bearer "+token), want: true},
		{name: "cookie", request: page("/dashboard?tab=1", "Cookie", cookies), want: true},
		{name: "forged cookie", request: page("/dashboard?tab=1", "Cookie", forged), want: false},
		{name: "handshake", request: page("/dashboard?tab=1", "Cookie", "__client_uat=1; __client_uat_"+suffix+"=1"), want: false},
		{name: "no token", request: get("/dashboard"), want: false},
		{name: "garbage", request: get("/dashboard", "Authorization", "Bearer "+strings.Repeat("x", 600)), want: false},
		{name: "forged", request: get("/dashboard", "Authorization", "Bearer "+token[:len(token)-8]+"AAAAAAAA"), want: false},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ra, _ := adapter.Attach(b.Context(), c, bench.request)
				if out := guard.Check(b.Context(), ra); out.Allowed() != bench.want {
					b.Fatalf("got allowed %v, want %v", out.Allowed(), bench.want)
				}
			}
		})
		b.Run(bench.name+" parallel", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if ra, _ := adapter.Attach(b.Context(), c, bench.request); ra.Auth().IsAuthenticated() != bench.want {
						b.Errorf("got authenticated %v, want %v", !bench.want, bench.want)
						return
					}
				}
			})
		})
	}
}
