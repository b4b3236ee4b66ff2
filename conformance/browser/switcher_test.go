//go:build browser

package browser

import (
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestOrganizationSwitcher(t *testing.T) {
	clerk := newPeople(t)
	clerk.AddOrganization(clerktest.Organization{ID: "org_asked", Name: "Asked", Members: []clerktest.Member{{UserID: "user_bob", Role: "org:admin"}}})
	must(t, clerk, "PATCH", "/v1/instance/organization_settings", `{"domains_enabled": true}`)
	must(t, clerk, "POST", "/v1/organizations/org_other/domains", `{"name": "example.com", "enrollment_mode": "automatic_suggestion", "verified": true}`)
	must(t, clerk, "POST", "/v1/organizations/org_asked/invitations", `{"email_address": "ada@example.com", "role": "org:member", "inviter_user_id": "user_bob"}`)
	tab := signedIn(t, clerk, "ada@example.com", "org_acme", "OrganizationSwitcher")

	tab.push("Open organization switcher")
	tab.waitForText("Asked")
	tab.waitForText("Other")
	tab.idle()
	tab.picture("OrganizationSwitcher-open")
	tab.push("Join")
	tab.serverHas("/v1/users/user_ada/organization_memberships", "data", 2)
	tab.push("Request to join")
	tab.waitForText("Pending approval")
	tab.idle()
	tab.push("Personal account")
	tab.waitFor(`!Clerk.organization`)
	tab.serverHas("/v1/sessions?user_id=user_ada&paginated=true", "data.0.last_active_organization_id", nil)

	tab.open(tab.site.URL + "/dashboard")
	tab.waitForText(`organization ""`)
	tab.waitFor("window.ready")
	tab.mount("OrganizationSwitcher")
	tab.push("Open organization switcher")
	tab.pressIn("[role=dialog], .cl-organizationSwitcherPopoverCard", "Acme")
	tab.waitFor(`Clerk.organization?.id === "org_acme"`)
	tab.open(tab.site.URL + "/dashboard")
	tab.waitForText(`organization "org_acme"`)
	tab.waitFor("window.ready")
	tab.mount("OrganizationSwitcher")
	tab.push("Open organization switcher", "Manage")
	tab.waitForText("Manage your organization")
	tab.idle()
	tab.picture("OrganizationSwitcher-manage")
	tab.push("Close modal")
	tab.gone("Manage your organization")

	tab.push("Open organization switcher", "Create organization")
	tab.fill("input[name=name]", "Made here")
	tab.picture("OrganizationSwitcher-create")
	tab.pressIn("form", "Create organization")
	tab.waitForText("Skip")
	tab.push("Skip")
	tab.waitFor(`Clerk.organization?.name === "Made here"`)
	tab.serverHas("/v1/organizations/made-here", "created_by", "user_ada")
}

func TestCreateOrganization(t *testing.T) {
	clerk := newPeople(t)
	tab := signedIn(t, clerk, "ada@example.com", "", "CreateOrganization")
	tab.upload("#component", pixel(t))
	tab.fill("#component input[name=name]", "First Firm")
	tab.waitFor(`!document.querySelector("#component input[name=slug]") || document.querySelector("#component input[name=slug]").value === "first-firm"`)
	tab.picture("CreateOrganization-filled")
	tab.push("Create organization")
	tab.waitForText("Invite new members")
	tab.serverHas("/v1/organizations/first-firm", "has_image", true)
	tab.idle()
	tab.picture("CreateOrganization-invite")
	tab.fill("input[data-testid=tag-input]", "new@example.org")
	tab.pressIn("form", "Role: Member")
	tab.push("Admin", "Send invitations")
	tab.serverHas("/v1/organizations/first-firm/invitations", "data.0.email_address", "new@example.org")
	tab.waitForText("Invitations successfully sent")
	tab.picture("CreateOrganization-sent")
	tab.push("Finish")
	tab.waitFor(`Clerk.organization?.slug === "first-firm"`)
}

func TestOrganizationList(t *testing.T) {
	clerk := newPeople(t)
	must(t, clerk, "POST", "/v1/organizations/org_other/invitations", `{"email_address": "ada@example.com", "role": "org:admin", "inviter_user_id": "user_bob"}`)
	tab := signedIn(t, clerk, "ada@example.com", "", "OrganizationList")
	tab.waitForText("Other")
	tab.idle()
	tab.picture("OrganizationList-invited")
	tab.push("Join")
	tab.serverHas("/v1/organizations/org_other/memberships?user_id=user_ada", "data.0.role", "org:admin")
	tab.idle()
	tab.push("Acme")
	tab.waitFor(`Clerk.organization?.id === "org_acme"`)
	tab.mount("OrganizationList")
	tab.push("Personal account")
	tab.waitFor("!Clerk.organization")
	tab.mount("OrganizationList")
	tab.push("Create organization")
	tab.fill("input[name=name]", "From the list")
	tab.pressIn("form", "Create organization")
	tab.waitForText("Skip")
	tab.push("Skip")
	tab.serverHas("/v1/organizations/from-the-list", "name", "From the list")
}

func TestUserButton(t *testing.T) {
	clerk := newPeople(t)
	tab := signedIn(t, clerk, "ada@example.com", "", "")
	tab.mount("UserButton")
	tab.push("Open user menu")
	tab.waitForText("Manage account")
	tab.picture("UserButton-open")
	tab.push("Manage account")
	tab.waitForText("Profile details")
	tab.idle()
	tab.picture("UserButton-manage")
	tab.push("Close modal")
	tab.gone("Profile details")
	tab.push("Open user menu", "Sign out")
	tab.serverHas("/v1/sessions?user_id=user_ada&status=active&paginated=true", "data", 0)
	tab.waitFor("window.ready && !Clerk.user")
}

// TestUserButtonOfSeveral: where several people may be signed in.
func TestUserButtonOfSeveral(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{
		Settings: clerktest.Settings{SeveralSessions: true},
		Users: []clerktest.User{
			{ID: "user_ada", Email: "ada@example.com", FirstName: "Ada", Password: "correct horse battery"},
			{ID: "user_bob", Email: "bob@example.com", FirstName: "Bob", Password: "correct horse battery"},
		},
	})
	tab := signedIn(t, clerk, "ada@example.com", "", "")
	tab.enter("bob@example.com", "")
	tab.waitFor(`Clerk.user?.id === "user_bob"`)
	tab.open(tab.site.URL + "/dashboard")
	tab.waitFor("window.ready")
	tab.mount("UserButton")
	tab.push("Open user menu")
	tab.waitForText("Sign out of all accounts")
	tab.waitForText("Add account")
	tab.picture("UserButton-several")
	tab.push("Ada ada@example.com")
	tab.waitFor(`window.ready && Clerk.user?.id === "user_ada"`)
	tab.open(tab.site.URL + "/dashboard")
	tab.waitForText("signed in as user_ada")
	tab.waitFor("window.ready")
	tab.mount("UserButton")
	tab.push("Open user menu", "Sign out of all accounts")
	tab.waitFor("window.ready && !Clerk.user")
	tab.serverHas("/v1/sessions?status=active&paginated=true", "data", 0)
}
