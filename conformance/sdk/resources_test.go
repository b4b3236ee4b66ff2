package sdk_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/actortoken"
	"github.com/clerk/clerk-sdk-go/v2/allowlistidentifier"
	"github.com/clerk/clerk-sdk-go/v2/apikey"
	"github.com/clerk/clerk-sdk-go/v2/billing"
	"github.com/clerk/clerk-sdk-go/v2/blocklistidentifier"
	"github.com/clerk/clerk-sdk-go/v2/client"
	"github.com/clerk/clerk-sdk-go/v2/domain"
	"github.com/clerk/clerk-sdk-go/v2/emailaddress"
	"github.com/clerk/clerk-sdk-go/v2/jwttemplate"
	"github.com/clerk/clerk-sdk-go/v2/m2m_token"
	"github.com/clerk/clerk-sdk-go/v2/machine"
	"github.com/clerk/clerk-sdk-go/v2/machinescope"
	"github.com/clerk/clerk-sdk-go/v2/oauthapplication"
	"github.com/clerk/clerk-sdk-go/v2/organization"
	"github.com/clerk/clerk-sdk-go/v2/organizationmembership"
	"github.com/clerk/clerk-sdk-go/v2/organizationpermission"
	"github.com/clerk/clerk-sdk-go/v2/organizationrole"
	"github.com/clerk/clerk-sdk-go/v2/phonenumber"
	"github.com/clerk/clerk-sdk-go/v2/proxycheck" //nolint:staticcheck // Deprecated or not, it is called.
	"github.com/clerk/clerk-sdk-go/v2/redirecturl"
	"github.com/clerk/clerk-sdk-go/v2/roleset"
	"github.com/clerk/clerk-sdk-go/v2/samlconnection"
	"github.com/clerk/clerk-sdk-go/v2/session"
	"github.com/clerk/clerk-sdk-go/v2/svixwebhook"
	"github.com/clerk/clerk-sdk-go/v2/template"
	"github.com/clerk/clerk-sdk-go/v2/testingtoken"
	"github.com/clerk/clerk-sdk-go/v2/user"
	"github.com/clerk/clerk-sdk-go/v2/waitlistentry"
	"github.com/google/go-cmp/cmp"
)

// wantMissing checks that something is not there, or no longer.
func wantMissing(t *testing.T, what string, err error) {
	t.Helper()
	wantError(t, what, err, http.StatusNotFound, "resource_not_found")
}

