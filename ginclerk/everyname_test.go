package ginclerk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// TestEveryName is a program that uses every name that an application meets, one function for each
// subject.
func TestEveryName(t *testing.T) {
	fake := adaptertest.NewEveryName(t)
	r := gin.New()
	attachEveryWay(t, r, fake)
	guardPaths(r)
	guardRoutes(r)
	showSession(r, fake)
	redirect(r)
	adaptertest.VisitEveryName(t, fake, httptest.NewServer(r))
}

// attachEveryWay authenticates with options, with an instance, and with options for each request.
// The last one counts.
func attachEveryWay(t *testing.T, r *gin.Engine, fake *clerktest.Server) {
	t.Helper()
	instance, err := core.New(fake.Options()) // Without panics: every fault at once.
	if err != nil {
		t.Fatal(err)
	}
	tenant, base := adaptertest.EveryOption(fake)
	r.Use(ginclerk.Middleware(fake.Options()))
	r.Use(ginclerk.With(instance))
	r.Use(ginclerk.MiddlewareFunc(func(*gin.Context) (core.Options, error) { return tenant, nil }, base))
}

// guardPaths protects groups of routes, and all but the public ones.
func guardPaths(r *gin.Engine) {
	isTenant := core.MustRouteMatcher("/tenant(.*)", "/orgid/(.*)")
	isPublic := core.MustRouteMatcher("/", "/sign-(.*)", "/machine", "/urls")
	isAdmin := core.AnyOf(core.Permission("org:admin:example1"), core.Permission("org:admin:example2"))
	r.Use(ginclerk.OnRefuse(func(c *gin.Context, refusal core.Refusal) { c.String(refusal.StatusCode(), "refused") }))
	r.Use(ginclerk.ProtectRoutes(isTenant, isAdmin))
	r.Use(ginclerk.ProtectRoutes(isPublic.Not()))
	r.GET("/tenant/x", func(c *gin.Context) { c.String(http.StatusOK, "tenant") })
}

// guardRoutes protects single routes, for users and for machines.
func guardRoutes(r *gin.Engine) {
	plan := ginclerk.Protect(core.Plan("pro"), core.UnauthorizedURL("/plans"), core.UnauthenticatedURL("/sign-in"))
	machine := ginclerk.Protect(core.AcceptTokens(core.M2MToken, core.APIKey, core.OAuthToken), core.Scopes("read"))
	r.GET("/urls", plan)
	r.GET("/machine", machine, func(c *gin.Context) {
		c.String(http.StatusOK, "%s", adaptertest.Machine(ginclerk.Auth(c)))
	})
}

// showSession guards inside of a handler, and shows everything that is known about the user.
func showSession(r *gin.Engine, fake *clerktest.Server) {
	r.GET("/", func(c *gin.Context) {
		auth, pending := ginclerk.Auth(c), ginclerk.Auth(c, core.PendingAsSignedIn)
		isSame := core.Where(func(a *core.Auth) bool { return a.UserID == pending.UserID })
		if !ginclerk.Require(c, core.AllOf(core.Role("org:admin"), isSame)) {
			return
		}
		user, err := ginclerk.CurrentUser(c)
		if err != nil {
			c.String(core.AsError(err).StatusCode(), "%s", err.Error())
			return
		}
		status := ginclerk.State(c).Status()
		c.String(http.StatusOK, "%s", adaptertest.Session(c, fake, auth, ginclerk.Client(c), user.ID, status))
	})
}

// redirect sends to the pages of Clerk.
func redirect(r *gin.Engine) {
	r.GET("/sign-in", func(c *gin.Context) { ginclerk.RedirectToSignIn(c, core.ReturnBackURL("/cart")) })
	r.GET("/sign-up", func(c *gin.Context) { ginclerk.RedirectToSignUp(c, core.NoReturnBackURL) })
}
