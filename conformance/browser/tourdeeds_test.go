//go:build browser

package browser

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// call sends a command to the browser.
func call[P, R any](tab *tab, command cdp.Command[P, R], params P) error {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	_, err := chromedp.Call(ctx, command, params)
	return err
}

// deeds does what the forms of the tour are for.
func deeds(t *testing.T, s *site) {
	t.Helper()
	tab := newTab(t, s)
	tab.see("light", 1280)
	tab.signIn(s, "Ada Lovelace")

	tab.visit(s.URL + "/orgs/acme")
	tab.fill("#name", "Bird seed")
	tab.press("Add")
	tab.waitForText("The project is there")
	tab.waitForText("Bird seed")

	tab.visit(s.URL + "/admin")
	tab.fill("#query", "grace")
	tab.press("Search")
	tab.waitFor(`location.search === "?query=grace" && !document.body.innerText.includes("Alan")`)
	tab.run(`document.querySelector("#role-user_grace").value = "moderator"`)
	tab.press("Set the role of Grace Hopper")
	tab.waitForText("The role is set")
	tab.inspect("deeds-role-set")
	tab.press("Remove the role of Grace Hopper")
	tab.waitForText("The role is removed")

	tab.visit(s.URL + "/tokens")
	tab.press("Get one for the ledger")
	tab.waitForText("https://ledger.example")

	tab.visit(s.URL + "/machines")
	tab.fill("#name", "nightly report")
	tab.press("Make it")
	tab.waitForText("export KEY=")
	tab.inspect("deeds-key-made")
	tab.press("Revoke nightly report")
	tab.waitForText("The key is revoked")

	tab.visit(s.URL + "/step-up")
	tab.press("Let eleven minutes pass")
	tab.waitForText("11 minutes ago")
	tab.press("Delete Giant magnet")
	tab.waitForText("Nothing was deleted")
	tab.inspect("deeds-step-up-asked")
	tab.press("Confirm with your password")
	tab.waitFor(`location.pathname === "/verify"`)
	tab.inspect("deeds-verify")
	tab.fill("#password", "ada-password")
	tab.press("Confirm")
	tab.waitForText("less than a minute ago")
	tab.press("Delete Giant magnet")
	tab.waitForText("The project is deleted")

	tab.visit(s.URL + "/webhooks")
	tab.press("Send a forgery")
	tab.waitForText("answered 400")
	tab.press("Create a user")
	tab.waitForText("user.created")
	// The next one arrives without a page load.
	tab.run(`fetch("/webhooks/try", { method: "POST", body: new URLSearchParams(new FormData(document.querySelector("form[action='/webhooks/try']"))) }).then(r => r.text())`)
	tab.waitFor(`[...document.querySelectorAll("#events b")].filter(b => b.innerText === "user.created").length >= 2`)
	tab.inspect("deeds-webhooks")
}

// tenants signs in at one host, where the other host's user is nobody.
func tenants(t *testing.T, s *site) {
	t.Helper()
	tab := newTab(t, s)
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	tab.visit("http://initech.localhost" + port + "/tenants")
	tab.waitForText("Nobody is signed in at this host")
	tab.visit("http://initech.localhost" + port + "/tenants/private")
	tab.pick("Peter Gibbons")
	tab.waitForText("For signed-in users of Initech")
	tab.inspect("deeds-tenant")
	tab.visit("http://acme.localhost" + port + "/tenants")
	tab.waitForText("Nobody is signed in at this host")
	tab.visit("http://initech.localhost" + port + "/tenants")
	tab.waitForText("Peter Gibbons")
}

// broken turns each switch on, and looks at what a signed-in user sees.
func broken(t *testing.T, s *site, framework string) {
	t.Helper()
	tab := newTab(t, s)
	tab.see("light", 1280)
	tab.signIn(s, "Ada Lovelace")
	for _, c := range []struct{ name, button, sees string }{
		{"expire", "Expire it", "Welcome, Ada Lovelace"},
		{"forge", "Forge it", "You are signed in"}, // At Clerk, and the way back mends it.
		{"swap", "Swap it", "You are signed in"},
		{"skew", "Turn it back", "Clerk stopped a redirect loop"},
		{"down", "Take it down", "Welcome, Ada Lovelace"},
	} {
		tab.forget(s)
		tab.visit(s.URL + "/break")
		tab.press(c.button)
		tab.waitFor(`location.hash === "#` + c.name + `" && document.readyState === "complete"`)
		tab.waitForText("core.Explain")
		tab.inspect(framework + "-break-" + c.name)
		tab.expect("500 (Internal Server Error)") // The page that stops the loop.
		tab.visit(s.URL + "/dashboard")
		tab.waitForText(c.sees)
		tab.visit(s.URL + "/break")
		tab.press("Undo everything")
		tab.waitForText("Everything is whole again")
		tab.forget(s)
		tab.visit(s.URL + "/dashboard")
		tab.waitForText("Welcome, Ada Lovelace")
	}
}
