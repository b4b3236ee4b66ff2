package bench_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// The benchmarks Growth… show how a request's cost grows with something: each has names of the
// form subject/number. "make bench-growth" runs them and draws them.

// named returns the subjects with these names.
func named(tb testing.TB, names ...string) []subject {
	tb.Helper()
	var all []subject
	for _, s := range subjects() {
		if slices.Contains(names, s.name) {
			all = append(all, s)
		}
	}
	if len(all) != len(names) {
		tb.Fatalf("there are %d subjects of %v", len(all), names)
	}
	return all
}

// repeat makes a request again and again.
func repeat(b *testing.B, x exchange) {
	b.Helper()
	for range 2 { // fetches keys, fills caches
		if got := x.do(); got != http.StatusNoContent {
			b.Fatalf("got %d", got)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if got := x.do(); got != http.StatusNoContent {
			b.Fatalf("got %d", got)
		}
	}
}

// BenchmarkGrowthPatterns: a guard of so many route patterns, and a request that visits one of
// them, or none.
func BenchmarkGrowthPatterns(b *testing.B) {
	f := setUp(b)
	clerk, err := core.New(f.options())
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"hit", "miss"} {
		for _, n := range []int{1, 3, 10, 30, 100, 300, 1000} {
			b.Run(fmt.Sprintf("ginclerk, %s/%d", name, n), func(b *testing.B) {
				elements := make([]any, n)
				for i, p := range patternsOf(n) {
					elements[i] = p
				}
				r := gin.New()
				r.Use(ginclerk.With(clerk), ginclerk.ProtectRoutes(core.MustRouteMatcher(elements...), ginclerk.Router(r)))
				path := routeCases(n)[name]
				r.GET(path, func(c *gin.Context) { c.Status(http.StatusNoContent) })
				repeat(b, newNetHTTP(b, r, requestText(path, f.good, inHeader, f)))
			})
		}
	}
}

// withPermissions is a token of an organization's member with so many permissions, of which the
// guard's is the last.
func (f *fixture) withPermissions(n int) (string, error) {
	names := make([]string, n)
	for i := range names {
		names[i] = "p" + strconv.Itoa(i)
	}
	names[n-1] = permission[strings.LastIndexByte(permission, ':')+1:]
	mask := new(big.Int).Lsh(big.NewInt(1), uint(n))
	organization, ok := f.claims["o"].(map[string]any)
	if !ok {
		return "", fmt.Errorf("the claim o is %T", f.claims["o"])
	}
	organization = maps.Clone(organization)
	organization["per"], organization["fpm"] = strings.Join(names, ","), mask.Sub(mask, big.NewInt(1)).String()
	changed := *f
	changed.claims = maps.Clone(f.claims)
	changed.claims["o"], changed.claims["fea"] = organization, "o:invoices"
	return changed.sign(n)
}

// BenchmarkGrowthPermissions: a guard that asks for one of so many permissions of a token. The
// line "new" is a token that nobody remembers.
func BenchmarkGrowthPermissions(b *testing.B) {
	f := setUp(b)
	forgetful := *f
	forgetful.change = func(o *core.Options) { o.TokenCache.Entries = -1 }
	for _, c := range []struct {
		name    string
		fixture *fixture
		subject string
	}{{"ginclerk, remembered", f, "ginclerk"}, {"ginclerk, new", &forgetful, "ginclerk"}, {"clerk-sdk-go", f, "clerk-sdk-go"}} {
		for _, n := range []int{1, 3, 10, 30, 100, 300} {
			if n > 60 && c.subject == "clerk-sdk-go" {
				continue // It reads masks of 64 bits, and finds nothing in longer ones.
			}
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				token, err := f.withPermissions(n)
				if err != nil {
					b.Fatal(err)
				}
				repeat(b, named(b, c.subject)[0].exchange(b, c.fixture, admin, token, inHeader))
			})
		}
	}
}

