package echo5clerk_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
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
	r := echo.New()
	r.Use(echo5clerk.Middleware(f), echo5clerk.With(instance), echo5clerk.MiddlewareFunc(func(*echo.Context) (core.Options, error) { return tenant, nil }, base))
	r.Use(echo5clerk.OnRefuse(func(c *echo.Context, refusal core.Refusal) error { return c.String(refusal.StatusCode(), "refused") }))
	r.Use(echo5clerk.ProtectRoutes(isTenant, core.AnyOf(core.Permission("org:admin:example1"), core.Permission("org:admin:example2"))), echo5clerk.ProtectRoutes(isPublic.Not()))
	r.GET("/", func(c *echo.Context) error {
		auth, pending, client := echo5clerk.Auth(c), echo5clerk.Auth(c, core.PendingAsSignedIn), echo5clerk.Client(c)
		if err := echo5clerk.Require(c, core.AllOf(core.Role("org:admin"), core.Where(func(a *core.Auth) bool { return a.UserID == pending.UserID }))); err != nil {
			return err
		}
		token, err1 := auth.Token(c.Request().Context(), core.Template("supabase"), core.ExpiresIn(60*time.Second))
		claims, err2 := core.ClaimsAs[struct{ Sub string }](auth)
		user, err3 := echo5clerk.CurrentUser(c)
		session, err4 := client.Sessions().Get(c.Request().Context(), auth.SessionID)
		org, err5 := client.Organizations().Get(c.Request().Context(), auth.OrgID)
		again, err6 := client.Users().Get(c.Request().Context(), claims.Sub)
		fine := token != "" && user.ID == again.ID && session.ID == auth.SessionID && org.ID == auth.OrgID && *client.Config().Key == f.SecretKey
		who := fmt.Sprintln(auth.IsAuthenticated(), auth.SessionStatus, auth.OrgRole, auth.OrgSlug, auth.OrgPermissions, auth.Actor, auth.FactorVerificationAge != nil, auth.Reason(), echo5clerk.State(c).Status())
		has := fmt.Sprintln(auth.Has(core.Role("org:admin"), core.Feature("reports")), auth.Has(core.Plan("pro")), auth.Has(core.Reverification(core.Strict)))
		return c.String(http.StatusOK, fmt.Sprintln(fine, errors.Join(err, err1, err2, err3, err4, err5, err6), who, has))
	})
	r.GET("/sign-in", func(c *echo.Context) error { return echo5clerk.RedirectToSignIn(c, core.ReturnBackURL("/cart")) })
	r.GET("/sign-up", func(c *echo.Context) error { return echo5clerk.RedirectToSignUp(c, core.NoReturnBackURL) })
	r.GET("/tenant/x", func(c *echo.Context) error { return c.String(http.StatusOK, "tenant") })
	r.GET("/urls", func(*echo.Context) error { return echo.ErrNotFound }, echo5clerk.Protect(core.Plan("pro"), core.UnauthorizedURL("/plans"), core.UnauthenticatedURL("/sign-in")))
	r.GET("/machine", func(c *echo.Context) error {
		return c.String(http.StatusOK, describe(echo5clerk.Auth(c)))
	}, echo5clerk.Protect(core.AcceptTokens(core.M2MToken, core.APIKey, core.OAuthToken), core.Scopes("read")))
	app := httptest.NewServer(r)
	adaptertest.VisitEveryName(t, fake, app)
}