// same checks what was read back.
func same[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func raw(text string) *json.RawMessage { return new(json.RawMessage(text)) }

// upload is a file to upload.
type upload struct{ *strings.Reader }

func (upload) Close() error { return nil }

func png(t *testing.T) upload {
	t.Helper()
	image, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	if err != nil {
		t.Fatal(err)
	}
	return upload{strings.NewReader(string(image))}
}

// wantImage checks that an address has a picture.
func wantImage(t *testing.T, address *string) {
	t.Helper()
	res, err := http.Get(*address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.Header.Get("Content-Type") != "image/png" || len(body) == 0 {
		t.Errorf("got %s, %d bytes and %v of %s", res.Header.Get("Content-Type"), len(body), err, *address)
	}
}

func TestAUsersWays(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, users := t.Context(), user.NewClient(versioned(s))
	made := must[*clerk.User](t)(users.Create(ctx, &user.CreateParams{
		EmailAddresses: &[]string{"way@example.com"}, PhoneNumbers: &[]string{"+15555550100"}, Username: new("way"), Password: new("correct horse battery"),
		TOTPSecret: new("JBSWY3DPEHPK3PXP"), BackupCodes: &[]string{"one", "two"}, PublicMetadata: raw(`{"a":1}`), PrivateMetadata: raw(`{"b":2}`), UnsafeMetadata: raw(`{"c":3}`),
	}))
	if !made.TOTPEnabled || !made.BackupCodeEnabled || !made.TwoFactorEnabled || !made.PasswordEnabled || len(made.PhoneNumbers) != 1 {
		t.Errorf("got %+v", made)
	}
	for what, params := range map[string]*user.ListParams{
		"address": {EmailAddressQuery: new("WAY@")}, "number": {PhoneNumberQuery: new("5550100")}, "username": {UsernameQuery: new("way")}, "external id": {ExternalIDs: []string{"ext_1"}},
		"name": {NameQuery: new("ada lov")}, "organization": {OrganizationIDs: []string{"org_acme"}, Query: new("ada")}, "time": {CreatedAtAfter: new(epoch.UnixMilli() - 1), Usernames: []string{"ada", "way"}, OrderBy: new("-username"), ListParams: clerk.ListParams{Limit: clerk.Int64(1)}},
	} {
		want := "user_ada"
		if what != "name" && what != "organization" && what != "external id" {
			want = made.ID
		}
		if list := must[*clerk.UserList](t)(users.List(ctx, params)); len(list.Users) != 1 || list.Users[0].ID != want {
			t.Errorf("%s: got %+v, want %s", what, list.Users, want)
		}
	}
	limited := must[*clerk.User](t)(users.Create(ctx, &user.CreateParams{Username: new("limited"), CreateOrganizationEnabled: new(false), CreateOrganizationsLimit: new(3), DeleteSelfEnabled: new(false)}))
	if limited.CreateOrganizationEnabled || limited.DeleteSelfEnabled || *limited.CreateOrganizationsLimit != 3 {
		t.Errorf("got %+v", limited)
	}
	replaced := must[*clerk.User](t)(users.ReplaceMetadata(ctx, made.ID, &user.ReplaceMetadataParams{PublicMetadata: raw(`{"only":true}`), UnsafeMetadata: raw(`{}`)}))
	same(t, "replaced metadata", []string{`{"only":true}`, `{"b":2}`, `{}`}, []string{string(replaced.PublicMetadata), string(replaced.PrivateMetadata), string(replaced.UnsafeMetadata)})

	if locked := must[*clerk.User](t)(users.Lock(ctx, made.ID)); !locked.Locked {
		t.Error("a locked user is not locked")
	}
	if free := must[*clerk.User](t)(users.Unlock(ctx, made.ID)); free.Locked {
		t.Error("an unlocked user is locked")
	}
	for banned, set := range map[bool]func() (*clerk.User, error){
		true:  func() (*clerk.User, error) { return users.Ban(ctx, made.ID) },
		false: func() (*clerk.User, error) { return users.Unban(ctx, "user_eve") },
	} {
		id := must[*clerk.User](t)(set()).ID
		list := must[*clerk.UserList](t)(users.List(ctx, &user.ListParams{UserIDs: []string{id}, Banned: new(banned)}))
		if len(list.Users) != 1 || list.Users[0].Banned != banned {
			t.Errorf("got %+v, want one user, banned: %v", list.Users, banned)
		}
	}

	if pictured := must[*clerk.User](t)(users.UpdateProfileImage(ctx, made.ID, &user.UpdateProfileImageParams{File: png(t)})); !pictured.HasImage {
		t.Error("a picture is not there")
	} else {
		wantImage(t, pictured.ImageURL)
	}
	if plain := must[*clerk.User](t)(users.DeleteProfileImage(ctx, made.ID)); plain.HasImage {
		t.Error("a deleted picture is there")
	}
	if right := must[*user.VerifyPasswordResponse](t)(users.VerifyPassword(ctx, &user.VerifyPasswordParams{UserID: made.ID, Password: "correct horse battery"})); !right.Verified {
		t.Error("a right password is wrong")
	}
	_, err := users.VerifyPassword(ctx, &user.VerifyPasswordParams{UserID: made.ID, Password: "wrong"})
	wantError(t, "a wrong password", err, http.StatusUnprocessableEntity, "incorrect_password")

	type factors struct{ TOTP, BackupCodes, Two bool }
	now := func() factors {
		u := must[*clerk.User](t)(users.Get(ctx, made.ID))
		return factors{u.TOTPEnabled, u.BackupCodeEnabled, u.TwoFactorEnabled}
	}
	must[*user.MultifactorAuthentication](t)(users.DeleteBackupCode(ctx, made.ID))
	same(t, "without backup codes", factors{TOTP: true, Two: true}, now())
	must[*user.MultifactorAuthentication](t)(users.DeleteTOTP(ctx, made.ID))
	same(t, "without an authenticator", factors{}, now())
	must[*clerk.User](t)(users.Update(ctx, made.ID, &user.UpdateParams{TOTPSecret: new("JBSWY3DPEHPK3PXP"), BackupCodes: &[]string{"three"}}))
	same(t, "with both again", factors{true, true, true}, now())
	if off := must[*user.MultifactorAuthentication](t)(users.DeleteMFA(ctx, &user.DeleteMFAParams{ID: made.ID})); off.UserID != made.ID {
		t.Errorf("got %+v", off)
	}
	same(t, "without second factors", factors{}, now())

	if tokens := must[*clerk.OAuthAccessTokenList](t)(users.ListOAuthAccessTokens(ctx, &user.ListOAuthAccessTokensParams{ID: made.ID, Provider: "oauth_google"})); len(tokens.OAuthAccessTokens) != 0 {
		t.Errorf("got tokens %+v of a user without a provider", tokens.OAuthAccessTokens)
	}
	_, err = users.DeletePasskey(ctx, made.ID, "idn_none")
	wantMissing(t, "a passkey", err)
	_, err = users.DeleteWeb3Wallet(ctx, made.ID, "idn_none")
	wantMissing(t, "a wallet", err)
	_, err = users.DeleteExternalAccount(ctx, &user.DeleteExternalAccountParams{UserID: made.ID, ID: "eac_none"})
	wantMissing(t, "an external account", err)
}

func TestIdentifications(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, emails, phones := t.Context(), emailaddress.NewClient(versioned(s)), phonenumber.NewClient(versioned(s))

	mail := must[*clerk.EmailAddress](t)(emails.Create(ctx, &emailaddress.CreateParams{UserID: new("user_bob"), EmailAddress: new("second@example.com")}))
	if mail.Verification != nil && mail.Verification.Status == "verified" {
		t.Errorf("got %+v", mail)
	}
	must[*clerk.EmailAddress](t)(emails.Update(ctx, mail.ID, &emailaddress.UpdateParams{Verified: new(true), Primary: new(true)}))
	read := must[*clerk.EmailAddress](t)(emails.Get(ctx, mail.ID))
	if read.EmailAddress != "second@example.com" || read.Verification == nil || read.Verification.Status != "verified" {
		t.Errorf("got %+v", read)
	}
	phone := must[*clerk.PhoneNumber](t)(phones.Create(ctx, &phonenumber.CreateParams{UserID: new("user_bob"), PhoneNumber: new("+15555550103"), Verified: new(true)}))
	must[*clerk.PhoneNumber](t)(phones.Update(ctx, phone.ID, &phonenumber.UpdateParams{Primary: new(true), ReservedForSecondFactor: new(true)}))
	if read := must[*clerk.PhoneNumber](t)(phones.Get(ctx, phone.ID)); read.PhoneNumber != "+15555550103" || !read.ReservedForSecondFactor {
		t.Errorf("got %+v", read)
	}
	bob := must[*clerk.User](t)(user.NewClient(versioned(s)).Get(ctx, "user_bob"))
	same(t, "primary", []*string{&mail.ID, &phone.ID}, []*string{bob.PrimaryEmailAddressID, bob.PrimaryPhoneNumberID})

	_, err := emails.Create(ctx, &emailaddress.CreateParams{UserID: new("user_bob"), EmailAddress: new("ADA@example.com")})
	wantError(t, "another's address", err, http.StatusUnprocessableEntity, "form_identifier_exists")
	_, err = phones.Create(ctx, &phonenumber.CreateParams{UserID: new("user_bob"), PhoneNumber: new("12")})
	wantError(t, "no number", err, http.StatusUnprocessableEntity, "form_param_format_invalid")

	if gone := must[*clerk.DeletedResource](t)(emails.Delete(ctx, mail.ID)); !gone.Deleted || gone.ID != mail.ID {
		t.Errorf("got %+v", gone)
	}
	_, err = emails.Get(ctx, mail.ID)
	wantMissing(t, "a deleted address", err)
	if gone := must[*clerk.DeletedResource](t)(phones.Delete(ctx, phone.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err = phones.Get(ctx, phone.ID)
	wantMissing(t, "a deleted number", err)
}

func TestAnOrganizationsLife(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, organizations, memberships := t.Context(), organization.NewClient(versioned(s)), organizationmembership.NewClient(versioned(s))

	made := must[*clerk.Organization](t)(organizations.Create(ctx, &organization.CreateParams{Name: new("Globex"), Slug: new("globex"), CreatedBy: new("user_ada"), MaxAllowedMemberships: new(int64(2)), PublicMetadata: raw(`{"a":1}`), PrivateMetadata: raw(`{"b":2}`)}))
	must[*clerk.Organization](t)(organizations.Update(ctx, made.ID, &organization.UpdateParams{Name: new("Globex Ltd"), AdminDeleteEnabled: new(false)}))
	merged := must[*clerk.Organization](t)(organizations.UpdateMetadata(ctx, made.ID, &organization.UpdateMetadataParams{PublicMetadata: raw(`{"z":2}`)}))
	same(t, "merged metadata", []string{`{"a":1,"z":2}`, `{"b":2}`}, []string{string(merged.PublicMetadata), string(merged.PrivateMetadata)})
	must[*clerk.Organization](t)(organizations.ReplaceMetadata(ctx, made.ID, &organization.ReplaceMetadataParams{PublicMetadata: raw(`{"c":3}`)}))
	member := must[*clerk.OrganizationMembership](t)(memberships.Create(ctx, &organizationmembership.CreateParams{OrganizationID: made.ID, UserID: new("user_bob"), Role: new("org:member")}))
	if member.Role != "org:member" || member.PublicUserData.UserID != "user_bob" {
		t.Errorf("got %+v", member)
	}
	read := must[*clerk.Organization](t)(organizations.GetWithParams(ctx, "globex", &organization.GetParams{IncludeMembersCount: new(true)}))
	if read.ID != made.ID || read.Name != "Globex Ltd" || read.MaxAllowedMemberships != 2 || read.AdminDeleteEnabled || string(read.PublicMetadata) != `{"c":3}` || read.MembersCount == nil || *read.MembersCount != 2 {
		t.Errorf("got %+v", read)
	}
	_, err := memberships.Create(ctx, &organizationmembership.CreateParams{OrganizationID: made.ID, UserID: new("user_bob"), Role: new("org:member")})
	wantError(t, "a second membership", err, http.StatusUnprocessableEntity, "already_a_member_in_organization")
	_, err = memberships.Create(ctx, &organizationmembership.CreateParams{OrganizationID: made.ID, UserID: new("user_eve"), Role: new("org:member")})
	wantError(t, "one member too many", err, http.StatusForbidden, "organization_membership_quota_exceeded")

	for _, tc := range []struct {
		what   string
		params organizationmembership.ListParams
		want   []string
	}{
		{"by role", organizationmembership.ListParams{Roles: []string{"org:admin"}}, []string{"user_ada"}},
		{"by user", organizationmembership.ListParams{UserIDs: []string{"user_bob"}}, []string{"user_bob"}},
		{"by address", organizationmembership.ListParams{EmailAddressQuery: new("ADA@")}, []string{"user_ada"}},
		{"by name", organizationmembership.ListParams{NameQuery: new("lovelace")}, []string{"user_ada"}},
		{"in order", organizationmembership.ListParams{OrderBy: new("email_address")}, []string{"user_ada", "user_bob"}},
		{"in the other order", organizationmembership.ListParams{OrderBy: new("-email_address")}, []string{"user_bob", "user_ada"}},
		{"the second page", organizationmembership.ListParams{OrderBy: new("email_address"), ListParams: clerk.ListParams{Limit: clerk.Int64(1), Offset: clerk.Int64(1)}}, []string{"user_bob"}},
		{"nobody", organizationmembership.ListParams{Query: new("nobody")}, nil},
	} {
		tc.params.OrganizationID = made.ID
		var got []string
		for _, m := range must[*clerk.OrganizationMembershipList](t)(memberships.List(ctx, &tc.params)).OrganizationMemberships {
			got = append(got, m.PublicUserData.UserID)
		}
		same(t, "members "+tc.what, tc.want, got)
	}
	for _, tc := range []struct {
		what   string
		params organization.ListParams
		want   []string
	}{
		{"by name", organization.ListParams{Query: new("globex")}, []string{"globex"}},
		{"of a user", organization.ListParams{UserIDs: []string{"user_bob"}, OrderBy: new("-name")}, []string{"globex", "acme"}},
		{"in order", organization.ListParams{OrderBy: new("name")}, []string{"acme", "globex"}},
	} {
		var got []string
		for _, o := range must[*clerk.OrganizationList](t)(organizations.List(ctx, &tc.params)).Organizations {
			got = append(got, o.Slug)
		}
		same(t, "organizations "+tc.what, tc.want, got)
	}

	same(t, "role set", "role_set:default", *must[*clerk.Organization](t)(organizations.Update(ctx, made.ID, &organization.UpdateParams{RoleSetKey: new("role_set:default")})).RoleSetKey)
	_, err = organizations.Update(ctx, made.ID, &organization.UpdateParams{RoleSetKey: new("role_set:none")})
	wantError(t, "no role set", err, http.StatusUnprocessableEntity, "resource_not_found")

	if pictured := must[*clerk.Organization](t)(organizations.UpdateLogo(ctx, made.ID, &organization.UpdateLogoParams{File: png(t), UploaderUserID: new("user_ada")})); !pictured.HasImage {
		t.Error("a logo is not there")
	} else {
		wantImage(t, pictured.ImageURL)
	}
	if plain := must[*clerk.Organization](t)(organizations.DeleteLogo(ctx, made.ID)); plain.HasImage {
		t.Error("a deleted logo is there")
	}
	if gone := must[*clerk.DeletedResource](t)(organizations.Delete(ctx, made.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err = organizations.Get(ctx, made.ID)
	wantMissing(t, "a deleted organization", err)
}

func TestPermissionsRolesAndSets(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := t.Context()
	permissions, roles, sets := organizationpermission.NewClient(versioned(s)), organizationrole.NewClient(versioned(s)), roleset.NewClient(versioned(s))

	pay := must[*clerk.OrganizationPermission](t)(permissions.Create(ctx, &organizationpermission.CreateParams{Key: new("org:bills:pay"), Name: new("Pay")}))
	must[*clerk.OrganizationPermission](t)(permissions.Update(ctx, pay.ID, &organizationpermission.UpdateParams{Name: new("Pay bills"), Description: new("all of them")}))
	if read := must[*clerk.OrganizationPermission](t)(permissions.Get(ctx, pay.ID)); read.Key != "org:bills:pay" || read.Name != "Pay bills" || *read.Description != "all of them" || read.Type != "user" {
		t.Errorf("got %+v", read)
	}
	if list := must[*clerk.OrganizationPermissionList](t)(permissions.List(ctx, &organizationpermission.ListParams{Query: new("bills"), OrderBy: new("-key")})); list.TotalCount != 1 || list.OrganizationPermissions[0].ID != pay.ID {
		t.Errorf("got %+v", list)
	}

	payer := must[*clerk.OrganizationRole](t)(roles.Create(ctx, &organizationrole.CreateParams{Key: new("org:payer"), Name: new("Payer")}))
	if given := must[*clerk.OrganizationRole](t)(roles.AssignPermission(ctx, payer.ID, pay.ID)); len(given.Permissions) != 1 {
		t.Errorf("got %+v", given)
	}
	must[*clerk.OrganizationRole](t)(roles.Update(ctx, payer.ID, &organizationrole.UpdateParams{Name: new("Paymaster"), Description: new("pays")}))
	if read := must[*clerk.OrganizationRole](t)(roles.Get(ctx, payer.ID)); read.Name != "Paymaster" || *read.Description != "pays" || len(read.Permissions) != 1 || read.Permissions[0].ID != pay.ID {
		t.Errorf("got %+v", read)
	}

	_, err := sets.Create(ctx, &roleset.CreateParams{Name: new("Payers"), Roles: &[]string{"org:payer", "org:member"}}) // The SDK has no field for it.
	wantError(t, "a set without a default role", err, http.StatusUnprocessableEntity, "form_param_missing")
	must[*clerk.RoleSet](t)(sets.AddRoles(ctx, "role_set:default", &roleset.AddRolesParams{RoleKeys: []string{"org:payer"}}))
	must[*clerk.RoleSet](t)(sets.Update(ctx, "role_set:default", &roleset.UpdateParams{Name: new("Those who pay"), Description: new("and others")}))
	list := must[*clerk.RoleSetList](t)(sets.List(ctx, &roleset.ListParams{}))
	if list.TotalCount != 1 || list.RoleSets[0].Name != "Those who pay" || *list.RoleSets[0].Description != "and others" || len(list.RoleSets[0].Roles) != 3 {
		t.Errorf("got %+v", list)
	}
	if gone := must[*clerk.DeletedResource](t)(roles.Delete(ctx, payer.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err = roles.Get(ctx, payer.ID)
	wantMissing(t, "a deleted role", err)
	if set := must[*clerk.RoleSet](t)(sets.Get(ctx, "role_set:default")); len(set.Roles) != 2 {
		t.Errorf("got %+v without the role", set)
	}
	if gone := must[*clerk.DeletedResource](t)(permissions.Delete(ctx, pay.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err = permissions.Get(ctx, pay.ID)
	wantMissing(t, "a deleted permission", err)
}

func TestClientsAndSessions(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, clients, sessions := t.Context(), client.NewClient(versioned(s)), session.NewClient(versioned(s))
	one := must[*clerk.Session](t)(sessions.Create(ctx, &session.CreateParams{UserID: "user_ada"}))
	must[*clerk.Session](t)(sessions.Create(ctx, &session.CreateParams{UserID: "user_bob"}))

	token := must[*clerk.SessionToken](t)(sessions.CreateToken(ctx, &session.CreateTokenParams{ID: one.ID})).JWT
	if verified := must[*clerk.Client](t)(clients.Verify(ctx, &client.VerifyParams{Token: &token})); verified.ID != one.ClientID {
		t.Errorf("got %+v", verified)
	}
	_, err := clients.Verify(ctx, &client.VerifyParams{Token: new("none")})
	wantError(t, "no token", err, http.StatusUnauthorized, "authentication_invalid")
	_, err = sessions.Verify(ctx, &session.VerifyParams{ID: one.ID, Token: &token}) //nolint:staticcheck // Deprecated; the SDK does not send the token.
	wantError(t, "a token that is not sent", err, http.StatusUnauthorized, "authentication_invalid")

	if list := must[*clerk.ClientList](t)(clients.List(ctx, &client.ListParams{ListParams: clerk.ListParams{Limit: clerk.Int64(10)}})); list.TotalCount != 2 { //nolint:staticcheck // Deprecated or not, it is called.
		t.Errorf("got %d clients", list.TotalCount)
	}
	read := must[*clerk.Client](t)(clients.Get(ctx, one.ClientID))
	if len(read.Sessions) != 1 || read.Sessions[0].ID != one.ID {
		t.Errorf("got %+v", read)
	}
	_, err = clients.Get(ctx, "client_none")
	wantMissing(t, "an unknown client", err)
}

func TestJWTTemplates(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, templates := t.Context(), jwttemplate.NewClient(versioned(s))
	made := must[*clerk.JWTTemplate](t)(templates.Create(ctx, &jwttemplate.CreateParams{Name: new("hasura"), Claims: json.RawMessage(`{"role":"user"}`), Lifetime: clerk.Int64(60), AllowedClockSkew: clerk.Int64(3)}))
	must[*clerk.JWTTemplate](t)(templates.Update(ctx, made.ID, &jwttemplate.UpdateParams{Name: new("hasura"), Claims: json.RawMessage(`{"role":"admin"}`), Lifetime: clerk.Int64(90)}))
	if read := must[*clerk.JWTTemplate](t)(templates.Get(ctx, made.ID)); read.Name != "hasura" || string(read.Claims) != `{"role":"admin"}` || read.Lifetime != 90 {
		t.Errorf("got %+v", read)
	}
	if list := must[*clerk.JWTTemplateList](t)(templates.List(ctx, &jwttemplate.ListParams{})); list.TotalCount != 2 {
		t.Errorf("got %d templates", list.TotalCount)
	}
	if gone := must[*clerk.DeletedResource](t)(templates.Delete(ctx, made.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err := templates.Get(ctx, made.ID)
	wantMissing(t, "a deleted template", err)
}

func TestWhoMaySignUp(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, allowed, blocked, waiting := t.Context(), allowlistidentifier.NewClient(versioned(s)), blocklistidentifier.NewClient(versioned(s)), waitlistentry.NewClient(versioned(s))

	yes := must[*clerk.AllowlistIdentifier](t)(allowed.Create(ctx, &allowlistidentifier.CreateParams{Identifier: new("*@good.example"), Notify: new(false)}))
	if list := must[*clerk.AllowlistIdentifierList](t)(allowed.List(ctx, &allowlistidentifier.ListParams{})); list.TotalCount != 1 || list.AllowlistIdentifiers[0].Identifier != "*@good.example" {
		t.Errorf("got %+v", list)
	}
	if gone := must[*clerk.DeletedResource](t)(allowed.Delete(ctx, yes.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err := allowed.Delete(ctx, yes.ID)
	wantMissing(t, "an identifier that is allowed no more", err)

	no := must[*clerk.BlocklistIdentifier](t)(blocked.Create(ctx, &blocklistidentifier.CreateParams{Identifier: new("bad@example.com")}))
	if list := must[*clerk.BlocklistIdentifierList](t)(blocked.List(ctx, &blocklistidentifier.ListParams{})); list.TotalCount != 1 || list.BlocklistIdentifiers[0].IdentifierType != "email_address" {
		t.Errorf("got %+v", list)
	}
	if gone := must[*clerk.DeletedResource](t)(blocked.Delete(ctx, no.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err = blocked.Delete(ctx, no.ID)
	wantMissing(t, "an identifier that is blocked no more", err)

	many := must[*clerk.WaitlistEntries](t)(waiting.BulkCreate(ctx, &waitlistentry.BulkCreateParams{WaitlistEntries: []*waitlistentry.CreateParams{{EmailAddress: "a@example.com", Notify: new(false)}, {EmailAddress: "b@example.com"}}}))
	list := must[*clerk.WaitlistEntriesList](t)(waiting.List(ctx, &waitlistentry.ListParams{Statuses: []string{"pending"}, OrderBy: new("+created_at")}))
	if len(many.WaitlistEntries) != 2 || list.TotalCount != 2 {
		t.Errorf("got %+v, then %+v", many, list)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, domains, redirects := t.Context(), domain.NewClient(versioned(s)), redirecturl.NewClient(versioned(s))

	before := must[*clerk.DomainList](t)(domains.List(ctx, &domain.ListParams{})).TotalCount
	made := must[*clerk.Domain](t)(domains.Create(ctx, &domain.CreateParams{Name: new("satellite.example"), IsSatellite: new(true)}))
	if !made.IsSatellite {
		t.Errorf("got %+v", made)
	}
	if changed := must[*clerk.Domain](t)(domains.Update(ctx, made.ID, &domain.UpdateParams{Name: new("moon.example")})); changed.Name != "moon.example" {
		t.Errorf("got %+v", changed)
	}
	list := must[*clerk.DomainList](t)(domains.List(ctx, &domain.ListParams{}))
	if list.TotalCount != before+1 || !slices.ContainsFunc(list.Domains, func(d *clerk.Domain) bool { return d.ID == made.ID && d.Name == "moon.example" }) {
		t.Errorf("got %+v", list)
	}
	if gone := must[*clerk.DeletedResource](t)(domains.Delete(ctx, made.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err := domains.Delete(ctx, made.ID)
	wantMissing(t, "a deleted domain", err)

	to := must[*clerk.RedirectURL](t)(redirects.Create(ctx, &redirecturl.CreateParams{URL: new("https://app.example.com/done")}))
	if read := must[*clerk.RedirectURL](t)(redirects.Get(ctx, to.ID)); read.URL != "https://app.example.com/done" {
		t.Errorf("got %+v", read)
	}
	if list := must[*clerk.RedirectURLList](t)(redirects.List(ctx, &redirecturl.ListParams{})); list.TotalCount != 1 {
		t.Errorf("got %+v", list)
	}
	if gone := must[*clerk.DeletedResource](t)(redirects.Delete(ctx, to.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err = redirects.Get(ctx, to.ID)
	wantMissing(t, "a deleted redirect URL", err)
}

func TestTickets(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, actors := t.Context(), actortoken.NewClient(versioned(s))
	made := must[*clerk.ActorToken](t)(actors.Create(ctx, &actortoken.CreateParams{UserID: new("user_ada"), Actor: json.RawMessage(`{"sub":"user_bob"}`), ExpiresInSeconds: clerk.Int64(60)}))
	if made.UserID != "user_ada" || string(made.Actor) != `{"sub":"user_bob"}` || made.Status != "pending" || made.Token == "" || made.URL == nil {
		t.Errorf("got %+v", made)
	}
	if revoked := must[*clerk.ActorToken](t)(actors.Revoke(ctx, made.ID)); revoked.Status != "revoked" {
		t.Errorf("got status %q", revoked.Status)
	}
	_, err := actors.Revoke(ctx, "act_none")
	wantMissing(t, "an unknown actor token", err)
	if token := must[*clerk.TestingToken](t)(testingtoken.NewClient(versioned(s)).Create(ctx)); token.Token == "" || token.ExpiresAt <= epoch.Unix() {
		t.Errorf("got %+v", token)
	}
}

func TestMachinesAndTheirTokens(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, machines, scopes := t.Context(), machine.NewClient(versioned(s)), machinescope.NewClient(versioned(s))
	to := must[*clerk.MachineWithScopedMachinesAndSecretKey](t)(machines.Create(ctx, &machine.CreateParams{Name: "to"}))
	from := must[*clerk.MachineWithScopedMachinesAndSecretKey](t)(machines.Create(ctx, &machine.CreateParams{Name: "from", ScopedMachines: []string{to.ID}}))
	must[*clerk.MachineWithScopedMachines](t)(machines.Update(ctx, from.ID, &machine.UpdateParams{Name: new("sender"), DefaultTokenTTL: clerk.Int64(120)}))
	if read := must[*clerk.MachineWithScopedMachines](t)(machines.Get(ctx, from.ID)); read.Name != "sender" || read.DefaultTokenTTL != 120 || len(read.ScopedMachines) != 1 || read.ScopedMachines[0].ID != to.ID {
		t.Errorf("got %+v", read)
	}
	if key := must[*clerk.MachineSecretKey](t)(machines.GetSecretKey(ctx, from.ID)); key.Secret != from.SecretKey {
		t.Error("the key that is read is another")
	}
	if cut := must[*clerk.DeletedMachineScope](t)(scopes.DeleteScope(ctx, from.ID, to.ID)); !cut.Deleted || cut.FromMachineID != from.ID || cut.ToMachineID != to.ID {
		t.Errorf("got %+v", cut)
	}
	if read := must[*clerk.MachineWithScopedMachines](t)(machines.Get(ctx, from.ID)); len(read.ScopedMachines) != 0 {
		t.Errorf("got %+v without a scope", read)
	}

	tokens := m2m_token.NewClient(config(s, "", from.SecretKey))
	kept := must[*clerk.M2MTokenWithToken](t)(tokens.Create(ctx, &m2m_token.CreateParams{Claims: raw(`{"job":"mail"}`)}))
	lost := must[*clerk.M2MTokenWithToken](t)(tokens.Create(ctx, &m2m_token.CreateParams{}))
	must[*clerk.M2MToken](t)(tokens.Revoke(ctx, lost.ID, &m2m_token.RevokeParams{}))
	for _, tc := range []struct {
		revoked *bool
		want    int64
	}{{nil, 1}, {new(false), 1}, {new(true), 2}} {
		if list := must[*clerk.M2MTokenList](t)(tokens.List(ctx, &m2m_token.ListParams{Subject: &from.ID, Revoked: tc.revoked})); list.TotalCount != tc.want || list.M2MTokens[len(list.M2MTokens)-1].ID != kept.ID {
			t.Errorf("got %+v", list)
		}
	}

	if gone := must[*clerk.DeletedResource](t)(machines.Delete(ctx, from.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err := machines.Get(ctx, from.ID)
	wantMissing(t, "a deleted machine", err)
}

func TestAPIKeysAreKept(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, keys := t.Context(), apikey.NewClient(config(s, "", s.SecretKey()))
	made := must[*clerk.APIKeyWithSecret](t)(keys.Create(ctx, &apikey.CreateParams{Type: new("api_key"), Name: new("ci"), Subject: new("user_ada")}))
	_, err := keys.Create(ctx, &apikey.CreateParams{Type: new("other"), Name: new("ci"), Subject: new("user_ada")})
	wantError(t, "another type", err, http.StatusUnprocessableEntity, "form_param_value_invalid")
	must[*clerk.APIKeyWithSecret](t)(keys.Create(ctx, &apikey.CreateParams{Name: new("other"), Subject: new("user_bob")}))
	must[*clerk.APIKey](t)(keys.Update(ctx, made.ID, &apikey.UpdateParams{Scopes: []string{"read"}, Description: new("for builds"), Claims: json.RawMessage(`{"a":1}`)}))
	if read := must[*clerk.APIKey](t)(keys.Get(ctx, made.ID)); read.Name != "ci" || *read.Description != "for builds" || !cmp.Equal(read.Scopes, []string{"read"}) || string(read.Claims) != `{"a":1}` {
		t.Errorf("got %+v", read)
	}
	if list := must[*clerk.APIKeyList](t)(keys.List(ctx, &apikey.ListParams{Subject: new("user_ada"), IncludeInvalid: new("true")})); list.TotalCount != 1 || list.APIKeys[0].ID != made.ID {
		t.Errorf("got %+v", list)
	}
	if gone := must[*clerk.DeletedResource](t)(keys.Delete(ctx, made.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err = keys.Get(ctx, made.ID)
	wantMissing(t, "a deleted key", err)
}

func TestApplicationsAndConnections(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, apps, connections := t.Context(), oauthapplication.NewClient(versioned(s)), samlconnection.NewClient(versioned(s))
	app := must[*clerk.OAuthApplication](t)(apps.Create(ctx, &oauthapplication.CreateParams{Name: "App", CallbackURL: "https://app.example.com/cb", Scopes: "profile"}))
	must[*clerk.OAuthApplication](t)(apps.Update(ctx, app.ID, &oauthapplication.UpdateParams{Name: new("Other"), CallbackURL: new("https://app.example.com/back"), Scopes: new("profile email")}))
	if read := must[*clerk.OAuthApplication](t)(apps.Get(ctx, app.ID)); read.Name != "Other" || read.CallbackURL != "https://app.example.com/back" || read.Scopes != "profile email" || read.ClientID != app.ClientID {
		t.Errorf("got %+v", read)
	}
	for name, want := range map[string]int64{"other": 1, "nothing": 0} {
		if list := must[*clerk.OAuthApplicationList](t)(apps.List(ctx, &oauthapplication.ListParams{NameQuery: &name, OrderBy: new("-name")})); list.TotalCount != want {
			t.Errorf("%s: got %d applications, want %d", name, list.TotalCount, want)
		}
	}
	for registered, want := range map[bool]int64{false: 1, true: 0} {
		if list := must[*clerk.OAuthApplicationList](t)(apps.List(ctx, &oauthapplication.ListParams{DynamicallyRegistered: &registered})); list.TotalCount != want {
			t.Errorf("registered by itself: %v: got %d applications, want %d", registered, list.TotalCount, want)
		}
	}
	must[*clerk.DeletedResource](t)(apps.DeleteOAuthApplication(ctx, app.ID))
	_, err := apps.Get(ctx, app.ID)
	wantMissing(t, "a deleted application", err)

	saml := must[*clerk.SAMLConnection](t)(connections.Create(ctx, &samlconnection.CreateParams{Name: new("Acme"), Domain: new("acme.com"), Provider: new("saml_custom"), IdpEntityID: new("urn:acme")}))
	must[*clerk.SAMLConnection](t)(connections.Update(ctx, saml.ID, &samlconnection.UpdateParams{Name: new("Acme Ltd"), Active: new(true), IdpSsoURL: new("https://idp.acme.com/sso"), AttributeMapping: &samlconnection.AttributeMappingParams{UserID: "uid", EmailAddress: "email", FirstName: "given", LastName: "family"}}))
	if read := must[*clerk.SAMLConnection](t)(connections.Get(ctx, saml.ID)); read.Name != "Acme Ltd" || !read.Active || *read.IdpEntityID != "urn:acme" || *read.IdpSsoURL != "https://idp.acme.com/sso" || read.AttributeMapping.UserID != "uid" {
		t.Errorf("got %+v", read)
	}
	for query, want := range map[string]int64{"acme": 1, "nothing": 0} {
		if list := must[*clerk.SAMLConnectionList](t)(connections.List(ctx, &samlconnection.ListParams{Query: &query, OrderBy: new("-created_at")})); list.TotalCount != want {
			t.Errorf("%s: got %d connections, want %d", query, list.TotalCount, want)
		}
	}
	if gone := must[*clerk.DeletedResource](t)(connections.Delete(ctx, saml.ID)); !gone.Deleted {
		t.Errorf("got %+v", gone)
	}
	_, err = connections.Get(ctx, saml.ID)
	wantMissing(t, "a deleted connection", err)
}

// leftOut are the methods that clerktest answers with 501, and why.
var leftOut = map[string]string{
	"billing.CancelSubscriptionItem": noBilling,
	"billing.ExtendFreeTrial":        noBilling,
	"billing.ListPlans":              noBilling,
	"billing.ListSubscriptionItems":  noBilling,
	"proxycheck.Create":              "Clerk's servers would have to reach the application",
	"roleset.Delete":                 "Clerk replaces a set by another",
	"roleset.RemoveRoles":            "Clerk replaces a role by another",
	"svixwebhook.Create":             noSvix,
	"svixwebhook.Delete":             noSvix,
	"svixwebhook.RefreshURL":         noSvix,
	"template.Delete":                noTemplates,
	"template.Get":                   noTemplates,
	"template.List":                  noTemplates,
	"template.Preview":               noTemplates,
	"template.Revert":                noTemplates,
	"template.ToggleDelivery":        noTemplates,
	"template.Update":                noTemplates,
}

const (
	noBilling   = "nothing is paid for here"
	noSvix      = "webhooks are configured in the control API"
	noTemplates = "emails and SMS go to the outbox in one form"
)

// TestLeftOut calls what clerktest has not: nothing of it looks like success.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := t.Context()
	bills, hooks, checks, templates, sets := billing.NewClient(versioned(s)), svixwebhook.NewClient(versioned(s)), proxycheck.NewClient(versioned(s)), template.NewClient(versioned(s)), roleset.NewClient(versioned(s))
	mail := clerk.TemplateTypeEmail
	for name, call := range map[string]func() (any, error){
		"billing.ListPlans":             func() (any, error) { return bills.ListPlans(ctx, &billing.ListPlansParams{}) },
		"billing.ListSubscriptionItems": func() (any, error) { return bills.ListSubscriptionItems(ctx, &billing.ListSubscriptionItemsParams{}) },
		"billing.CancelSubscriptionItem": func() (any, error) {
			return bills.CancelSubscriptionItem(ctx, "item", &billing.CancelSubscriptionItemParams{EndNow: new(true)})
		},
		"billing.ExtendFreeTrial": func() (any, error) {
			return bills.ExtendFreeTrial(ctx, "item", &billing.ExtendFreeTrialParams{ExtendTo: "2027-01-01T00:00:00Z"})
		},
		"svixwebhook.Create":     func() (any, error) { return hooks.Create(ctx) },
		"svixwebhook.Delete":     func() (any, error) { return hooks.Delete(ctx) },
		"svixwebhook.RefreshURL": func() (any, error) { return hooks.RefreshURL(ctx) },
		"proxycheck.Create": func() (any, error) {
			return checks.Create(ctx, &proxycheck.CreateParams{DomainID: new("dmn_1"), ProxyURL: new("https://app.example.com/__clerk")}) //nolint:staticcheck // Deprecated or not, it is called.
		},
		"template.List": func() (any, error) { return templates.List(ctx, &template.ListParams{TemplateType: mail}) },
		"template.Get": func() (any, error) {
			return templates.Get(ctx, &template.GetParams{TemplateType: mail, Slug: "invitation"})
		},
		"template.Update": func() (any, error) {
			return templates.Update(ctx, &template.UpdateParams{TemplateType: mail, Slug: "invitation", Name: new("x")})
		},
		"template.Delete": func() (any, error) {
			return templates.Delete(ctx, &template.DeleteParams{TemplateType: mail, Slug: "invitation"})
		},
		"template.Revert": func() (any, error) {
			return templates.Revert(ctx, &template.RevertParams{TemplateType: mail, Slug: "invitation"})
		},
		"template.ToggleDelivery": func() (any, error) {
			return templates.ToggleDelivery(ctx, &template.ToggleDeliveryParams{TemplateType: mail, Slug: "invitation", DeliveredByClerk: new(false)})
		},
		"template.Preview": func() (any, error) {
			return templates.Preview(ctx, &template.PreviewParams{TemplateType: mail, Slug: "invitation", Body: new("x")})
		},
		"roleset.Delete": func() (any, error) { return sets.Delete(ctx, "role_set:default") },
		"roleset.RemoveRoles": func() (any, error) {
			return sets.RemoveRoles(ctx, "role_set:default", &roleset.RemoveRolesParams{RoleKeys: []string{"org:member"}})
		},
	} {
		_, err := call()
		if leftOut[name] == "" {
			t.Errorf("%s is not among those left out", name)
		}
		wantError(t, name, err, http.StatusNotImplemented, "not_implemented")
	}
}
