package fiber3clerk_test

import (
	"net/http/httptest"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// TestEveryName is a program that uses every name that an application meets, one function for each
// subject.
func TestEveryName(t *testing.T) {
	fake := adaptertest.NewEveryName(t)
	r := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	attachEveryWay(t, r, fake)
	guardPaths(r)
	guardRoutes(r)
	showSession(r, fake)
	redirect(r)
	adaptertest.VisitEveryName(t, fake, httptest.NewServer(adaptor.FiberApp(r)))
}

// attachEveryWay authenticates with options, with an instance, and with options for each request.
// The last one counts.
func attachEveryWay(t *testing.T, r *fiber.App, fake *clerktest.Server) {
	t.Helper()
	instance, err := core.New(fake.Options()) // Without panics: every fault at once.
	if err != nil {
		t.Fatal(err)
	}
	tenant, base := adaptertest.EveryOption(fake)
	r.Use("/*", fiber3clerk.Middleware(fake.Options()))
	r.Use("/*", fiber3clerk.With(instance))
	r.Use("/*", fiber3clerk.MiddlewareFunc(func(fiber.Ctx) (core.Options, error) { return tenant, nil }, base))
}

// guardPaths protects groups of routes, and all but the public ones.
func guardPaths(r *fiber.App) {
	isTenant := core.MustRouteMatcher("/tenant(.*)", "/orgid/(.*)")
	isPublic := core.MustRouteMatcher("/", "/sign-(.*)", "/machine", "/urls")
	isAdmin := core.AnyOf(core.Permission("org:admin:example1"), core.Permission("org:admin:example2"))
	r.Use("/*", fiber3clerk.OnRefuse(func(c fiber.Ctx, refusal core.Refusal) error {
		return c.Status(refusal.StatusCode()).SendString("refused")
	}))
	r.Use("/*", fiber3clerk.ProtectRoutes(isTenant, isAdmin))
	r.Use("/*", fiber3clerk.ProtectRoutes(isPublic.Not()))
	r.Get("/tenant/x", func(c fiber.Ctx) error { return c.SendString("tenant") })
}

// guardRoutes protects single routes, for users and for machines.
func guardRoutes(r *fiber.App) {
	plan := fiber3clerk.Protect(core.Plan("pro"), core.UnauthorizedURL("/plans"), core.UnauthenticatedURL("/sign-in"))
	machine := fiber3clerk.Protect(core.AcceptTokens(core.M2MToken, core.APIKey, core.OAuthToken), core.Scopes("read"))
	r.Get("/urls", plan)
	r.Get("/machine", machine, func(c fiber.Ctx) error {
		return c.SendString(adaptertest.Machine(fiber3clerk.Auth(c)))
	})
}

// showSession guards inside of a handler, and shows everything that is known about the user.
func showSession(r *fiber.App, fake *clerktest.Server) {
	r.Get("/", func(c fiber.Ctx) error {
		auth, pending := fiber3clerk.Auth(c), fiber3clerk.Auth(c, core.PendingAsSignedIn)
		isSame := core.Where(func(a *core.Auth) bool { return a.UserID == pending.UserID })
		if err := fiber3clerk.Require(c, core.AllOf(core.Role("org:admin"), isSame)); err != nil {
			return err
		}
		user, err := fiber3clerk.CurrentUser(c)
		if err != nil {
			return err
		}
		ctx, status := c.Context(), fiber3clerk.State(c).Status()
		return c.SendString(adaptertest.Session(ctx, fake, auth, fiber3clerk.Client(c), user.ID, status))
	})
}

// redirect sends to the pages of Clerk.
func redirect(r *fiber.App) {
	r.Get("/sign-in", func(c fiber.Ctx) error { return fiber3clerk.RedirectToSignIn(c, core.ReturnBackURL("/cart")) })
	r.Get("/sign-up", func(c fiber.Ctx) error { return fiber3clerk.RedirectToSignUp(c, core.NoReturnBackURL) })
}
