// Package sdk_test runs Clerk's Go SDK against the Clerk of package clerktest: what passes there
// must pass with Clerk.
package sdk_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/apikey"
	"github.com/clerk/clerk-sdk-go/v2/jwks"
	"github.com/clerk/clerk-sdk-go/v2/jwt"
	"github.com/clerk/clerk-sdk-go/v2/m2m_token"
	"github.com/clerk/clerk-sdk-go/v2/organization"
	"github.com/clerk/clerk-sdk-go/v2/organizationmembership"
	"github.com/clerk/clerk-sdk-go/v2/session"
	"github.com/clerk/clerk-sdk-go/v2/signintoken"
	"github.com/clerk/clerk-sdk-go/v2/user"
	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// standing is the SDK's view of a clock that a test holds.
type standing struct{ *clerktest.Clock }

func (s standing) Now() time.Time { return s.Clock.Now() }

func start(t *testing.T) *clerktest.Server {
	t.Helper()
	return clerktest.New(t, clerktest.Config{
		Clock: clerktest.NewClock(epoch),
		Users: []clerktest.User{
			{ID: "user_ada", Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace", Username: "ada", ExternalID: "ext_1", PublicMetadata: map[string]any{"tier": "gold"}},
			{ID: "user_bob", Email: "bob@example.com"},
			{ID: "user_eve", Email: "eve@example.com", Banned: true},
		},
		Organizations: []clerktest.Organization{{
			ID: "org_acme", Name: "Acme", Slug: "acme",
			Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin", Permissions: []string{"org:invoices:create"}}, {UserID: "user_bob"}},
		}},
		Templates: []clerktest.Template{{Name: "supabase", Claims: map[string]any{"email": "{{user.primary_email_address}}"}}},
	})
}

// config lets the SDK call the server. Machine tokens have no version in their path.
func config(s *clerktest.Server, base, key string) *clerk.ClientConfig {
	return &clerk.ClientConfig{BackendConfig: clerk.BackendConfig{HTTPClient: &http.Client{Transport: recorder{}}, URL: new(s.URL() + base), Key: &key}}
}

func versioned(s *clerktest.Server) *clerk.ClientConfig { return config(s, "/v1", s.SecretKey()) }

// wantError checks that an error is the SDK's typed one.
func wantError(t *testing.T, what string, err error, status int, code string) {
	t.Helper()
	var refusal *clerk.APIErrorResponse
	if !errors.As(err, &refusal) {
		t.Errorf("%s: got %v, want an error of the API", what, err)
		return
	}
	if refusal.HTTPStatusCode != status || len(refusal.Errors) != 1 || refusal.Errors[0].Code != code || refusal.Errors[0].LongMessage == "" || refusal.TraceID == "" {
		t.Errorf("%s: got status %d, %+v, trace %q; want %d %s", what, refusal.HTTPStatusCode, refusal.Errors, refusal.TraceID, status, code)
	}
}

func must[T any](t *testing.T) func(value T, err error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, users := t.Context(), user.NewClient(versioned(s))

	ada := must[*clerk.User](t)(users.Get(ctx, "user_ada"))
	if ada.ID != "user_ada" || *ada.FirstName != "Ada" || *ada.Username != "ada" || *ada.ExternalID != "ext_1" || len(ada.EmailAddresses) != 1 ||
		ada.EmailAddresses[0].EmailAddress != "ada@example.com" || *ada.PrimaryEmailAddressID != ada.EmailAddresses[0].ID || string(ada.PublicMetadata) != `{"tier":"gold"}` {
		t.Errorf("got user %+v", ada)
	}
	all := must[*clerk.UserList](t)(users.List(ctx, &user.ListParams{}))
	if all.TotalCount != 3 || len(all.Users) != 3 {
		t.Errorf("got %d of %d users, want all 3", len(all.Users), all.TotalCount)
	}
	page := must[*clerk.UserList](t)(users.List(ctx, &user.ListParams{ListParams: clerk.ListParams{Limit: clerk.Int64(1), Offset: clerk.Int64(1)}}))
	if page.TotalCount != 3 || len(page.Users) != 1 {
		t.Errorf("got %d of %d users on a page of one", len(page.Users), page.TotalCount)
	}
	found := must[*clerk.UserList](t)(users.List(ctx, &user.ListParams{EmailAddresses: []string{"bob@example.com"}}))
	if len(found.Users) != 1 || found.Users[0].ID != "user_bob" {
		t.Errorf("got %+v for Bob's address", found.Users)
	}
	if count := must[*user.TotalCount](t)(users.Count(ctx, &user.ListParams{})); count.TotalCount != 3 {
		t.Errorf("got a count of %d, want 3", count.TotalCount)
	}
	_, err := users.Get(ctx, "user_nobody")
	wantError(t, "an unknown user", err, http.StatusNotFound, "resource_not_found")

	created := must[*clerk.User](t)(users.Create(ctx, &user.CreateParams{EmailAddresses: &[]string{"new@example.com"}, FirstName: new("New")}))
	changed := must[*clerk.User](t)(users.Update(ctx, created.ID, &user.UpdateParams{FirstName: new("Changed")}))
	metadata := json.RawMessage(`{"plan":"pro"}`)
	merged := must[*clerk.User](t)(users.UpdateMetadata(ctx, created.ID, &user.UpdateMetadataParams{PublicMetadata: &metadata}))
	if *changed.FirstName != "Changed" || string(merged.PublicMetadata) != string(metadata) {
		t.Errorf("got %q and %s after changes", *changed.FirstName, merged.PublicMetadata)
	}
	if banned := must[*clerk.User](t)(users.Ban(ctx, created.ID)); !banned.Banned {
		t.Error("a banned user is not banned")
	}
	if gone := must[*clerk.DeletedResource](t)(users.Delete(ctx, created.ID)); !gone.Deleted {
		t.Error("a deleted user is not deleted")
	}
	_, err = users.Get(ctx, created.ID)
	wantError(t, "a deleted user", err, http.StatusNotFound, "resource_not_found")
}

func TestAWrongKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, key := range []string{"sk_test_wrong", s.PublishableKey(), s.MachineSecretKey()} {
		_, err := user.NewClient(config(s, "/v1", key)).Get(t.Context(), "user_ada")
		wantError(t, "a wrong key", err, http.StatusUnauthorized, "clerk_key_invalid")
		_, err = jwks.NewClient(config(s, "/v1", key)).Get(t.Context(), &jwks.GetParams{})
		wantError(t, "a wrong key for the keys", err, http.StatusUnauthorized, "clerk_key_invalid")
	}
}

