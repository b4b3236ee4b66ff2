package fiberclerk_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

// TestEveryName is a program that uses every name that an application meets.
func TestEveryName(t *testing.T) {
	fake := clerktest.New(t, clerktest.Config{
		Templates: []clerktest.Template{{Name: "supabase"}}, Users: []clerktest.User{{ID: "user_ada", ActiveOrganization: "acme"}},
		Organizations: []clerktest.Organization{{Slug: "acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin", Permissions: []string{"org:admin:example1"}}}}},
	})
	f, skew := fake.Options(), time.Second
	no := func(r core.Request) bool {
		return r.TLS() || r.Method()+r.Target()+r.Host() == "" || len(r.Header("X-No")) > len(r.Headers())
	}
	base := core.Options{Now: f.Now, Logger: slog.New(slog.DiscardHandler), HTTPClient: http.DefaultClient, LookupEnv: f.LookupEnv, Skip: no, IsActionRequest: no, IsPageRequest: no}
	tenant := core.Options{
		PublishableKey: f.PublishableKey, SecretKey: f.SecretKey, MachineSecretKey: fake.MachineSecretKey(), JWTKey: fake.PEM(), Audience: nil, AuthorizedParties: nil, Issuer: nil, ClockSkew: &skew,
		Domain: "", IsSatellite: false, SatelliteAutoSync: false, ProxyURL: f.ProxyURL, SignInURL: f.SignInURL, SignUpURL: f.SignUpURL, APIURL: f.APIURL, APIVersion: "v1", Debug: true, Retry: core.Retry{Attempts: 2},
		OrganizationSync: core.OrganizationSync{OrganizationPatterns: []string{"/orgs/:slug"}, PersonalAccountPatterns: []string{"/me"}}, AcceptsToken: core.TokenChoice{}, APIStatus: true, IgnoreForwarded: true,
	}
	instance, err := core.New(f) // without panics: every fault at once
	isTenant, isPublic := core.MustRouteMatcher("/tenant(.*)", "/orgid/(.*)"), core.MustRouteMatcher("/", "/sign-(.*)", "/machine", "/urls")
	describe := func(m *core.Auth) string {
		return fmt.Sprintln(m.TokenType, m.Subject, m.Scopes, m.Name, m.ID != "", m.ClientID, m.MachineID)
	}
	r := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	r.Use(fiberclerk.Middleware(f), fiberclerk.With(instance), fiberclerk.MiddlewareFunc(func(*fiber.Ctx) (core.Options, error) { return tenant, nil }, base))
	r.Use(fiberclerk.OnRefuse(func(c *fiber.Ctx, refusal core.Refusal) error {
		return c.Status(refusal.StatusCode()).SendString("refused")
	}))
	r.Use(fiberclerk.ProtectRoutes(isTenant, core.AnyOf(core.Permission("org:admin:example1"), core.Permission("org:admin:example2"))), fiberclerk.ProtectRoutes(isPublic.Not()))
	r.Get("/", func(c *fiber.Ctx) error {
		auth, pending, client := fiberclerk.Auth(c), fiberclerk.Auth(c, core.PendingAsSignedIn), fiberclerk.Client(c)
		if err := fiberclerk.Require(c, core.AllOf(core.Role("org:admin"), core.Where(func(a *core.Auth) bool { return a.UserID == pending.UserID }))); err != nil {
			return err
		}
		token, err1 := auth.Token(c.UserContext(), core.Template("supabase"), core.ExpiresIn(60*time.Second))
		claims, err2 := core.ClaimsAs[struct{ Sub string }](auth)
		user, err3 := fiberclerk.CurrentUser(c)
		session, err4 := client.Sessions().Get(c.UserContext(), auth.SessionID)
		org, err5 := client.Organizations().Get(c.UserContext(), auth.OrgID)
		again, err6 := client.Users().Get(c.UserContext(), claims.Sub)
		fine := token != "" && user.ID == again.ID && session.ID == auth.SessionID && org.ID == auth.OrgID && *client.Config().Key == f.SecretKey
		who := fmt.Sprintln(auth.IsAuthenticated(), auth.SessionStatus, auth.OrgRole, auth.OrgSlug, auth.OrgPermissions, auth.Actor, auth.FactorVerificationAge != nil, auth.Reason(), fiberclerk.State(c).Status())
		has := fmt.Sprintln(auth.Has(core.Role("org:admin"), core.Feature("reports")), auth.Has(core.Plan("pro")), auth.Has(core.Reverification(core.Strict)))
		return c.SendString(fmt.Sprintln(fine, errors.Join(err, err1, err2, err3, err4, err5, err6), who, has))
	})
	r.Get("/sign-in", func(c *fiber.Ctx) error { return fiberclerk.RedirectToSignIn(c, core.ReturnBackURL("/cart")) })
	r.Get("/sign-up", func(c *fiber.Ctx) error { return fiberclerk.RedirectToSignUp(c, core.NoReturnBackURL) })
	r.Get("/tenant/x", func(c *fiber.Ctx) error { return c.SendString("tenant") })
	r.Get("/urls", fiberclerk.Protect(core.Plan("pro"), core.UnauthorizedURL("/plans"), core.UnauthenticatedURL("/sign-in")))
	r.Get("/machine", fiberclerk.Protect(core.AcceptTokens(core.M2MToken, core.APIKey, core.OAuthToken), core.Scopes("read")), func(c *fiber.Ctx) error {
		return c.SendString(describe(fiberclerk.Auth(c)))
	})
	app := httptest.NewServer(adaptor.FiberApp(r))
	adaptertest.VisitEveryName(t, fake, app)
}
