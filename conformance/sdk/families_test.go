package sdk_test

import (
	"net/http"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/instancesettings"
	"github.com/clerk/clerk-sdk-go/v2/invitation"
	"github.com/clerk/clerk-sdk-go/v2/m2m_token"
	"github.com/clerk/clerk-sdk-go/v2/machine"
	"github.com/clerk/clerk-sdk-go/v2/machinescope"
	"github.com/clerk/clerk-sdk-go/v2/oauthapplication"
	"github.com/clerk/clerk-sdk-go/v2/organizationdomain"
	"github.com/clerk/clerk-sdk-go/v2/organizationinvitation"
	"github.com/clerk/clerk-sdk-go/v2/organizationpermission"
	"github.com/clerk/clerk-sdk-go/v2/organizationrole"
	"github.com/clerk/clerk-sdk-go/v2/roleset"
	"github.com/clerk/clerk-sdk-go/v2/samlconnection"
	"github.com/clerk/clerk-sdk-go/v2/user"
	"github.com/clerk/clerk-sdk-go/v2/waitlistentry"
)

func TestInvitations(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, into := t.Context(), organizationinvitation.NewClient(versioned(s))
	made := must[*clerk.OrganizationInvitation](t)(into.Create(ctx, &organizationinvitation.CreateParams{
		OrganizationID: "org_acme", EmailAddress: new("new@example.com"), Role: new("org:member"), InviterUserID: new("user_ada"), ExpiresInDays: new(int64(2)),
	}))
	if made.Status != "pending" || made.RoleName != "Member" || made.PublicOrganizationData == nil || made.PublicOrganizationData.Slug != "acme" || made.ExpiresAt == nil || made.URL == "" {
		t.Errorf("got %+v", made)
	}
	_, err := into.Create(ctx, &organizationinvitation.CreateParams{OrganizationID: "org_acme", EmailAddress: new("new@example.com"), Role: new("org:member")})
	wantError(t, "a second invitation", err, http.StatusBadRequest, "duplicate_record")
	_, err = into.Create(ctx, &organizationinvitation.CreateParams{OrganizationID: "org_acme", EmailAddress: new("x@example.com"), Role: new("org:member"), InviterUserID: new("user_bob")})
	wantError(t, "an invitation by who may not", err, http.StatusForbidden, "not_an_admin_in_organization")
	for email, want := range map[string]int64{"new@example.com": 1, "other@example.com": 0} {
		list := must[*clerk.OrganizationInvitationList](t)(into.List(ctx, &organizationinvitation.ListParams{OrganizationID: "org_acme", Statuses: &[]string{"pending", "accepted"}, EmailAddress: new(email), OrderBy: new("-created_at")}))
		if list.TotalCount != want {
			t.Errorf("%s: got %d invitations, want %d", email, list.TotalCount, want)
		}
	}
	if got := must[*clerk.OrganizationInvitation](t)(into.Get(ctx, &organizationinvitation.GetParams{OrganizationID: "org_acme", ID: made.ID})); got.EmailAddress != "new@example.com" {
		t.Errorf("got %+v", got)
	}
	if all := must[*clerk.OrganizationInvitationList](t)(into.ListFromInstance(ctx, &organizationinvitation.ListFromInstanceParams{})); all.TotalCount != 1 {
		t.Errorf("got %d invitations of the instance", all.TotalCount)
	}
	if revoked := must[*clerk.OrganizationInvitation](t)(into.Revoke(ctx, &organizationinvitation.RevokeParams{OrganizationID: "org_acme", ID: made.ID, RequestingUserID: new("user_ada")})); revoked.Status != "revoked" {
		t.Errorf("got status %q", revoked.Status)
	}
	if of := must[*clerk.OrganizationInvitationList](t)(user.NewClient(versioned(s)).ListOrganizationInvitations(ctx, &user.ListOrganizationInvitationsParams{UserID: "user_bob"})); of.TotalCount != 0 {
		t.Errorf("got %d invitations of Bob", of.TotalCount)
	}

	people := invitation.NewClient(versioned(s))
	one := must[*clerk.Invitation](t)(people.Create(ctx, &invitation.CreateParams{EmailAddress: "guest@example.com", ExpiresInDays: new(int64(1))}))
	many := must[*clerk.Invitations](t)(people.BulkCreate(ctx, &invitation.BulkCreateParams{Invitations: []*invitation.CreateParams{{EmailAddress: "a@example.com"}, {EmailAddress: "b@example.com"}}}))
	list := must[*clerk.InvitationList](t)(people.List(ctx, &invitation.ListParams{Statuses: []string{"pending"}, OrderBy: new("email_address")}))
	if len(many.Invitations) != 2 || list.TotalCount != 3 || list.Invitations[0].EmailAddress != "a@example.com" {
		t.Errorf("got %d, then %d of %d", len(many.Invitations), len(list.Invitations), list.TotalCount)
	}
	if revoked := must[*clerk.Invitation](t)(people.Revoke(ctx, one.ID)); !revoked.Revoked || revoked.Status != "revoked" {
		t.Errorf("got %+v", revoked)
	}
	waiting := waitlistentry.NewClient(versioned(s))
	entry := must[*clerk.WaitlistEntry](t)(waiting.Create(ctx, &waitlistentry.CreateParams{EmailAddress: "wait@example.com"}))
	again := must[*clerk.WaitlistEntry](t)(waiting.Create(ctx, &waitlistentry.CreateParams{EmailAddress: "wait@example.com"}))
	if entry.ID != again.ID || entry.Status != "pending" {
		t.Errorf("got %+v, then %+v", entry, again)
	}
	if all := must[*clerk.WaitlistEntriesList](t)(waiting.List(ctx, &waitlistentry.ListParams{Query: new("wait")})); all.TotalCount != 1 {
		t.Errorf("got %d entries", all.TotalCount)
	}
}