func TestOrganizations(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := t.Context()
	organizations, memberships := organization.NewClient(versioned(s)), organizationmembership.NewClient(versioned(s))

	for _, name := range []string{"org_acme", "acme"} {
		if acme := must[*clerk.Organization](t)(organizations.Get(ctx, name)); acme.ID != "org_acme" || acme.Name != "Acme" || acme.Slug != "acme" {
			t.Errorf("%s: got %+v", name, acme)
		}
	}
	if list := must[*clerk.OrganizationList](t)(organizations.List(ctx, &organization.ListParams{})); list.TotalCount != 1 || len(list.Organizations) != 1 {
		t.Errorf("got %+v, want one organization", list)
	}
	_, err := organizations.Get(ctx, "org_nobody")
	wantError(t, "an unknown organization", err, http.StatusNotFound, "resource_not_found")

	members := must[*clerk.OrganizationMembershipList](t)(memberships.List(ctx, &organizationmembership.ListParams{OrganizationID: "org_acme"}))
	roles := map[string]string{}
	for _, m := range members.OrganizationMemberships {
		roles[m.PublicUserData.UserID] = m.Role
	}
	if diff := cmp.Diff(map[string]string{"user_ada": "org:admin", "user_bob": "org:member"}, roles); diff != "" || members.TotalCount != 2 {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	changed := must[*clerk.OrganizationMembership](t)(memberships.Update(ctx, &organizationmembership.UpdateParams{OrganizationID: "org_acme", UserID: "user_bob", Role: new("org:admin")}))
	if changed.Role != "org:admin" || changed.Organization.ID != "org_acme" {
		t.Errorf("got %+v after a change of role", changed)
	}
	must[*clerk.OrganizationMembership](t)(memberships.Delete(ctx, &organizationmembership.DeleteParams{OrganizationID: "org_acme", UserID: "user_bob"}))
	of := must[*clerk.OrganizationMembershipList](t)(user.NewClient(versioned(s)).ListOrganizationMemberships(ctx, "user_bob", &user.ListOrganizationMembershipsParams{}))
	if of.TotalCount != 0 || len(of.OrganizationMemberships) != 0 {
		t.Errorf("got %+v of a user who left", of.OrganizationMemberships)
	}
	created := must[*clerk.Organization](t)(organizations.Create(ctx, &organization.CreateParams{Name: new("New Ltd"), CreatedBy: new("user_ada")}))
	if created.ID == "" || created.Name != "New Ltd" {
		t.Errorf("got %+v", created)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, sessions := t.Context(), session.NewClient(versioned(s))

	created := must[*clerk.Session](t)(sessions.Create(ctx, &session.CreateParams{UserID: "user_ada"}))
	got := must[*clerk.Session](t)(sessions.Get(ctx, created.ID))
	if got.ID != created.ID || got.UserID != "user_ada" || got.Status != "active" {
		t.Errorf("got %+v", got)
	}
	if list := must[*clerk.SessionList](t)(sessions.List(ctx, &session.ListParams{UserID: new("user_ada")})); len(list.Sessions) != 1 {
		t.Errorf("got %d sessions of Ada", len(list.Sessions))
	}
	token := must[*clerk.SessionToken](t)(sessions.CreateToken(ctx, &session.CreateTokenParams{ID: created.ID}))
	if claims := must[*clerk.SessionClaims](t)(verify(ctx, s, token.JWT)); claims.Subject != "user_ada" || claims.SessionID != created.ID {
		t.Errorf("got claims %+v", claims)
	}
	shaped := must[*clerk.SessionToken](t)(sessions.CreateToken(ctx, &session.CreateTokenParams{ID: created.ID, TemplateName: "supabase"}))
	unverified := must[*clerk.UnverifiedToken](t)(jwt.Decode(ctx, &jwt.DecodeParams{Token: shaped.JWT}))
	if unverified.Extra["email"] != "ada@example.com" {
		t.Errorf("got %+v from a template", unverified)
	}
	_, err := sessions.CreateToken(ctx, &session.CreateTokenParams{ID: created.ID, TemplateName: "nowhere"})
	wantError(t, "an unknown template", err, http.StatusNotFound, "resource_not_found")
	if revoked := must[*clerk.Session](t)(sessions.Revoke(ctx, &session.RevokeParams{ID: created.ID})); revoked.Status != "revoked" {
		t.Errorf("got status %q after revocation", revoked.Status)
	}
	_, err = sessions.Get(ctx, "sess_nobody")
	wantError(t, "an unknown session", err, http.StatusNotFound, "resource_not_found")
}

func verify(ctx context.Context, s *clerktest.Server, token string) (*clerk.SessionClaims, error) {
	return jwt.Verify(ctx, &jwt.VerifyParams{Token: token, JWKSClient: jwks.NewClient(versioned(s)), Clock: standing{s.Clock()}})
}

func TestSessionTokensVerify(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := t.Context()
	set := must[*clerk.JSONWebKeySet](t)(jwks.NewClient(versioned(s)).Get(ctx, &jwks.GetParams{}))
	if len(set.Keys) != 1 || set.Keys[0].KeyID != s.KeyID() || set.Keys[0].Algorithm != "RS256" {
		t.Fatalf("got keys %+v", set.Keys)
	}
	for version := 1; version <= 2; version++ {
		token := s.SessionToken("user_ada", clerktest.InOrganization("acme"), clerktest.Version(version), clerktest.FactorAge(3, -1))
		claims := must[*clerk.SessionClaims](t)(verify(ctx, s, token))
		if claims.Subject != "user_ada" || claims.Issuer != s.Issuer() || claims.ActiveOrganizationID != "org_acme" || claims.ActiveOrganizationSlug != "acme" || claims.ActiveOrganizationRole != "org:admin" || claims.Version != version {
			t.Errorf("version %d: got claims %+v", version, claims)
		}
		if !claims.HasPermission("org:invoices:create") || claims.HasPermission("org:invoices:delete") || !claims.HasRole("org:admin") || claims.HasRole("org:member") {
			t.Errorf("version %d: got permissions %q, role %q", version, claims.ActiveOrganizationPermissions, claims.ActiveOrganizationRole)
		}
		if diff := cmp.Diff([2]int64{3, -1}, claims.FactorVerificationAge); diff != "" {
			t.Errorf("version %d, factor age (-want +got):\n%s", version, diff)
		}
	}
	foreign, err := clerktest.OtherKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"expired":            s.SessionToken("user_ada", clerktest.Lifetime(-time.Minute)),
		"another key":        s.SessionToken("user_ada", clerktest.SignedWith(foreign, s.KeyID())),
		"another instance":   s.SessionToken("user_ada", clerktest.Claim("iss", "https://evil.example.com")),
		"an unknown key":     s.SessionToken("user_ada", clerktest.HeaderField("kid", "ins_unknown")),
		"another algorithm":  s.SessionToken("user_ada", clerktest.HeaderField("alg", "HS256")),
		"a cut signature":    s.SessionToken("user_ada")[:200],
		"not valid yet":      s.SessionToken("user_ada", clerktest.Claim("nbf", epoch.Unix()+60)),
		"an unsigned header": "e30." + s.SessionToken("user_ada"),
	} {
		if claims, err := verify(ctx, s, token); err == nil {
			t.Errorf("%s: got claims %+v", name, claims)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	s := start(t)
	old := s.SessionToken("user_ada")
	first := s.KeyID()
	second, err := s.RotateKey()
	if err != nil {
		t.Fatal(err)
	}
	fresh := s.SessionToken("user_ada")
	must[*clerk.SessionClaims](t)(verify(t.Context(), s, old))
	must[*clerk.SessionClaims](t)(verify(t.Context(), s, fresh))
	if !s.RemoveKey(first) || first == second {
		t.Fatalf("keys %q, %q", first, second)
	}
	if _, err := verify(t.Context(), s, old); err == nil {
		t.Error("a token of a removed key verifies")
	}
	must[*clerk.SessionClaims](t)(verify(t.Context(), s, fresh))
}

func TestMachineTokens(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := t.Context()
	for _, key := range []string{s.SecretKey(), s.MachineSecretKey()} {
		tokens := m2m_token.NewClient(config(s, "", key))
		secret := s.M2MToken(clerktest.MachineToken{Subject: "mch_1", Scopes: []string{"mch_2"}, Claims: map[string]any{"role": "worker"}})
		got := must[*clerk.M2MToken](t)(tokens.Verify(ctx, &m2m_token.VerifyParams{Token: secret}))
		if got.Subject != "mch_1" || !cmp.Equal(got.Scopes, []string{"mch_2"}) || string(got.Claims) != `{"role":"worker"}` || got.Revoked || got.Expired || got.Expiration == nil {
			t.Errorf("got %+v", got)
		}
		must[*clerk.M2MToken](t)(tokens.Revoke(ctx, got.ID, &m2m_token.RevokeParams{RevocationReason: new("lost")}))
		_, err := tokens.Verify(ctx, &m2m_token.VerifyParams{Token: secret})
		wantError(t, "a revoked M2M token", err, http.StatusNotFound, "resource_not_found")
		_, err = tokens.Verify(ctx, &m2m_token.VerifyParams{Token: s.M2MToken(clerktest.MachineToken{Lifetime: -time.Minute})})
		wantError(t, "an expired M2M token", err, http.StatusNotFound, "resource_not_found")
		_, err = tokens.Verify(ctx, &m2m_token.VerifyParams{Token: s.APIKey(clerktest.MachineToken{})})
		wantError(t, "an API key as an M2M token", err, http.StatusNotFound, "resource_not_found")
		made := must[*clerk.M2MTokenWithToken](t)(tokens.Create(ctx, &m2m_token.CreateParams{SecondsUntilExpiration: clerk.Int64(60)}))
		must[*clerk.M2MToken](t)(tokens.Verify(ctx, &m2m_token.VerifyParams{Token: made.Token}))
	}
	_, err := m2m_token.NewClient(config(s, "", "ak_wrong")).Verify(ctx, &m2m_token.VerifyParams{Token: s.M2MToken(clerktest.MachineToken{})})
	wantError(t, "a wrong machine key", err, http.StatusUnauthorized, "clerk_key_invalid")
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, keys := t.Context(), apikey.NewClient(config(s, "", s.SecretKey()))

	made := must[*clerk.APIKeyWithSecret](t)(keys.Create(ctx, &apikey.CreateParams{Name: new("ci"), Subject: new("user_ada"), Scopes: []string{"read"}, Claims: json.RawMessage(`{"tier":"gold"}`)}))
	for name, secret := range map[string]string{"made by the API": made.Secret, "made by the test": s.APIKey(clerktest.MachineToken{Name: "ci", Subject: "user_ada", Scopes: []string{"read"}, Claims: map[string]any{"tier": "gold"}})} {
		got := must[*clerk.APIKey](t)(keys.Verify(ctx, &apikey.VerifyParams{Secret: secret}))
		if got.Subject != "user_ada" || got.Name != "ci" || !cmp.Equal(got.Scopes, []string{"read"}) || string(got.Claims) != `{"tier":"gold"}` || got.Revoked || got.Expired {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	if read := must[*apikey.APIKeySecret](t)(keys.GetSecret(ctx, made.ID)); read.Secret != made.Secret {
		t.Error("the secret that is read differs from the one that was made")
	}
	if revoked := must[*clerk.APIKey](t)(keys.Revoke(ctx, made.ID, &apikey.RevokeParams{RevocationReason: new("lost")})); !revoked.Revoked || *revoked.RevocationReason != "lost" {
		t.Errorf("got %+v after revocation", revoked)
	}
	_, err := keys.Verify(ctx, &apikey.VerifyParams{Secret: made.Secret})
	wantError(t, "a revoked API key", err, http.StatusNotFound, "resource_not_found")
	_, err = keys.Verify(ctx, &apikey.VerifyParams{Secret: "ak_guessed"})
	wantError(t, "a guessed API key", err, http.StatusNotFound, "resource_not_found")
	secret := s.APIKey(clerktest.MachineToken{Lifetime: time.Minute})
	must[*clerk.APIKey](t)(keys.Verify(ctx, &apikey.VerifyParams{Secret: secret}))
	s.Clock().Advance(2 * time.Minute)
	_, err = keys.Verify(ctx, &apikey.VerifyParams{Secret: secret})
	wantError(t, "an expired API key", err, http.StatusNotFound, "resource_not_found")
}

func TestSignInTokens(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, tickets := t.Context(), signintoken.NewClient(versioned(s))
	made := must[*clerk.SignInToken](t)(tickets.Create(ctx, &signintoken.CreateParams{UserID: new("user_ada"), ExpiresInSeconds: clerk.Int64(60)}))
	if made.Token == "" || made.UserID != "user_ada" || made.Status != "pending" || made.URL == nil || *made.URL == "" {
		t.Errorf("got %+v", made)
	}
	if revoked := must[*clerk.SignInToken](t)(tickets.Revoke(ctx, made.ID)); revoked.Status != "revoked" {
		t.Errorf("got status %q after revocation", revoked.Status)
	}
	_, err := tickets.Create(ctx, &signintoken.CreateParams{UserID: new("user_nobody")})
	wantError(t, "a ticket for nobody", err, http.StatusUnprocessableEntity, "resource_not_found")
}

func TestFaultsAreTypedErrors(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.Inject("GET /v1/users/{id}", clerktest.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3"}}, Times: 1})
	s.Inject("GET /v1/users/{id}", clerktest.Fault{Status: http.StatusServiceUnavailable, Times: 1})
	for _, fault := range []struct {
		status int
		code   string
	}{{http.StatusServiceUnavailable, "internal_clerk_error"}, {http.StatusTooManyRequests, "too_many_requests"}} {
		_, err := user.NewClient(versioned(s)).Get(t.Context(), "user_ada")
		wantError(t, "a fault", err, fault.status, fault.code)
	}
	must[*clerk.User](t)(user.NewClient(versioned(s)).Get(t.Context(), "user_ada"))
}
