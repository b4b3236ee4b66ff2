//go:build browser

package browser

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/clerkgo/clerkgo/clerktest"
)

// picture keeps what the tab shows in the folder PICTURES, for a person to look at.
func (tab *tab) picture(name string) {
	tab.t.Helper()
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	png := within(tab, "picture "+name, chromedp.CaptureScreenshot())
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		tab.t.Fatal(err)
	}
}

// mount puts a component on the page, in place of the one that is there.
func (tab *tab) mount(name string) {
	tab.t.Helper()
	tab.run(`(() => { history.replaceState(null, "", location.pathname); const old = document.getElementById("component"); const next = document.createElement("div");
		next.id = "component"; old.replaceWith(next); Clerk.mount` + name + `(next); })()`)
}

// settled waits until a component shows something and nothing in it is loading.
const settled = `document.getElementById("component").innerText.trim() && !document.querySelector("#component [class*=spinner], #component [aria-busy=true]")`

func newPeople(t *testing.T) *clerktest.Server {
	t.Helper()
	clerk := clerktest.New(t, clerktest.Config{
		Users: []clerktest.User{
			{ID: "user_ada", Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace", Password: "correct horse battery"},
			{ID: "user_bob", Email: "bob@example.com", FirstName: "Bob", LastName: "Builder"},
		},
		Organizations: []clerktest.Organization{
			{ID: "org_acme", Name: "Acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}, {UserID: "user_bob"}}},
			{ID: "org_other", Name: "Other", Members: []clerktest.Member{{UserID: "user_bob", Role: "org:admin"}}},
		},
	})
	return clerk
}

// TestComponents: every component mounts and every list in it ends, and the buttons do what they say.
func TestComponents(t *testing.T) {
	clerk := newPeople(t)
	s := newSite(t, clerk, app(clerk))
	tab := newTab(t, s)
	tab.open(s.URL + "/")
	tab.waitFor("window.ready")
	for _, name := range []string{"SignIn", "SignUp", "Waitlist"} {
		tab.mount(name)
		tab.waitFor(settled)
		tab.picture(name)
	}
	tab.run(`(async () => { const si = await Clerk.client.signIn.create({ identifier: "ada@example.com", password: "correct horse battery" });
		await Clerk.setActive({ session: si.createdSessionId, organization: "org_acme" }); })()`)
	tab.open(s.URL + "/dashboard")
	tab.waitForText(`organization "org_acme"`)
	tab.waitFor("window.ready")
	for _, name := range []string{"UserButton", "UserProfile", "OrganizationSwitcher", "OrganizationProfile", "OrganizationList", "CreateOrganization"} {
		tab.mount(name)
		if name == "UserButton" {
			tab.waitFor(`document.querySelector("#component button")`)
		} else {
			tab.waitFor(settled)
		}
		tab.picture(name)
	}

	tab.mount("OrganizationProfile")
	tab.clickText("Members")
	tab.waitForText("bob@example.com")
	tab.picture("OrganizationProfile-members")

	tab.run(`Clerk.setActive({ organization: "org_acme" })`)
	tab.mount("OrganizationProfile")
	tab.waitForText("Acme")
	clerk.RevokeSession(clerk.Sessions("user_ada")[0].ID)
	tab.expect("401")
	tab.run(`Clerk.session.getToken({ skipCache: true }).catch(() => null)`)
	tab.waitFor("!Clerk.user")
}