func TestRolesAndDomains(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := t.Context()
	permissions, roles, sets := organizationpermission.NewClient(versioned(s)), organizationrole.NewClient(versioned(s)), roleset.NewClient(versioned(s))
	read := must[*clerk.OrganizationPermission](t)(permissions.Create(ctx, &organizationpermission.CreateParams{Key: new("org:invoices:read"), Name: new("Read invoices")}))
	role := must[*clerk.OrganizationRole](t)(roles.Create(ctx, &organizationrole.CreateParams{Key: new("org:clerk"), Name: new("Clerk"), Permissions: &[]string{read.ID}}))
	if len(role.Permissions) != 1 || role.Permissions[0].Key != "org:invoices:read" {
		t.Errorf("got %+v", role)
	}
	if none := must[*clerk.OrganizationRole](t)(roles.RemovePermission(ctx, role.ID, read.ID)); len(none.Permissions) != 0 {
		t.Errorf("got %+v", none)
	}
	if list := must[*clerk.OrganizationRoleList](t)(roles.List(ctx, &organizationrole.ListParams{Query: new("clerk")})); list.TotalCount != 1 {
		t.Errorf("got %d roles", list.TotalCount)
	}
	initial := must[*clerk.RoleSet](t)(sets.Get(ctx, "role_set:default"))
	added := must[*clerk.RoleSet](t)(sets.AddRoles(ctx, initial.ID, &roleset.AddRolesParams{RoleKeys: []string{"org:clerk"}}))
	if initial.Type != "initial" || len(initial.Roles) != 2 || len(added.Roles) != 3 {
		t.Errorf("got %+v, then %+v", initial, added)
	}

	domains := organizationdomain.NewClient(versioned(s))
	domain := must[*clerk.OrganizationDomain](t)(domains.Create(ctx, "org_acme", &organizationdomain.CreateParams{Name: new("acme.com"), EnrollmentMode: new("automatic_suggestion")}))
	if domain.Verification == nil || domain.Verification.Status != "unverified" {
		t.Errorf("got %+v", domain)
	}
	must[*clerk.OrganizationDomain](t)(domains.Update(ctx, &organizationdomain.UpdateParams{OrganizationID: "org_acme", DomainID: domain.ID, Verified: new(true)}))
	list := must[*clerk.OrganizationDomainList](t)(domains.List(ctx, "org_acme", &organizationdomain.ListParams{Verified: new(true), EnrollmentModes: &[]string{"automatic_suggestion", "manual_invitation"}}))
	if list.TotalCount != 1 || list.OrganizationDomains[0].Verification.Status != "verified" {
		t.Errorf("got %+v", list)
	}
	if gone := must[*clerk.DeletedResource](t)(domains.Delete(ctx, &organizationdomain.DeleteParams{OrganizationID: "org_acme", DomainID: domain.ID})); !gone.Deleted {
		t.Error("a deleted domain is not deleted")
	}
}