// BenchmarkGrowthCookies: a session cookie among so many others.
func BenchmarkGrowthCookies(b *testing.B) {
	f := setUp(b)
	for _, s := range named(b, "ginclerk", "fiberclerk", "clerk-sdk-go", "echo-jwt", "fiber-jwt", "golang-jwt") {
		for _, n := range []int{1, 3, 10, 30, 100, 300} {
			b.Run(fmt.Sprintf("%s/%d", s.name, n), func(b *testing.B) {
				var others strings.Builder
				for i := range n {
					fmt.Fprintf(&others, "other_%d=%032x; ", i, i)
				}
				text := strings.Replace(requestText(dashboard, "", inHeader, f), "\r\n\r\n", "\r\nCookie: "+others.String()+
					"__client_uat="+f.clientUAT()+"; __session="+f.good+"\r\n\r\n", 1)
				if s.fiber != nil {
					repeat(b, newFast(b, s.fiber(b, f, inCookie), text, true))
				} else {
					repeat(b, newNetHTTP(b, s.http(b, f, inCookie), text))
				}
			})
		}
	}
}

// BenchmarkGrowthTenants: MiddlewareFunc with so many instances, which are asked in turn.
func BenchmarkGrowthTenants(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("ginclerk/%d", n), func(b *testing.B) { benchmarkTenants(b, setUp(b), n) })
	}
}

// BenchmarkGrowthLiveTokens: so many tokens, shown in turn.
func BenchmarkGrowthLiveTokens(b *testing.B) {
	f := setUp(b)
	largest := liveTokens / 10
	if testing.Short() {
		largest = 100
	}
	tokens, err := mint(largest)
	if err != nil {
		b.Fatal(err)
	}
	values := make([]string, len(tokens))
	for i, t := range tokens {
		values[i] = "Bearer " + t
	}
	roomy := *f
	roomy.change = func(o *core.Options) { o.TokenCache = core.TokenCache{Entries: 2 * liveTokens, Bytes: liveBytes} }
	for _, s := range named(b, "ginclerk", "fiberclerk", "clerk-sdk-go", "echo-jwt", "fiber-jwt", "golang-jwt") {
		remembers := strings.HasSuffix(s.name, "clerk")
		for n := 1; n <= largest; n *= 10 {
			b.Run(fmt.Sprintf("%s/%d", s.name, n), func(b *testing.B) {
				x, i := s.exchange(b, &roomy, dashboard, tokens[0], inHeader), 0
				show := func() {
					x.authorize(values[i])
					if got := x.do(); got != http.StatusNoContent {
						b.Fatalf("got %d", got)
					}
					if i++; i == n {
						i = 0
					}
				}
				show()
				if remembers { // The others do the same work each time.
					for range n {
						show()
					}
				}
				b.ReportAllocs()
				for b.Loop() {
					show()
				}
			})
		}
	}
}

// BenchmarkGrowthClients: so many clients ask at the same time.
func BenchmarkGrowthClients(b *testing.B) {
	f, sc := setUp(b), scenarios["RepeatedToken"]
	for _, s := range named(b, "ginclerk", "fiberclerk", "clerk-sdk-go", "echo-jwt", "fiber-jwt", "golang-jwt") {
		for _, n := range []int{1, 10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", s.name, n), func(b *testing.B) {
				shared := s.share(b, f, sc)
				clients := make([]exchange, n)
				for i := range clients {
					clients[i] = shared()
				}
				if got := clients[0].do(); got != http.StatusNoContent {
					b.Fatalf("got %d", got)
				}
				procs := runtime.GOMAXPROCS(0)
				if n < procs {
					defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
					procs = n
				}
				b.SetParallelism(n / procs)
				var next atomic.Int64
				b.ReportAllocs()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					x := clients[next.Add(1)-1]
					for pb.Next() {
						if got := x.do(); got != http.StatusNoContent {
							b.Errorf("got %d", got)
							return
						}
					}
				})
			})
		}
	}
}

// TestPermissionsGrow: the tokens say what their numbers say.
func TestPermissionsGrow(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	clerk, err := core.New(f.options())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 30, 300} {
		token, err := f.withPermissions(n)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, dashboard, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		auth := clerk.Authenticate(t.Context(), core.FromHTTP(r)).Auth()
		if got := len(auth.OrgPermissions); got != n || !auth.Has(core.Permission(permission)) {
			shown, _ := json.Marshal(auth.OrgPermissions) // Texts always can be.
			t.Errorf("%d permissions, want %d: %s", got, n, shown)
		}
	}
}
