package main

import (
	"fmt"
	"math"

	"github.com/clerkgo/clerkgo/bench/internal/results"
)

// The verdicts on a target.
const (
	pass        = "pass"
	miss        = "MISS"
	notMeasured = "not measured"
)

// target is a number with a bound.
type target struct {
	name    string
	value   float64 // NaN: not measured
	bound   float64
	atLeast bool // the bound is the least, not the most
	unit    string
}

func (t target) verdict() string {
	switch {
	case math.IsNaN(t.value):
		return notMeasured
	case t.atLeast && t.value >= t.bound, !t.atLeast && t.value <= t.bound:
		return pass
	default:
		return miss
	}
}

func (t target) limit() string {
	if t.atLeast {
		return "≥ " + number(t.bound) + t.unit
	}
	return "≤ " + number(t.bound) + t.unit
}

func (t target) measured() string {
	if math.IsNaN(t.value) {
		return ""
	}
	return number(t.value) + t.unit
}

// unmeasured is a target without a value.
func unmeasured(t target) target {
	t.value = math.NaN()
	return t
}

func number(v float64) string {
	if v == math.Trunc(v) || v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// adapters are ours, with the name of their routers.
var adapters = []struct{ name, router string }{
	{"ginclerk", "router-gin"},
	{"echoclerk", "router-echo"},
	{"fiberclerk", "router-fiber"},
	{"echo5clerk", "router-echo5"},
	{"httpclerk", "router-http"},
	{"fiber3clerk", "router-fiber3"},
}

var middlewares = []string{"clerk-sdk-go", "auth0", "echo-jwt", "fiber-jwt", "gin-jwt", "golang-jwt"}

// targets computes all of them, in the order in which they are shown.
func targets(r *results.Set) []target {
	return concat(repeated(r), fresh(r), refused(r), peersRefuse(r), guards(r), flows(r), tenants(r), routes(r), parallel(r), live(r), loopback(r))
}

func concat(groups ...[]target) []target {
	var all []target
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// over is what a scenario costs more than the bare router, in nanoseconds.
func over(r *results.Set, scenario, subject, router string) float64 {
	return r.NS(scenario+"/"+subject) - r.NS(scenario+"/"+router)
}

// fastest is the least of several subjects, NaN if one was not measured.
func fastest(r *results.Set, scenario string, subjects ...string) float64 {
	least := math.Inf(1)
	for _, s := range subjects {
		least = min(least, r.NS(scenario+"/"+s))
	}
	return least
}

func repeated(r *results.Set) []target {
	ours := r.NS("RepeatedToken/ginclerk")
	all := make([]target, 0, 2*len(adapters)+3)
	for _, a := range adapters {
		all = append(all,
			target{name: "repeated token, " + a.name + " over its router", value: over(r, "RepeatedToken", a.name, a.router), bound: 1500, unit: " ns"},
			target{name: "repeated token, allocations of " + a.name, value: r.Allocs("RepeatedToken/" + a.name), bound: 4},
			target{name: "repeated token, rsa / " + a.name + " over its router", value: overRSA(r, "RepeatedToken", a.name, a.router), bound: 65, atLeast: true},
		)
	}
	return append(all,
		target{name: "repeated token, bytes of ginclerk", value: r.Median("RepeatedToken/ginclerk", "B/op"), bound: 700, unit: " B"},
		target{name: "repeated token, clerk-sdk-go / ginclerk", value: r.NS("RepeatedToken/clerk-sdk-go") / ours, bound: 200, atLeast: true},
		target{name: "repeated token, auth0 / ginclerk", value: r.NS("RepeatedToken/auth0") / ours, bound: 150, atLeast: true},
		target{
			name:  "repeated token, fastest JWT middleware / ginclerk",
			value: fastest(r, "RepeatedToken", "echo-jwt", "fiber-jwt", "gin-jwt") / ours, bound: 90, atLeast: true,
		},
	)
}

// overRSA is how many times what a scenario costs more than the bare router goes into
// the verification of one signature.
func overRSA(r *results.Set, scenario, subject, router string) float64 {
	return r.NS("RepeatedToken/rsa") / over(r, scenario, subject, router)
}

// frameworkPeers are the peers of an adapter's own framework.
var frameworkPeers = map[string][]string{
	"ginclerk":   {"gin-jwt"},
	"echoclerk":  {"echo-jwt"},
	"fiberclerk": {"fiber-jwt"},
	"httpclerk":  {"clerk-sdk-go", "auth0", "golang-jwt"},
}

func fresh(r *results.Set) []target {
	all := make([]target, 0, 3*len(adapters)+1)
	for _, a := range adapters {
		all = append(all,
			target{name: "new token, " + a.name + " / rsa", value: r.NS("NewToken/"+a.name) / r.NS("NewToken/rsa"), bound: 1.1},
			target{name: "new token, allocations of " + a.name, value: r.Allocs("NewToken/" + a.name), bound: 25},
		)
		if peers := frameworkPeers[a.name]; peers != nil {
			all = append(all, target{
				name: "new token, fastest peer of its framework / " + a.name, value: fastest(r, "NewToken", peers...) / r.NS("NewToken/"+a.name), bound: 1.3, atLeast: true,
			})
		}
	}
	return append(all, target{name: "new token, clerk-sdk-go / ginclerk", value: r.NS("NewToken/clerk-sdk-go") / r.NS("NewToken/ginclerk"), bound: 2, atLeast: true})
}

// peersRefuse compares refusals with those of the fastest peer.
func peersRefuse(r *results.Set) []target {
	all := make([]target, 0, 4*len(adapters))
	for _, a := range adapters {
		all = append(all,
			target{name: "session cookie, rsa / " + a.name + " over its router", value: overRSA(r, "CookieSession", a.name, a.router), bound: 29, atLeast: true},
			target{name: "no token, rsa / " + a.name + " over its router", value: overRSA(r, "NoToken", a.name, a.router), bound: 115, atLeast: true},
			target{name: "no token, allocations of " + a.name, value: r.Allocs("NoToken/" + a.name), bound: 3},
			target{name: "bad signature, " + a.name + " / fastest peer", value: r.NS("BadSignature/"+a.name) / fastest(r, "BadSignature", middlewares...), bound: 1},
			target{name: "forgery of 64 KiB, " + a.name + " / fastest peer", value: r.NS("Forgery64KiB/"+a.name) / fastest(r, "Forgery64KiB", middlewares...), bound: 1},
		)
	}
	return all
}

func guards(r *results.Set) []target {
	return []target{{
		name: "guard with permission, feature and plan / guard without", value: r.NS("Guard/permission+feature+plan") / r.NS("Guard/user"), bound: 1.15,
	}}
}

// flows are page loads that end with new cookies: each verifies two signatures.
func flows(r *results.Set) []target {
	all := make([]target, 0, 2*len(adapters))
	for _, f := range []struct{ benchmark, name string }{{"Handshake", "handshake brought back"}, {"Refresh", "session refreshed"}} {
		for _, a := range adapters {
			all = append(all, target{
				name: f.name + ", without the network, " + a.name + " / rsa", value: r.NS(f.benchmark+"/"+a.name) / r.NS(f.benchmark+"/rsa"), bound: 4,
			})
		}
	}
	return all
}

func tenants(r *results.Set) []target {
	return []target{
		{name: "1,000 tenants in MiddlewareFunc / one", value: r.NS("Tenants/tenants=1000") / r.NS("Tenants/tenants=1"), bound: 1.2},
		{name: "1,000 tenants, memory of each", value: r.Median("Tenants/tenants=1000", "held-B/tenant") / 1024, bound: 64, unit: " KiB"},
	}
}

func refused(r *results.Set) []target {
	scenarios := []struct{ benchmark, name string }{
		{"NoToken", "no token"},
		{"Garbage", "garbage"},
		{"Forgery64KiB", "forgery of 64 KiB"},
	}
	all := make([]target, 0, len(scenarios)*len(adapters))
	for _, s := range scenarios {
		for _, a := range adapters {
			all = append(all, target{
				name: s.name + ", " + a.name + " over its router", value: over(r, s.benchmark, a.name, a.router), bound: 1000, unit: " ns",
			})
		}
	}
	return all
}

func routes(r *results.Set) []target {
	all := make([]target, 0, 4)
	for _, kind := range []string{"hit", "miss"} {
		one, many := "RouteMatch/patterns=1/"+kind, "RouteMatch/patterns=1000/"+kind
		all = append(all,
			target{name: "1,000 patterns / one, " + kind, value: r.NS(many) / r.NS(one), bound: 2},
			target{name: "1,000 patterns, allocations, " + kind, value: r.Allocs(many), bound: 0},
		)
	}
	return all
}

// parallel compares what a second processor brings with what it brings to a loop.
func parallel(r *results.Set) []target {
	scaling := func(name string) float64 {
		return r.MedianOn(1, "Parallel/"+name, "ns/op") / r.MedianOn(2, "Parallel/"+name, "ns/op")
	}
	all := make([]target, 0, len(adapters))
	for _, a := range adapters {
		all = append(all, target{
			name: "two processors, " + a.name + " / arithmetic", value: scaling(a.name) / scaling("arithmetic"), bound: 0.9, atLeast: true,
		})
	}
	return all
}

func live(r *results.Set) []target {
	gin := func(n int) float64 { return r.NS(fmt.Sprintf("LiveTokens/tokens=%d/ginclerk", n)) }
	alone := func(n int) float64 {
		prefix := fmt.Sprintf("LiveTokens/tokens=%d/", n)
		return r.NS(prefix+"hit") - r.NS(prefix+"copy")
	}
	n := r.Most("LiveTokens/tokens=", "/hit")
	return []target{
		{name: fmt.Sprintf("%d live tokens / one, hit in ginclerk", n), value: gin(n) / gin(1), bound: 3},
		{name: fmt.Sprintf("%d live tokens / one, hit in the verifier alone", n), value: alone(n) / alone(1), bound: 4},
	}
}

// loopback are the results of the program in e2e.
func loopback(r *results.Set) []target {
	rate := func(name string) float64 { return r.Median("Loopback/"+name, "req/s") }
	return []target{
		{name: "over loopback, ginclerk / @clerk/express", value: rate("ginclerk") / rate("express"), bound: 40, atLeast: true},
		{name: "over loopback, ginclerk / bare router", value: rate("ginclerk") / rate("router-gin"), bound: 0.95, atLeast: true},
	}
}
