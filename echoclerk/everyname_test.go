package echoclerk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echoclerk"
)

// TestEveryName is a program that uses every name that an application meets, one function for each
// subject.
func TestEveryName(t *testing.T) {
	fake := adaptertest.NewEveryName(t)
	r := echo.New()
	attachEveryWay(t, r, fake)
	guardPaths(r)
	guardRoutes(r)
	showSession(r, fake)
	redirect(r)
	adaptertest.VisitEveryName(t, fake, httptest.NewServer(r))
}

// attachEveryWay authenticates with options, with an instance, and with options for each request.
// The last one counts.
func attachEveryWay(t *testing.T, r *echo.Echo, fake *clerktest.Server) {
	t.Helper()
	instance, err := core.New(fake.Options()) // Without panics: every fault at once.
	if err != nil {
		t.Fatal(err)
	}
	tenant, base := adaptertest.EveryOption(fake)
	r.Use(echoclerk.Middleware(fake.Options()))
	r.Use(echoclerk.With(instance))
	r.Use(echoclerk.MiddlewareFunc(func(echo.Context) (core.Options, error) { return tenant, nil }, base))
}

// guardPaths protects groups of routes, and all but the public ones.
func guardPaths(r *echo.Echo) {
	isTenant := core.MustRouteMatcher("/tenant(.*)", "/orgid/(.*)")
	isPublic := core.MustRouteMatcher("/", "/sign-(.*)", "/machine", "/urls")
	isAdmin := core.AnyOf(core.Permission("org:admin:example1"), core.Permission("org:admin:example2"))
	r.Use(echoclerk.OnRefuse(func(c echo.Context, refusal core.Refusal) error { return c.String(refusal.StatusCode(), "refused") }))
	r.Use(echoclerk.ProtectRoutes(isTenant, isAdmin))
	r.Use(echoclerk.ProtectRoutes(isPublic.Not()))
	r.GET("/tenant/x", func(c echo.Context) error { return c.String(http.StatusOK, "tenant") })
}

// guardRoutes protects single routes, for users and for machines.
func guardRoutes(r *echo.Echo) {
	plan := echoclerk.Protect(core.Plan("pro"), core.UnauthorizedURL("/plans"), core.UnauthenticatedURL("/sign-in"))
	machine := echoclerk.Protect(core.AcceptTokens(core.M2MToken, core.APIKey, core.OAuthToken), core.Scopes("read"))
	r.GET("/urls", echo.NotFoundHandler, plan)
	r.GET("/machine", func(c echo.Context) error {
		return c.String(http.StatusOK, adaptertest.Machine(echoclerk.Auth(c)))
	}, machine)
}

// showSession guards inside of a handler, and shows everything that is known about the user.
func showSession(r *echo.Echo, fake *clerktest.Server) {
	r.GET("/", func(c echo.Context) error {
		auth, pending := echoclerk.Auth(c), echoclerk.Auth(c, core.PendingAsSignedIn)
		isSame := core.Where(func(a *core.Auth) bool { return a.UserID == pending.UserID })
		if err := echoclerk.Require(c, core.AllOf(core.Role("org:admin"), isSame)); err != nil {
			return err
		}
		user, err := echoclerk.CurrentUser(c)
		if err != nil {
			return err
		}
		ctx, status := c.Request().Context(), echoclerk.State(c).Status()
		return c.String(http.StatusOK, adaptertest.Session(ctx, fake, auth, echoclerk.Client(c), user.ID, status))
	})
}

// redirect sends to the pages of Clerk.
func redirect(r *echo.Echo) {
	r.GET("/sign-in", func(c echo.Context) error { return echoclerk.RedirectToSignIn(c, core.ReturnBackURL("/cart")) })
	r.GET("/sign-up", func(c echo.Context) error { return echoclerk.RedirectToSignUp(c, core.NoReturnBackURL) })
}
