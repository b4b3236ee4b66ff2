//go:build browser

package browser

import (
	"fmt"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestOrganizationProfileGeneral(t *testing.T) {
	clerk := newPeople(t)
	must(t, clerk, "PATCH", "/v1/instance/organization_settings", `{"domains_enabled": true, "domains_enrollment_modes": ["manual_invitation", "automatic_invitation", "automatic_suggestion"]}`)
	tab := signedIn(t, clerk, "ada@example.com", "org_acme", "OrganizationProfile")
	const acme = "/v1/organizations/org_acme"

	tab.push("Update profile")
	tab.fill("input[name=name]", "Acme Ltd")
	tab.fill("input[name=slug]", "acme-ltd")
	tab.push("Save")
	tab.serverHas(acme, "name", "Acme Ltd")
	tab.serverHas(acme, "slug", "acme-ltd")
	tab.waitForText("Acme Ltd")
	tab.push("Update profile")
	tab.upload("#component", pixel(t))
	tab.serverHas(acme, "has_image", true)
	tab.idle()
	tab.picture("OrganizationProfile-logo")
	tab.mount("OrganizationProfile") // What is open closes, sooner or later.
	tab.push("Update profile")
	tab.push("Remove")
	tab.serverHas(acme, "has_image", false)
	tab.idle()

	tab.mount("OrganizationProfile")
	tab.push("Add domain")
	tab.fill("input[name=name]", "example.com")
	tab.push("Save")
	tab.waitForText("Verify domain")
	tab.fill("input[name=affiliationEmailAddress]", "hostmaster")
	tab.picture("OrganizationProfile-domain")
	tab.push("Save")
	tab.code(sent(t, clerk, "hostmaster@example.com").Code)
	tab.serverHas(acme+"/domains", "data.0.verification.status", "verified")
	tab.accepted()
	// The component goes by what it has in its cache, closes, and shows the domain as verified when the page is new.
	tab.open(tab.site.URL + "/dashboard")
	tab.waitFor("window.ready")
	tab.mount("OrganizationProfile")
	tab.menu("example.com", "Manage")
	tab.waitForText("Choose how users from this domain can join")
	tab.picture("OrganizationProfile-enrollment")
	tab.run(`document.querySelector("input[value=automatic_suggestion]").click()`)
	tab.push("Save")
	tab.serverHas(acme+"/domains", "data.0.enrollment_mode", "automatic_suggestion")
	tab.waitForText("Automatic suggestions")
	tab.menu("example.com", "Delete")
	tab.push("Remove")
	tab.serverHas(acme+"/domains", "data", 0)
	tab.idle()

	tab.mount("OrganizationProfile") // What is open closes, sooner or later.
	tab.push("Delete organization")
	tab.fill("input[name=deleteOrganizationConfirmation]", "Acme Ltd")
	tab.picture("OrganizationProfile-delete")
	tab.pressIn("#component form", "Delete organization")
	tab.serverGone(acme)
	tab.waitFor(`!Clerk.organization`)
}

func TestOrganizationProfileMembers(t *testing.T) {
	clerk := newPeople(t)
	must(t, clerk, "PATCH", "/v1/instance/organization_settings", `{"domains_enabled": true}`)
	must(t, clerk, "POST", "/v1/organizations/org_acme/domains", `{"name": "example.com", "enrollment_mode": "automatic_suggestion", "verified": true}`)
	for i := range 12 {
		clerk.AddMember("org_acme", clerktest.Member{UserID: clerk.AddUser(clerktest.User{Email: fmt.Sprintf("member%02d@example.com", i), FirstName: "Member", LastName: fmt.Sprint(i)})})
	}
	clerk.AddUser(clerktest.User{ID: "user_cat", Email: "cat@example.com", FirstName: "Cat", Password: "correct horse battery"})
	clerk.AddUser(clerktest.User{ID: "user_dan", Email: "dan@example.com", FirstName: "Dan", Password: "correct horse battery"})
	tab := signedIn(t, clerk, "ada@example.com", "org_acme", "OrganizationProfile")
	const members = "/v1/organizations/org_acme/memberships?limit=100"
	for _, email := range []string{"cat@example.com", "dan@example.com"} { // Who asks to join.
		other := browserOf(t, tab.site)
		other.enter(email, "")
		other.mount("OrganizationList")
		other.push("Request to join")
		other.waitForText("Pending approval")
		other.picture("OrganizationList-requested")
	}

	tab.push("Members")
	tab.waitForText("member11@example.com")
	tab.idle()
	tab.picture("OrganizationProfile-members")
	tab.push("Next")
	tab.waitForText("11 – 14 of 14")
	tab.push("Previous")
	tab.fill("#component input[placeholder=Search]", "bob")
	tab.gone("member01@example.com")
	tab.waitForText("bob@example.com")
	tab.pressIn(`tr:has([class*=member]), tr`, "Member")
	tab.push("Admin")
	tab.serverHas(members+"&user_id=user_bob", "data.0.role", "org:admin")
	tab.idle()
	tab.menu("bob@example.com", "Remove member")
	tab.serverHas(members+"&user_id=user_bob", "data", 0)

	tab.push("Invite")
	tab.waitForText("Invite new members")
	tab.run(`(() => { const data = new DataTransfer(); data.setData("text", "new@example.org, third@example.org");
		document.querySelector("input[data-testid=tag-input]").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); })()`)
	tab.waitForText("third@example.org")
	tab.fill("input[data-testid=tag-input]", "other@example.org") // It counts when the field loses the focus.
	tab.pressIn(".cl-invitationsSentIconBox, form", "Role: Member")
	tab.push("Admin")
	tab.picture("OrganizationProfile-invite")
	tab.push("Send invitations")
	tab.serverHas("/v1/organizations/org_acme/invitations?status=pending", "data", 3)
	tab.serverHas("/v1/organizations/org_acme/invitations?status=pending", "data.0.role", "org:admin")
	tab.waitForText("Invitations successfully sent")
	tab.push("Finish")
	tab.mount("OrganizationProfile")
	tab.push("Members")
	tab.push("Invitations 3")
	tab.waitForText("new@example.org")
	tab.idle()
	tab.picture("OrganizationProfile-invitations")
	tab.menu("new@example.org", "Revoke invitation")
	tab.serverHas("/v1/organizations/org_acme/invitations?status=pending", "data", 2)
	tab.gone("new@example.org")

	tab.push("Requests 2")
	tab.waitForText("cat@example.com")
	tab.idle()
	tab.picture("OrganizationProfile-requests")
	tab.pressIn("tr", "Approve")
	tab.serverHas(members+"&user_id=user_cat&user_id=user_dan", "data", 1)
	tab.idle()
	tab.pressIn("tr", "Reject")
	tab.waitForText("No requests to display")

	approved := fmt.Sprint(at(must(t, clerk, "GET", members+"&user_id=user_cat&user_id=user_dan", ""), "data.0.public_user_data.user_id"))
	must(t, clerk, "PATCH", "/v1/organizations/org_acme/memberships/"+approved, `{"role": "org:admin"}`)
	tab.push("General")
	tab.push("Leave organization")
	tab.fill("#component input[type=text]", "Acme")
	tab.picture("OrganizationProfile-leave")
	tab.pressIn("#component form", "Leave organization")
	tab.serverHas(members+"&user_id=user_ada", "data", 0)
	tab.waitFor(`!Clerk.organization`)
}
