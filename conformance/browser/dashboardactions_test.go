//go:build browser

package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// send presses the button of a form, in the region that a selector names.
func (tab *tab) send(region, label string) {
	tab.t.Helper()
	find := `[...document.querySelectorAll(` + quote(region+" button") + `)].find(e => (e.getAttribute("aria-label") ?? e.innerText).trim() === ` + quote(label) + `)`
	tab.waitFor(find)
	tab.run(`(() => { window.leaving = true; window.confirm = () => true; ` + find + `.click() })()`)
	tab.waitFor(`!window.leaving && document.readyState === "complete"`)
}

// copies presses a button that copies a text.
func (tab *tab) copies(region, label, text string) {
	tab.t.Helper()
	tab.run(`Object.defineProperty(navigator.clipboard, "writeText", {configurable: true, value: async (text) => { window.copied = text; }})`)
	tab.run(`[...document.querySelectorAll(` + quote(region+" button") + `)].find(e => (e.getAttribute("aria-label") ?? e.innerText).trim() === ` + quote(label) + `).click()`)
	tab.waitFor(`window.copied.includes(` + quote(text) + `)`)
	tab.waitForText("Copied")
}

// TestDashboardActions does what each page offers, by its buttons.
func TestDashboardActions(t *testing.T) {
	e := startEmulator(t, buildEmulator(t), "--seed", filepath.Join("..", "..", "emulator", "seed.example.yaml"))
	tab := newTab(t, &site{hosts: "MAP localhost 127.0.0.1"})
	tab.expect("404") // Forms that are refused.
	tab.expect("422")
	// Users.
	tab.open(e.URL + "/users")
	tab.run(`document.querySelector("details").open = true`)
	tab.fill("#first_name", "Eve")
	tab.fill("#email_address", "nobody")
	tab.send("details", "Create user")
	tab.waitForText("Not done.")
	tab.waitFor(`document.querySelector("#first_name").value === "Eve" && document.querySelector("#email_address").getAttribute("aria-invalid")`)
	tab.fill("#email_address", "eve@example.com")
	tab.send("details", "Create user")
	tab.waitForText("Created.")
	tab.fill("#last_name", "Online")
	tab.send("main", "Save profile")
	tab.waitForText("Eve Online")
	tab.fill("#public_metadata", `{"plan": "pro", "x": "</textarea><b>"}`)
	tab.send("main", "Save metadata")
	tab.waitFor(`document.querySelector("#public_metadata").value.includes("</textarea><b>")`)
	tab.fill("#new_email", "second@example.com")
	tab.send("main", "Add")
	tab.waitForText("second@example.com")
	tab.send("main", "Remove second@example.com")
	tab.waitFor(`!document.body.innerText.includes("second@example.com")`)
	for _, step := range [][2]string{{"Ban", "nobody can sign in"}, {"Lift the ban", "may sign in again"}, {"Lock", "Locked."}, {"Unlock", "Unlocked."}, {"Delete user", "Deleted."}} {
		tab.send("main", step[0])
		tab.waitForText(step[1])
	}

	// Sign in as somebody, in an application that has the lines which the program prints.
	env := e.Env["go"]
	app := httptest.NewServer(httpclerk.Middleware(core.Options{
		PublishableKey: env["CLERK_PUBLISHABLE_KEY"], SecretKey: env["CLERK_SECRET_KEY"], APIURL: env["CLERK_API_URL"], ProxyURL: env["CLERK_PROXY_URL"],
		SignInURL: env["CLERK_SIGN_IN_URL"], SignUpURL: env["CLERK_SIGN_UP_URL"],
	})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>App</title><link rel="icon" href="data:,"><p>signed in as %s</p>`, httpclerk.Auth(r).UserID)
	})))
	t.Cleanup(app.Close)
	tab.open(e.URL + "/users/user_ada")
	tab.fill("#redirect_url", strings.Replace(app.URL, "127.0.0.1", "localhost", 1)+"/")
	tab.send("main", "Sign in as Ada Lovelace")
	tab.waitForText("signed in as user_ada")

	// Sessions and tokens.
	tab.open(e.URL + "/sessions")
	tab.waitForText("Ada Lovelace")
	tab.run(`document.querySelector("main button.danger").click()`)
	tab.waitForText("Nobody is signed in.")
	tab.open(e.URL + "/tokens")
	tab.fill("#user_id", "user_grace")
	tab.fill("#claims", `{"tier": 7}`)
	tab.send("main", "Mint")
	tab.waitForText("Signed by this instance, and valid.")
	tab.waitForText(`"tier": 7`)
	tab.fill("#token", "not.a.token")
	tab.send("main", "Decode")
	tab.waitForText("This is not a JWT.")

	// Organizations.
	tab.open(e.URL + "/organizations")
	tab.run(`document.querySelector("details").open = true`)
	tab.fill("#name", "Beta")
	tab.fill("#created_by", "user_ada")
	tab.send("details", "Create organization")
	tab.waitForText("Created.")
	tab.fill("#member", "user_grace")
	tab.send("main", "Add")
	tab.waitForText("Added.")
	tab.run(`document.querySelector("[aria-label='Role of Grace Hopper']").value = "org:admin"`)
	tab.send("main", "Save the role of Grace Hopper")
	tab.waitFor(`document.querySelector("[aria-label='Role of Grace Hopper']").value === "org:admin"`)
	tab.send("main", "Remove Grace Hopper")
	tab.waitForText("Removed.")
	tab.fill("#invite", "new@example.com")
	tab.send("main", "Invite")
	tab.waitForText("Invited.")
	tab.send("main", "Revoke the invitation of new@example.com")
	tab.waitForText("revoked")
	tab.send("main", "Delete organization")
	tab.waitForText("Deleted.")

	// The outbox: what is sent while the page is open appears, and its code is one click away.
	tab.open(e.URL + "/outbox")
	tab.waitForText("Empty the outbox")
	tab.send("main", "Empty the outbox")
	tab.waitForText("Nothing has been sent.")
	sent := e.ask(t, 200, "POST", "/v1/users", `{"email_address": ["code@example.com"], "first_name": "Cody"}`)
	id, _ := sent["id"].(string)
	e.ask(t, 200, "POST", "/v1/invitations", `{"email_address": "guest@example.com"}`)
	tab.waitForText("guest@example.com")
	tab.waitForText("Follow the link")
	browser := e.ask(t, 200, "POST", "/v1/dev_browser", "")
	token, _ := browser["id"].(string)
	e.ask(t, 200, "POST", "/v1/client/sign_ins?__clerk_db_jwt="+token, `strategy=email_code&identifier=code%40example.com`)
	tab.waitForText("Copy code")
	tab.copies("main", "Copy code 424242", "424242")
	tab.whole("outbox-live")

	// Requests: the same, with the reason why one failed.
	tab.open(e.URL + "/requests?failed=true")
	e.ask(t, 404, "GET", "/v1/users/user_nobody", "")
	tab.waitForText("resource_not_found: User not found")
	tab.open(e.URL + "/users")
	e.ask(t, 200, "PATCH", "/v1/users/"+id, `{"first_name": "Renamed"}`)
	tab.waitForText("Renamed")

	// Webhooks: a delivery that failed is sent again.
	received := make(chan string, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.Header.Get("Svix-Id") }))
	t.Cleanup(hook.Close)
	tab.open(e.URL + "/webhooks")
	tab.fill("#url", hook.URL)
	tab.fill("#events", "user.updated")
	tab.send("main", "Add endpoint")
	tab.waitForText("Added.")
	e.ask(t, 200, "PATCH", "/v1/users/"+id, `{"first_name": "Again"}`)
	first := <-received
	tab.waitForText("delivered")
	tab.send("main", "Replay user.updated "+first)
	if again := <-received; again != first {
		t.Errorf("replayed %s, want %s", again, first)
	}
	tab.whole("webhooks-live")

	// Faults and clock.
	tab.open(e.URL + "/faults")
	tab.fill("#endpoint", "GET /v1/users/{id}")
	tab.fill("#count", "1")
	tab.send("main", "Switch the fault on")
	tab.waitForText("The fault is on.")
	e.ask(t, 503, "GET", "/v1/users/user_ada", "")
	tab.waitForText("0 of 1 left")
	tab.send("main", "Switch all off")
	tab.waitForText("No fault is on")
	for _, step := range [][2]string{{"Freeze it", "It stands still"}, {"1 hour on", "It stands still"}, {"Let it run with this machine's", "It runs with this machine's"}, {"1 week on", "604800 seconds away"}, {"Back to this machine's", "It runs with this machine's"}, {"Reset to the start", "Everything is as it was"}} {
		tab.send("main", step[0])
		tab.waitForText(step[1])
	}
	tab.open(e.URL + "/")
	tab.copies("main", "Copy lines", "CLERK_SECRET_KEY="+e.Key)
}
