package bench_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// BenchmarkGuard is a guard that asks for a signed-in user, and one that also asks for a
// permission, a feature and a plan, on Gin.
func BenchmarkGuard(b *testing.B) {
	f := setUp(b)
	token := f.server.SessionToken(userID, clerktest.InOrganization("acme"), clerktest.Lifetime(life),
		clerktest.AuthorizedParty(party), clerktest.Claim("aud", audience), clerktest.Claim("pla", "o:pro"))
	for _, guard := range []struct {
		name         string
		requirements []core.ProtectOption
	}{
		{"user", nil},
		{"permission+feature+plan", []core.ProtectOption{core.Permission(permission), core.Feature("invoices"), core.Plan("org:pro")}},
	} {
		b.Run(guard.name, func(b *testing.B) {
			r := gin.New()
			r.Use(ginclerk.Middleware(f.options()))
			r.GET(dashboard, ginclerk.Protect(guard.requirements...), func(c *gin.Context) { c.Status(http.StatusNoContent) })
			x := newNetHTTP(b, r, requestText(dashboard, token, inHeader, f))
			b.ReportAllocs()
			for b.Loop() {
				if got := x.do(); got != http.StatusNoContent {
					b.Fatalf("got %d", got)
				}
			}
		})
	}
}

// BenchmarkTenants is MiddlewareFunc on Gin with so many instances, which are asked in turn
// with a token that each remembers. held-B/tenant is what the heap grows by for each, with
// the token that it remembers.
func BenchmarkTenants(b *testing.B) {
	f := setUp(b)
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("tenants=%d", n), func(b *testing.B) { benchmarkTenants(b, f, n) })
	}
}

func benchmarkTenants(b *testing.B, f *fixture, n int) {
	b.Helper()
	tenants := make([]core.Options, n)
	for i := range tenants {
		tenants[i] = f.options()
		tenants[i].Logger, tenants[i].LookupEnv = nil, nil
		tenants[i].SignInURL = fmt.Sprintf("https://tenant-%d.example.test/sign-in", i)
	}
	next := 0
	r := gin.New()
	r.Use(ginclerk.MiddlewareFunc(func(*gin.Context) (core.Options, error) { return tenants[next], nil }, core.Options{Logger: f.options().Logger}))
	r.GET(dashboard, func(c *gin.Context) { c.Status(statusOf(ginclerk.Auth(c).UserID)) })
	x := newNetHTTP(b, r, requestText(dashboard, f.good, inHeader, f))
	show := func() {
		if got := x.do(); got != http.StatusNoContent {
			b.Fatalf("got %d", got)
		}
		if next++; next == n {
			next = 0
		}
	}
	before := heap()
	for range 2 * n {
		show()
	}
	used := heap() - before
	b.ReportAllocs()
	for b.Loop() {
		show()
	}
	b.ReportMetric(float64(used)/float64(n), "held-B/tenant")
}
