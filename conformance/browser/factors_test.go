//go:build browser

package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

// nobody opens the application as nobody.
func nobody(t *testing.T, clerk *clerktest.Server) *tab {
	t.Helper()
	tab := newTab(t, newSite(t, clerk, app(clerk)))
	tab.open(tab.site.URL + "/")
	tab.waitFor("window.ready")
	return tab
}

// identify types an address into a fresh SignIn.
func (tab *tab) identify(email string) {
	tab.t.Helper()
	tab.run(`Clerk.mountSignIn(document.getElementById("component"))`)
	tab.fill("input[name=identifier]", email)
	tab.clickText("Continue")
}

// leave signs out and comes back as nobody.
func (tab *tab) leave() {
	tab.t.Helper()
	tab.run("Clerk.signOut()")
	tab.open(tab.site.URL + "/")
	tab.waitForText("signed out")
	tab.waitFor("window.ready")
}

func TestSignInSecondFactor(t *testing.T) {
	clerk := newPeople(t)
	const secret = "JBSWY3DPEHPK3PXP"
	must(t, clerk, "PATCH", "/v1/users/user_ada", `{"totp_secret": "`+secret+`", "backup_codes": ["backup-1"]}`)
	tab := nobody(t, clerk)
	tab.identify("ada@example.com")
	tab.fill("input[name=password]", "correct horse battery")
	tab.clickText("Continue")
	tab.waitForText("Two-step verification")
	tab.picture("SignIn-totp")
	tab.code(appCode(t, secret, clerk.Clock().Now()))
	tab.waitFor(`Clerk.user?.id === "user_ada"`)
	tab.leave()

	tab.identify("ada@example.com")
	tab.fill("input[name=password]", "correct horse battery")
	tab.clickText("Continue")
	tab.waitForText("Two-step verification")
	tab.push("Use another method")
	tab.push("Use a backup code")
	tab.picture("SignIn-backup-code")
	tab.expect("422")
	tab.fill("input[name=code]", "backup-9")
	tab.clickText("Continue")
	tab.waitForText("The code is not right")
	tab.fill("input[name=code]", "backup-1")
	tab.clickText("Continue")
	tab.waitFor(`Clerk.user?.id === "user_ada"`)
}

func TestSignInSMSAndResend(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{
		Settings: clerktest.Settings{FirstFactors: []string{"password", "email_code", "phone_code"}},
		Users:    []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse battery"}},
	})
	must(t, clerk, "POST", "/v1/phone_numbers", `{"user_id": "user_ada", "phone_number": "+15555550101", "verified": true}`)
	tab := nobody(t, clerk)
	tab.identify("ada@example.com")
	tab.waitFor(`document.querySelector("input[name=password]")`)
	tab.push("Use another method")
	tab.picture("SignIn-methods")
	tab.waitForText("SMS code")
	tab.run(`[...document.querySelectorAll("button")].find(e => e.innerText.includes("SMS code")).click()`)
	first := sent(t, clerk, "+15555550101")
	tab.waitForText("Resend")
	tab.waitFor(`[...document.querySelectorAll("button")].some(e => e.innerText.trim().endsWith("Resend") && !e.disabled)`)
	tab.run(`[...document.querySelectorAll("button")].find(e => e.innerText.trim().endsWith("Resend")).click()`)
	for sent(t, clerk, "+15555550101").ID == first.ID {
		tab.idle()
	}
	tab.code(sent(t, clerk, "+15555550101").Code)
	tab.waitFor(`Clerk.user?.id === "user_ada"`)
}

// byTicket signs a tab in as somebody who has no password.
func (tab *tab) byTicket(user string) {
	tab.t.Helper()
	token, _ := at(must(tab.t, tab.site.Clerk, "POST", "/v1/sign_in_tokens", `{"user_id": `+quote(user)+`}`), "token").(string)
	tab.run(`(async () => { const si = await Clerk.client.signIn.create({ strategy: "ticket", ticket: ` + quote(token) + ` }); await Clerk.setActive({ session: si.createdSessionId }); })()`)
	tab.open(tab.site.URL + "/dashboard")
	tab.waitForText("signed in as")
	tab.waitFor("window.ready")
}

func TestUserProfileSetPassword(t *testing.T) {
	clerk := newPeople(t)
	tab := nobody(t, clerk)
	tab.byTicket("user_bob")
	tab.mount("UserProfile")
	tab.push("Security")
	tab.push("Set password")
	tab.fill("input[name=newPassword]", "horse staple battery")
	tab.fill("input[name=confirmPassword]", "horse staple battery")
	tab.picture("UserProfile-set-password")
	tab.push("Save")
	tab.serverHas("/v1/users/user_bob", "password_enabled", true)
}

