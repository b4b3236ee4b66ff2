package httpclerk_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
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
	mux := http.NewServeMux()
	chain := []func(http.Handler) http.Handler{httpclerk.Middleware(f), httpclerk.With(instance), httpclerk.MiddlewareFunc(func(*http.Request) (core.Options, error) { return tenant, nil }, base)}
	chain = append(chain, httpclerk.OnRefuse(func(w http.ResponseWriter, _ *http.Request, _ core.Refusal) { _, _ = io.WriteString(w, "refused") }))
	chain = append(chain, httpclerk.ProtectRoutes(isTenant, core.AnyOf(core.Permission("org:admin:example1"), core.Permission("org:admin:example2"))), httpclerk.ProtectRoutes(isPublic.Not()))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		ctx, auth, pending, client := r.Context(), httpclerk.Auth(r), httpclerk.Auth(r, core.PendingAsSignedIn), httpclerk.Client(r)
		if !httpclerk.Require(w, r, core.AllOf(core.Role("org:admin"), core.Where(func(a *core.Auth) bool { return a.UserID == pending.UserID }))) {
			return
		}
		token, err1 := auth.Token(ctx, core.Template("supabase"), core.ExpiresIn(60*time.Second))
		claims, err2 := core.ClaimsAs[struct{ Sub string }](auth)
		user, err3 := httpclerk.CurrentUser(r)
		session, err4 := client.Sessions().Get(ctx, auth.SessionID)
		org, err5 := client.Organizations().Get(ctx, auth.OrgID)
		again, err6 := client.Users().Get(ctx, claims.Sub)
		fine := token != "" && user.ID == again.ID && session.ID == auth.SessionID && org.ID == auth.OrgID && *client.Config().Key == f.SecretKey
		who := fmt.Sprintln(auth.IsAuthenticated(), auth.SessionStatus, auth.OrgRole, auth.OrgSlug, auth.OrgPermissions, auth.Actor, auth.FactorVerificationAge != nil, auth.Reason(), httpclerk.State(r).Status())
		has := fmt.Sprintln(auth.Has(core.Role("org:admin"), core.Feature("reports")), auth.Has(core.Plan("pro")), auth.Has(core.Reverification(core.Strict)))
		_, _ = io.WriteString(w, fmt.Sprintln(fine, errors.Join(err, err1, err2, err3, err4, err5, err6), who, has))
	})
	mux.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) {
		httpclerk.RedirectToSignIn(w, r, core.ReturnBackURL("/cart"))
	})
	mux.HandleFunc("GET /sign-up", func(w http.ResponseWriter, r *http.Request) {
		httpclerk.RedirectToSignUp(w, r, core.NoReturnBackURL)
	})
	mux.HandleFunc("GET /tenant/x", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "tenant") })
	mux.Handle("GET /urls", httpclerk.Protect(core.Plan("pro"), core.UnauthorizedURL("/plans"), core.UnauthenticatedURL("/sign-in"))(http.NotFoundHandler()))
	mux.Handle("GET /machine", httpclerk.Protect(core.AcceptTokens(core.M2MToken, core.APIKey, core.OAuthToken), core.Scopes("read"))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, describe(httpclerk.Auth(r)))
	})))
	app := httptest.NewServer(wrap(mux, chain...))
	adaptertest.VisitEveryName(t, fake, app)
}
