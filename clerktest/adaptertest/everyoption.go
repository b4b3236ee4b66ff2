package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// NewEveryName returns the instance for the program that each adapter has in everyname_test.go: an
// organization with an administrator, user_ada, and a JWT template.
func NewEveryName(t *testing.T) *clerktest.Server {
	t.Helper()
	admin := clerktest.Member{UserID: "user_ada", Role: "org:admin", Permissions: []string{"org:admin:example1"}}
	return clerktest.New(t, clerktest.Config{
		Templates:     []clerktest.Template{{Name: "supabase"}},
		Users:         []clerktest.User{{ID: "user_ada", ActiveOrganization: "acme"}},
		Organizations: []clerktest.Organization{{Slug: "acme", Members: []clerktest.Member{admin}}},
	})
}

// EveryOption returns options that set every field that an application meets: tenant's may differ
// between requests, base's cannot.
func EveryOption(fake *clerktest.Server) (tenant, base core.Options) {
	o, skew := fake.Options(), time.Second
	no := func(r core.Request) bool {
		return r.TLS() || r.Method()+r.Target()+r.Host() == "" || len(r.Header("X-No")) > len(r.Headers())
	}
	base = core.Options{
		HTTPClient:      http.DefaultClient,
		IsActionRequest: no,
		IsPageRequest:   no,
		Logger:          slog.New(slog.DiscardHandler),
		LookupEnv:       o.LookupEnv,
		Now:             o.Now,
		Skip:            no,
	}
	tenant = core.Options{
		PublishableKey:   o.PublishableKey,
		SecretKey:        o.SecretKey,
		MachineSecretKey: fake.MachineSecretKey(),
		JWTKey:           fake.PEM(),

		AcceptsToken:      core.TokenChoice{},
		Audience:          nil,
		AuthorizedParties: nil,
		ClockSkew:         &skew,
		Issuer:            nil,

		Domain:            "",
		IsSatellite:       false,
		SatelliteAutoSync: false,

		ProxyURL:  o.ProxyURL,
		SignInURL: o.SignInURL,
		SignUpURL: o.SignUpURL,

		APIURL:     o.APIURL,
		APIVersion: "v1",
		Retry:      core.Retry{Attempts: 2},

		APIStatus:       true,
		Debug:           true,
		IgnoreForwarded: true,
		OrganizationSync: core.OrganizationSync{
			OrganizationPatterns:    []string{"/orgs/:slug"},
			PersonalAccountPatterns: []string{"/me"},
		},
	}
	return tenant, base
}

// Session describes a signed-in user by every name that an application may ask. user and status are
// what the adapter returned.
func Session(ctx context.Context, fake *clerktest.Server, auth *core.Auth, client *core.Client, user string, status core.Status) string {
	token, tokenErr := auth.Token(ctx, core.Template("supabase"), core.ExpiresIn(60*time.Second))
	claims, claimsErr := core.ClaimsAs[struct{ Sub string }](auth)
	session, sessionErr := client.Sessions().Get(ctx, auth.SessionID)
	organization, organizationErr := client.Organizations().Get(ctx, auth.OrgID)
	again, userErr := client.Users().Get(ctx, claims.Sub)
	err := errors.Join(tokenErr, claimsErr, sessionErr, organizationErr, userErr)
	fine := err == nil && token != "" && user == again.ID && session.ID == auth.SessionID && organization.ID == auth.OrgID &&
		*client.Config().Key == fake.Options().SecretKey
	who := fmt.Sprintln(auth.IsAuthenticated(), auth.SessionStatus, auth.OrgRole, auth.OrgSlug, auth.OrgPermissions,
		auth.Actor, auth.FactorVerificationAge != nil, auth.Reason(), status)
	has := fmt.Sprintln(
		auth.Has(core.Role("org:admin"), core.Feature("reports")),
		auth.Has(core.Plan("pro")),
		auth.Has(core.Reverification(core.Strict)),
	)
	return fmt.Sprintln(fine, err, who, has)
}

// Machine describes a machine in the same way.
func Machine(auth *core.Auth) string {
	return fmt.Sprintln(auth.TokenType, auth.Subject, auth.Scopes, auth.Name, auth.ID != "", auth.ClientID, auth.MachineID)
}
