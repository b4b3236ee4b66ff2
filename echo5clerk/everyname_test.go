package echo5clerk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
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
	r.Use(echo5clerk.Middleware(fake.Options()))
	r.Use(echo5clerk.With(instance))
	r.Use(echo5clerk.MiddlewareFunc(func(*echo.Context) (core.Options, error) { return tenant, nil }, base))
}

// guardPaths protects groups of routes, and all but the public ones.
func guardPaths(r *echo.Echo) {
	isTenant := core.MustRouteMatcher("/tenant(.*)", "/orgid/(.*)")
	isPublic := core.MustRouteMatcher("/", "/sign-(.*)", "/machine", "/urls")
	isAdmin := core.AnyOf(core.Permission("org:admin:example1"), core.Permission("org:admin:example2"))
	r.Use(echo5clerk.OnRefuse(func(c *echo.Context, refusal core.Refusal) error { return c.String(refusal.StatusCode(), "refused") }))
	r.Use(echo5clerk.ProtectRoutes(isTenant, isAdmin))
	r.Use(echo5clerk.ProtectRoutes(isPublic.Not()))
	r.GET("/tenant/x", func(c *echo.Context) error { return c.String(http.StatusOK, "tenant") })
}

// guardRoutes protects single routes, for users and for machines.
func guardRoutes(r *echo.Echo) {
	plan := echo5clerk.Protect(core.Plan("pro"), core.UnauthorizedURL("/plans"), core.UnauthenticatedURL("/sign-in"))
	machine := echo5clerk.Protect(core.AcceptTokens(core.M2MToken, core.APIKey, core.OAuthToken), core.Scopes("read"))
	r.GET("/urls", func(*echo.Context) error { return echo.ErrNotFound }, plan)
	r.GET("/machine", func(c *echo.Context) error {
		return c.String(http.StatusOK, adaptertest.Machine(echo5clerk.Auth(c)))
	}, machine)
}

// showSession guards inside of a handler, and shows everything that is known about the user.
func showSession(r *echo.Echo, fake *clerktest.Server) {
	r.GET("/", func(c *echo.Context) error {
		auth, pending := echo5clerk.Auth(c), echo5clerk.Auth(c, core.PendingAsSignedIn)
		isSame := core.Where(func(a *core.Auth) bool { return a.UserID == pending.UserID })
		if err := echo5clerk.Require(c, core.AllOf(core.Role("org:admin"), isSame)); err != nil {
			return err
		}
		user, err := echo5clerk.CurrentUser(c)
		if err != nil {
			return err
		}
		ctx, status := c.Request().Context(), echo5clerk.State(c).Status()
		return c.String(http.StatusOK, adaptertest.Session(ctx, fake, auth, echo5clerk.Client(c), user.ID, status))
	})
}

// redirect sends to the pages of Clerk.
func redirect(r *echo.Echo) {
	r.GET("/sign-in", func(c *echo.Context) error { return echo5clerk.RedirectToSignIn(c, core.ReturnBackURL("/cart")) })
	r.GET("/sign-up", func(c *echo.Context) error { return echo5clerk.RedirectToSignUp(c, core.NoReturnBackURL) })
}
