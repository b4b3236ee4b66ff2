package httpclerk_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// TestEveryName is a program that uses every name that an application meets, one function for each
// subject.
func TestEveryName(t *testing.T) {
	fake := adaptertest.NewEveryName(t)
	r := http.NewServeMux()
	r.HandleFunc("GET /tenant/x", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "tenant") })
	guardRoutes(r)
	showSession(r, fake)
	redirect(r)
	chain := append(attachEveryWay(t, fake), guardPaths()...)
	adaptertest.VisitEveryName(t, fake, httptest.NewServer(wrap(r, chain...)))
}

// attachEveryWay authenticates with options, with an instance, and with options for each request.
// The last one counts.
func attachEveryWay(t *testing.T, fake *clerktest.Server) []func(http.Handler) http.Handler {
	t.Helper()
	instance, err := core.New(fake.Options()) // Without panics: every fault at once.
	if err != nil {
		t.Fatal(err)
	}
	tenant, base := adaptertest.EveryOption(fake)
	return []func(http.Handler) http.Handler{
		httpclerk.Middleware(fake.Options()),
		httpclerk.With(instance),
		httpclerk.MiddlewareFunc(func(*http.Request) (core.Options, error) { return tenant, nil }, base),
	}
}

// guardPaths protects groups of routes, and all but the public ones.
func guardPaths() []func(http.Handler) http.Handler {
	isTenant := core.MustRouteMatcher("/tenant(.*)", "/orgid/(.*)")
	isPublic := core.MustRouteMatcher("/", "/sign-(.*)", "/machine", "/urls")
	isAdmin := core.AnyOf(core.Permission("org:admin:example1"), core.Permission("org:admin:example2"))
	return []func(http.Handler) http.Handler{
		httpclerk.OnRefuse(func(w http.ResponseWriter, _ *http.Request, _ core.Refusal) { _, _ = io.WriteString(w, "refused") }),
		httpclerk.ProtectRoutes(isTenant, isAdmin),
		httpclerk.ProtectRoutes(isPublic.Not()),
	}
}

// guardRoutes protects single routes, for users and for machines.
func guardRoutes(r *http.ServeMux) {
	plan := httpclerk.Protect(core.Plan("pro"), core.UnauthorizedURL("/plans"), core.UnauthenticatedURL("/sign-in"))
	machine := httpclerk.Protect(core.AcceptTokens(core.M2MToken, core.APIKey, core.OAuthToken), core.Scopes("read"))
	r.Handle("GET /urls", plan(http.NotFoundHandler()))
	r.Handle("GET /machine", machine(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, adaptertest.Machine(httpclerk.Auth(r)))
	})))
}

// showSession guards inside of a handler, and shows everything that is known about the user.
func showSession(r *http.ServeMux, fake *clerktest.Server) {
	r.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		auth, pending := httpclerk.Auth(r), httpclerk.Auth(r, core.PendingAsSignedIn)
		isSame := core.Where(func(a *core.Auth) bool { return a.UserID == pending.UserID })
		if !httpclerk.Require(w, r, core.AllOf(core.Role("org:admin"), isSame)) {
			return
		}
		user, err := httpclerk.CurrentUser(r)
		if err != nil {
			w.WriteHeader(core.AsError(err).StatusCode())
			return
		}
		ctx, status := r.Context(), httpclerk.State(r).Status()
		_, _ = io.WriteString(w, adaptertest.Session(ctx, fake, auth, httpclerk.Client(r), user.ID, status))
	})
}

// redirect sends to the pages of Clerk.
func redirect(r *http.ServeMux) {
	r.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) {
		httpclerk.RedirectToSignIn(w, r, core.ReturnBackURL("/cart"))
	})
	r.HandleFunc("GET /sign-up", func(w http.ResponseWriter, r *http.Request) {
		httpclerk.RedirectToSignUp(w, r, core.NoReturnBackURL)
	})
}