func TestUserProfileBackupCodes(t *testing.T) {
	clerk := newPeople(t)
	tab := signedIn(t, clerk, "ada@example.com", "", "UserProfile")
	tab.push("Security")
	tab.push("Add two-step verification")
	tab.push("Authenticator application")
	tab.push("Can’t scan QR code?")
	secret := tab.text(`document.querySelector(".cl-profileSection__mfa input[readonly]").value`)
	tab.push("Continue")
	tab.code(appCode(t, secret, clerk.Clock().Now()))
	tab.waitForText("Backup codes")
	tab.serverHas("/v1/users/user_ada", "backup_code_enabled", true)
	tab.push("Finish")
	tab.menu("Backup codes", "Regenerate")
	tab.waitForText("Backup codes are now enabled")
	tab.picture("UserProfile-backup-codes-new")
	tab.run(`(() => {
		window.copied = window.downloaded = "";
		navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); };
		document.execCommand = () => { const e = document.activeElement; window.copied = e?.value || getSelection().toString(); return true; };
		HTMLAnchorElement.prototype.click = function () { window.downloaded = this.download; };
		window.open = () => null; window.print = () => {};
		for (const b of document.querySelectorAll(".cl-profileSection__mfa button")) {
			if (!b.innerText.trim() && b.querySelector("svg") && b.getAttribute("aria-label") !== "Open menu") b.click();
		}
	})()`)
	tab.waitFor(`window.downloaded.includes("backup_codes")`)
	tab.waitFor("window.copied.trim()")
	codes := strings.FieldsFunc(tab.text("window.copied"), func(r rune) bool { return r == ',' || r == '\n' || r == ' ' })
	if len(codes) < 8 {
		t.Errorf("%d codes were copied: %v", len(codes), codes)
	}
	tab.push("Finish")
	tab.leave()
	tab.identify("ada@example.com")
	tab.fill("input[name=password]", "correct horse battery")
	tab.clickText("Continue")
	tab.push("Use another method")
	tab.push("Use a backup code")
	tab.fill("input[name=code]", codes[0])
	tab.clickText("Continue")
	tab.waitFor(`Clerk.user?.id === "user_ada"`)
}

func TestUserProfileEmailByLink(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{
		Settings: clerktest.Settings{FirstFactors: []string{"password", "email_link"}},
		Users:    []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse battery"}},
	})
	tab := signedIn(t, clerk, "ada@example.com", "", "UserProfile")
	tab.push("Add email address")
	tab.fill("input[name=emailAddress]", "second@example.com")
	tab.push("Add")
	tab.waitForText("verification link")
	tab.picture("UserProfile-email-link")
	link := sent(t, clerk, "second@example.com").Link
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	tab.serverHas("/v1/users/user_ada", "email_addresses.1.verification.status", "verified")
	tab.waitFor(`Clerk.user.emailAddresses.length === 2 && !document.body.innerText.includes("verification link")`)
}

func TestUserProfileConnectAccount(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{
		Settings: clerktest.Settings{FirstFactors: []string{"password", "oauth_google"}},
		Users:    []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse battery"}},
	})
	tab := signedIn(t, clerk, "ada@example.com", "", "UserProfile")
	tab.expect("img.clerk.com") // Where the components have the pictures of providers from.
	tab.push("Connect account")
	tab.picture("UserProfile-connect")
	tab.push("Google")
	tab.waitFor(`location.pathname === "/oauth"`)
	tab.picture("provider")
	tab.fill("input[name=email_address]", "ada@gmail.com")
	tab.run(`document.querySelector("form").requestSubmit()`)
	tab.serverHas("/v1/users/user_ada", "external_accounts.0.email_address", "ada@gmail.com")
}

func TestUserButtonAddAccount(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{
		Settings: clerktest.Settings{SeveralSessions: true},
		Users: []clerktest.User{
			{ID: "user_ada", Email: "ada@example.com", Password: "correct horse battery"},
			{ID: "user_bob", Email: "bob@example.com", Password: "correct horse battery"},
		},
	})
	tab := signedIn(t, clerk, "ada@example.com", "", "")
	tab.mount("UserButton")
	tab.push("Open user menu")
	tab.picture("UserButton-several")
	tab.push("Add account")
	tab.waitFor(`location.pathname.endsWith("/sign-in")`)
	tab.fill("input[name=identifier]", "bob@example.com")
	tab.fill("input[name=password]", "correct horse battery")
	tab.run(`document.querySelector("input[name=password]").form.requestSubmit()`)
	tab.serverHas("/v1/sessions?status=active&paginated=true", "data", 2)
}