func TestMachinesAndApplications(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := t.Context()
	machines := machine.NewClient(versioned(s))
	one := must[*clerk.MachineWithScopedMachinesAndSecretKey](t)(machines.Create(ctx, &machine.CreateParams{Name: "one", DefaultTokenTTL: new(int64(60))}))
	two := must[*clerk.MachineWithScopedMachinesAndSecretKey](t)(machines.Create(ctx, &machine.CreateParams{Name: "two"}))
	scope := must[*clerk.MachineScope](t)(machinescope.NewClient(versioned(s)).CreateScope(ctx, one.ID, &machinescope.CreateScopeParams{ToMachineID: two.ID}))
	if one.SecretKey == "" || one.DefaultTokenTTL != 60 || scope.ToMachineID != two.ID {
		t.Errorf("got %+v, %+v", one, scope)
	}
	token := must[*clerk.M2MTokenWithToken](t)(m2m_token.NewClient(config(s, "", one.SecretKey)).Create(ctx, &m2m_token.CreateParams{}))
	if verified := must[*clerk.M2MToken](t)(m2m_token.NewClient(config(s, "", two.SecretKey)).Verify(ctx, &m2m_token.VerifyParams{Token: token.Token})); verified.Subject != one.ID || len(verified.Scopes) != 1 {
		t.Errorf("got %+v", verified)
	}
	if rotated := must[*clerk.MachineSecretKey](t)(machines.RotateSecretKey(ctx, one.ID, &machine.RotateSecretKeyParams{PreviousTokenTTL: 0})); rotated.Secret == one.SecretKey {
		t.Error("a rotated key is the same")
	}
	_, err := m2m_token.NewClient(config(s, "", one.SecretKey)).Create(ctx, &m2m_token.CreateParams{})
	wantError(t, "a former key", err, http.StatusUnauthorized, "clerk_key_invalid")
	if list := must[*clerk.MachineList](t)(machines.List(ctx, &machine.ListParams{Query: new("two"), OrderBy: new("-name")})); list.TotalCount != 1 {
		t.Errorf("got %d machines", list.TotalCount)
	}

	apps := oauthapplication.NewClient(versioned(s))
	app := must[*clerk.OAuthApplication](t)(apps.Create(ctx, &oauthapplication.CreateParams{Name: "App", CallbackURL: "https://app.example.com/cb", Scopes: "profile"}))
	if app.ClientSecret == nil || app.CallbackURL != "https://app.example.com/cb" {
		t.Errorf("got %+v", app)
	}
	if rotated := must[*clerk.OAuthApplication](t)(apps.RotateClientSecret(ctx, app.ID)); *rotated.ClientSecret == *app.ClientSecret {
		t.Error("a rotated secret is the same")
	}
	if gone := must[*clerk.DeletedResource](t)(apps.DeleteOAuthApplication(ctx, app.ID)); !gone.Deleted {
		t.Error("a deleted application is not deleted")
	}
	saml := must[*clerk.SAMLConnection](t)(samlconnection.NewClient(versioned(s)).Create(ctx, &samlconnection.CreateParams{Name: new("S"), Domain: new("s.com"), Provider: new("saml_custom"), ForceAuthn: new(true)}))
	if !saml.ForceAuthn || saml.AcsURL == "" || saml.AttributeMapping.EmailAddress != "mail" {
		t.Errorf("got %+v", saml)
	}
}

func TestInstanceSettings(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, settings := t.Context(), instancesettings.NewClient(versioned(s))
	if err := settings.Update(ctx, &instancesettings.UpdateParams{TestMode: new(true), HIBP: new(false)}); err != nil {
		t.Error(err)
	}
	if limits := must[*clerk.InstanceRestrictions](t)(settings.UpdateRestrictions(ctx, &instancesettings.UpdateRestrictionsParams{Allowlist: new(true)})); !limits.Allowlist {
		t.Errorf("got %+v", limits)
	}
	if groups := must[*clerk.OrganizationSettings](t)(settings.UpdateOrganizationSettings(ctx, &instancesettings.UpdateOrganizationSettingsParams{MaxAllowedMemberships: new(int64(9)), CreatorRoleID: new("org:member")})); groups.MaxAllowedMemberships != 9 || groups.CreatorRole != "org:member" {
		t.Errorf("got %+v", groups)
	}
}
