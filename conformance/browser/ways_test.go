//go:build browser

package browser

import (
	"net/url"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// stranger opens the open page in a fresh browser and mounts a component.
func stranger(t *testing.T, clerk *clerktest.Server, component string) *tab {
	t.Helper()
	tab := browserOf(t, newSite(t, clerk, app(clerk)))
	tab.mount(component)
	tab.waitFor(settled)
	return tab
}

func TestWaitlist(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{Settings: clerktest.Settings{SignUpMode: "waitlist"}})
	tab := stranger(t, clerk, "Waitlist")
	tab.picture("Waitlist")
	tab.fill("input[name=emailAddress]", "eve@example.com")
	tab.push("Join the waitlist")
	tab.waitForText("Thanks for joining the waitlist!")
	tab.picture("Waitlist-joined")
	tab.serverHas("/v1/waitlist_entries", "data.0.email_address", "eve@example.com")
}

func TestSignUp(t *testing.T) {
	clerk := clerktest.New(t)
	tab := stranger(t, clerk, "SignUp")
	tab.picture("SignUp")
	tab.fill("input[name=emailAddress]", "eve@example.com")
	tab.fill("input[name=password]", "correct horse battery")
	tab.push("Continue")
	tab.waitForText("Verify your email")
	tab.picture("SignUp-code")
	tab.code(sent(t, clerk, "eve@example.com").Code)
	tab.waitFor("window.ready && Clerk.user")
	tab.serverHas("/v1/users?email_address=eve@example.com", "0.email_addresses.0.verification.status", "verified")
	tab.open(tab.site.URL + "/dashboard")
	tab.waitForText("signed in as user_")
}

// TestSignUpByInvitation: the link in the email brings an account without a code.
func TestSignUpByInvitation(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{Settings: clerktest.Settings{SignUpMode: "restricted"}})
	s := newSite(t, clerk, app(clerk))
	must(t, clerk, "POST", "/v1/invitations", `{"email_address": "eve@example.com", "redirect_url": `+quote(s.URL+"/")+`}`)
	link, err := url.Parse(sent(t, clerk, "eve@example.com").Link)
	if err != nil {
		t.Fatal(err)
	}
	tab := newTab(t, s)
	tab.open(link.String())
	tab.waitFor("window.ready")
	tab.waitFor(`location.search.includes("__clerk_ticket")`)
	tab.run(`Clerk.mountSignUp(document.getElementById("component"))`)
	tab.fill("input[name=password]", "correct horse battery")
	tab.picture("SignUp-invited")
	tab.push("Continue")
	tab.waitFor("window.ready && Clerk.user")
	tab.serverHas("/v1/invitations?paginated=true", "data.0.status", "accepted")
}

func TestSignInWays(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{
		Settings: clerktest.Settings{FirstFactors: []string{"password", "email_code", "email_link", "phone_code", "reset_password_email_code", "oauth_google"}},
		Users:    []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse battery"}},
	})
	must(t, clerk, "POST", "/v1/phone_numbers", `{"user_id": "user_ada", "phone_number": "+15555550101", "verified": true}`)
	start := func(t *testing.T) *tab {
		t.Helper()
		tab := stranger(t, clerk, "SignIn")
		tab.expect("img.clerk.com") // The icon of a provider is Clerk's, and the tests need no network.
		tab.waitForText("Continue with Google")
		tab.fill("input[name=identifier]", "ada@example.com")
		tab.push("Continue")
		tab.waitForText("Enter your password")
		return tab
	}
	signedIn := func(tab *tab) {
		tab.t.Helper()
		tab.waitFor(`window.ready && Clerk.user?.id === "user_ada"`)
		tab.open(tab.site.URL + "/dashboard")
		tab.waitForText("signed in as user_ada")
	}
	t.Run("a code by email", func(t *testing.T) {
		tab := start(t)
		tab.push("Use another method")
		tab.picture("SignIn-methods")
		tab.push("Email code to ada@example.com")
		tab.waitForText("Check your email")
		tab.picture("SignIn-code")
		tab.code(sent(t, clerk, "ada@example.com").Code)
		signedIn(tab)
	})
	t.Run("a link by email", func(t *testing.T) {
		tab := start(t)
		tab.push("Use another method", "Email link to ada@example.com")
		tab.waitForText("Use the verification link")
		tab.picture("SignIn-link")
		for end := time.Now().Add(patience); sent(t, clerk, "ada@example.com").Link == "" && time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		}
		other := newTab(t, tab.site)
		other.open(sent(t, clerk, "ada@example.com").Link)
		signedIn(tab)
	})
	t.Run("a forgotten password", func(t *testing.T) {
		tab := start(t)
		tab.push("Forgot password?", "Reset your password")
		tab.waitForText("Reset password")
		tab.code(sent(t, clerk, "ada@example.com").Code)
		tab.fill("input[name=password]", "horse staple battery")
		tab.fill("input[name=confirmPassword]", "horse staple battery")
		tab.picture("SignIn-reset")
		tab.push("Reset Password")
		signedIn(tab)
		if !verifies(t, clerk, "horse staple battery") {
			t.Error("the password has not been changed")
		}
	})
	t.Run("Google", func(t *testing.T) {
		tab := stranger(t, clerk, "SignIn")
		tab.expect("img.clerk.com") // The icon of a provider is Clerk's, and the tests need no network.
		tab.picture("SignIn-google")
		tab.push("Continue with Google")
		tab.waitFor(`document.querySelector("input[type=email], input[name=email]")`)
		tab.picture("Provider")
		tab.fill("input[type=email], input[name=email]", "ada@example.com")
		tab.push("Continue")
		signedIn(tab)
	})
}

// TestReverification: what is sensitive asks who somebody is, when that is long ago.
func TestReverification(t *testing.T) {
	clerk := newPeople(t)
	tab := signedIn(t, clerk, "ada@example.com", "", "UserProfile")
	clerk.Clock().Advance(11 * time.Minute)
	tab.expect("403")
	tab.push("Add email address")
	tab.fill("input[name=emailAddress]", "second@example.com")
	tab.push("Add")
	tab.waitForText("Verification required")
	tab.picture("Reverification")
	tab.fill("input[name=password]", "correct horse battery")
	tab.pressIn("[role=dialog], .cl-modalContent", "Continue")
	tab.waitForText("Verify email address")
	tab.serverHas("/v1/users/user_ada", "email_addresses", 2)
}
