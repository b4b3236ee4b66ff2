package httpclerk_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// routes are those of an application: a ServeMux does not list its own, so a list that registers
// them is what can be audited.
func routes() map[string]http.Handler {
	ok := says("ok")
	admin := httpclerk.Protect(core.Role("org:admin"))
	return map[string]http.Handler{
		"GET /{$}":                       ok,
		"GET /items/{id}":                http.NotFoundHandler(),
		"GET /users/{id}":                httpclerk.Protect()(ok),
		"POST /users/{id}":               ok,
		"/admin/{rest...}":               admin(ok),
		"GET /reports/{year}":            ok, // guarded by path
		"GET /files/{path...}":           httpclerk.Protect(core.AcceptTokens(core.APIKey))(ok),
		"GET /tenants/{tenant}/settings": admin(ok),
		"DELETE /inside": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if httpclerk.Require(w, r) {
				ok.ServeHTTP(w, r)
			}
		}),
	}
}

// public are the routes that are meant to be open.
var public = []string{"/{$}", "GET /items/{id}", "POST /users/{id}"}

// audit audits an application that is made of the list.
func audit(t *testing.T, list map[string]http.Handler) clerktest.AuditReport {
	t.Helper()
	s := clerktest.New(t)
	mux := http.NewServeMux()
	patterns := slices.Sorted(maps.Keys(list))
	for _, pattern := range patterns {
		mux.Handle(pattern, list[pattern])
	}
	h := wrap(mux, httpclerk.Middleware(s.Options()), httpclerk.ProtectRoutes(core.MustRouteMatcher("/reports(.*)")))
	report, err := clerktest.Audit(s, app(h), clerktest.Routes(patterns, clerktest.MuxPattern))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestAuditFindsOpenRoutes(t *testing.T) {
	t.Parallel()
	audit(t, routes()).Check(t, public...)
}

// TestAuditFindsALostGuard shows that the test above fails for a route that loses its guard, and
// says which one.
func TestAuditFindsALostGuard(t *testing.T) {
	t.Parallel()
	list := routes()
	list["GET /users/{id}"] = says("ok")
	failed := &failure{TB: t}
	audit(t, list).Check(failed, public...)
	if want := "GET /users/{id} is open and not listed as public\n"; len(failed.texts) != 1 || !strings.HasPrefix(failed.texts[0], want) {
		t.Errorf("got %q, want one failure that starts with %q", failed.texts, want)
	}
}

// failure is a test that is to fail.
type failure struct {
	testing.TB
	texts []string
}

func (f *failure) Errorf(format string, args ...any) {
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}

// TestAuditFindsAnIgnoredRequire: what a handler writes after a refusal is sent with it.
func TestAuditFindsAnIgnoredRequire(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]core.ProtectOption{
		"users": {core.Role("org:admin")}, "machines": {core.AcceptTokens(core.APIKey)},
	} {
		report := audit(t, map[string]http.Handler{"GET /x": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			httpclerk.Require(w, r, opts...)
			_, _ = io.WriteString(w, "secret")
		})})
		if got := report[0]; got.Access != clerktest.Open || !got.WentOn {
			t.Errorf("%s: got\n%s, want an open route", name, report)
		}
	}
}
