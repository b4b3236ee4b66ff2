//go:build browser

package browser

import (
	"crypto/hmac"
	"crypto/sha1" // The codes of authenticator apps are defined with it.
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// signedIn signs a fresh tab in as a user with a password, with an organization active or "", and mounts a component.
func signedIn(t *testing.T, clerk *clerktest.Server, email, organization, component string) *tab {
	t.Helper()
	s := newSite(t, clerk, app(clerk))
	tab := newTab(t, s)
	tab.open(s.URL + "/")
	tab.waitFor("window.ready")
	tab.enter(email, organization)
	tab.open(s.URL + "/dashboard")
	tab.waitForText("signed in as")
	tab.waitFor("window.ready")
	if component != "" {
		tab.mount(component)
		tab.waitFor(settled)
	}
	return tab
}

// enter signs the page's browser in.
func (tab *tab) enter(email, organization string) {
	tab.t.Helper()
	tab.run(`(async () => { const si = await Clerk.client.signIn.create({ identifier: ` + quote(email) + `, password: "correct horse battery" });
		await Clerk.setActive({ session: si.createdSessionId, organization: ` + quote(organization) + ` || null }); })()`)
}

// appCode is what an authenticator app shows for a secret.
func appCode(t *testing.T, secret string, now time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, now.Unix()/30) // Writing to a hash cannot fail.
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[len(sum)-1]&0xf:])&0x7fffffff%1_000_000)
}

// menu opens the menu of what shows a text in a section, and presses one of its items.
func (tab *tab) menu(row, item string) {
	tab.t.Helper()
	find := `[...document.querySelectorAll("[class*=cl-profileSectionItem__], .cl-activeDeviceListItem, tr")].filter(e => e.innerText.includes(` + quote(row) + `))`
	tab.waitFor(find + `.some(e => e.querySelector("button[aria-label='Open menu']"))`)
	tab.run(`(() => { document.querySelectorAll("[data-row]").forEach(e => e.removeAttribute("data-row")); ` + find + `.findLast(e => e.querySelector("button[aria-label='Open menu']")).setAttribute("data-row", ""); })()`)
	tab.pressIn("[data-row]", "Open menu")
	tab.push(item)
}

func TestUserProfileAccount(t *testing.T) {
	clerk := newPeople(t)
	tab := signedIn(t, clerk, "ada@example.com", "", "UserProfile")
	const ada = "/v1/users/user_ada"

	tab.push("Update profile")
	tab.fill("input[name=firstName]", "Augusta")
	tab.fill("input[name=lastName]", "King")
	tab.picture("UserProfile-name")
	tab.push("Save")
	tab.serverHas(ada, "first_name", "Augusta")
	tab.serverHas(ada, "last_name", "King")
	tab.waitForText("Augusta King")

	tab.push("Update profile")
	tab.upload(".cl-profileSection__profile", pixel(t))
	tab.serverHas(ada, "has_image", true)
	tab.waitFor(`Clerk.user.hasImage`)
	tab.idle()
	tab.push("Update profile")
	tab.picture("UserProfile-image")
	tab.push("Remove")
	tab.serverHas(ada, "has_image", false)
	tab.waitFor(`!Clerk.user.hasImage`)

	tab.push("Set username")
	tab.fill("input[name=username]", "augusta")
	tab.push("Save")
	tab.serverHas(ada, "username", "augusta")
	tab.push("Update username")
	tab.fill("input[name=username]", "countess")
	tab.push("Save")
	tab.serverHas(ada, "username", "countess")

	tab.push("Add email address")
	tab.push("Cancel")
	tab.push("Add email address")
	tab.fill("input[name=emailAddress]", "second@example.com")
	tab.push("Add")
	tab.waitForText("Verify email address")
	tab.serverHas(ada, "email_addresses", 2)
	if sent(t, clerk, "second@example.com").Code == "" {
		t.Error("no code was sent")
	}
	tab.expect("422")
	tab.code("111111")
	tab.waitForText("The code is not right")
	tab.picture("UserProfile-code-wrong")
	tab.code(sent(t, clerk, "second@example.com").Code)
	tab.serverHas(ada, "email_addresses.1.verification.status", "verified")
	tab.accepted()
	tab.menu("second@example.com", "Set as primary")
	tab.waitFor(`Clerk.user.primaryEmailAddress.emailAddress === "second@example.com"`)
	second := fmt.Sprint(at(must(t, clerk, "GET", ada, ""), "email_addresses.1.id"))
	tab.serverHas(ada, "primary_email_address_id", second)
	tab.menu("ada@example.com", "Remove email")
	tab.picture("UserProfile-email-remove")
	tab.push("Remove")
	tab.serverHas(ada, "email_addresses", 1)
	tab.serverHas(ada, "email_addresses.0.email_address", "second@example.com")
	tab.gone("ada@example.com")

	tab.push("Add email address")
	tab.fill("input[name=emailAddress]", "third@example.com")
	tab.push("Add")
	tab.waitForText("Verify email address")
	tab.push("Cancel")
	tab.menu("third@example.com", "Verify")
	tab.waitForText("Verify email address")
	tab.code(sent(t, clerk, "third@example.com").Code)
	tab.serverHas(ada, "email_addresses.1.verification.status", "verified")
	tab.accepted()

	tab.push("Add phone number")
	tab.fill("input[name=phoneNumber]", "5555550101")
	tab.push("Add")
	tab.waitForText("Verify phone number")
	tab.code(sent(t, clerk, "+15555550101").Code)
	tab.serverHas(ada, "phone_numbers.0.verification.status", "verified")
	tab.accepted()
	tab.push("Add phone number")
	tab.fill("input[name=phoneNumber]", "5555550102")
	tab.push("Add")
	tab.waitForText("Verify phone number")
	tab.code(sent(t, clerk, "+15555550102").Code)
	tab.serverHas(ada, "phone_numbers.1.verification.status", "verified")
	tab.accepted()
	tab.menu("555-0102", "Set as primary")
	tab.serverHas(ada, "primary_phone_number_id", at(must(t, clerk, "GET", ada, ""), "phone_numbers.1.id"))
	tab.menu("555-0101", "Remove phone number")
	tab.push("Remove")
	tab.serverHas(ada, "phone_numbers", 1)
	tab.idle()
	tab.picture("UserProfile-account")
}

func TestUserProfileSecurity(t *testing.T) {
	clerk := newPeople(t)
	tab := signedIn(t, clerk, "ada@example.com", "", "UserProfile")
	const ada = "/v1/users/user_ada"
	phone := browserOf(t, tab.site)
	phone.enter("ada@example.com", "")

	tab.push("Security")
	tab.waitForText("This device")
	tab.push("Update password")
	tab.fill("input[name=newPassword]", "short")
	tab.fill("input[name=confirmPassword]", "short")
	tab.waitForText("8 or more characters")
	tab.picture("UserProfile-password")
	tab.fill("input[name=newPassword]", "horse staple battery")
	tab.fill("input[name=confirmPassword]", "horse staple battery")
	tab.run(`document.querySelector("input[name=signOutOfOtherSessions]").checked && document.querySelector("input[name=signOutOfOtherSessions]").click()`)
	tab.push("Save")
	tab.waitFor(`!document.querySelector("input[name=newPassword]")`)
	if !verifies(t, clerk, "horse staple battery") {
		t.Error("the password has not been changed")
	}

	tab.push("Add two-step verification")
	tab.push("Authenticator application")
	tab.waitForText("scan the following QR code")
	tab.picture("UserProfile-totp")
	tab.push("Can’t scan QR code?")
	secret := tab.text(`document.querySelector(".cl-profileSection__mfa input[readonly]").value`)
	tab.push("Scan QR code instead")
	tab.push("Continue")
	tab.code(appCode(t, secret, clerk.Clock().Now()))
	tab.waitForText("Backup codes")
	tab.serverHas(ada, "totp_enabled", true)
	tab.serverHas(ada, "backup_code_enabled", true)
	tab.picture("UserProfile-backup-codes")
	tab.push("Finish")
	tab.menu("Backup codes", "Regenerate")
	tab.waitForText("Backup codes are now enabled")
	tab.push("Finish")
	tab.menu("Authenticator application", "Remove")
	tab.picture("UserProfile-totp-remove")
	tab.push("Remove")
	tab.serverHas(ada, "totp_enabled", false)
	tab.serverHas(ada, "two_factor_enabled", false)

	tab.push("Add two-step verification")
	tab.push("SMS code")
	tab.push("Add phone number")
	tab.fill("input[name=phoneNumber]", "5555550101")
	tab.push("Add")
	tab.code(sent(t, clerk, "+15555550101").Code)
	tab.serverHas(ada, "phone_numbers.0.reserved_for_second_factor", true)
	tab.waitForText("Save these backup codes")
	tab.serverHas(ada, "backup_code_enabled", true)
	tab.picture("UserProfile-sms")
	tab.push("Finish")
	tab.menu("555-0101", "Remove")
	tab.push("Remove")
	tab.serverHas(ada, "phone_numbers.0.reserved_for_second_factor", false)

	tab.serverHas("/v1/sessions?user_id=user_ada&status=active&paginated=true", "data", 2)
	tab.mount("UserProfile")
	tab.push("Security")
	tab.menu("Chrome", "Sign out of device")
	tab.serverHas("/v1/sessions?user_id=user_ada&status=active&paginated=true", "data", 1)
	phone.expect("401")
	phone.run(`Clerk.session.getToken({ skipCache: true }).catch(() => null)`)
	phone.waitFor("!Clerk.user")
	tab.idle()
	tab.picture("UserProfile-security")

	tab.push("Delete account")
	tab.fill("input[name=deleteConfirmation]", "Delete account")
	tab.picture("UserProfile-delete")
	tab.pressIn(".cl-profileSection__danger form", "Delete account")
	tab.serverGone(ada)
	tab.waitFor("window.ready && !Clerk.user")
}

// verifies reports whether a password is Ada's.
func verifies(t *testing.T, clerk *clerktest.Server, password string) bool {
	t.Helper()
	status, _ := backend(t, clerk, "POST", "/v1/users/user_ada/verify_password", `{"password": `+quote(password)+`}`)
	return status == 200
}

// browserOf opens another browser.
func browserOf(t *testing.T, s *site) *tab {
	t.Helper()
	tab := newTab(t, s)
	tab.open(s.URL + "/")
	tab.waitFor("window.ready")
	return tab
}

// text is the text that an expression gives.
func (tab *tab) text(expression string) string {
	tab.t.Helper()
	var text string
	if err := json.Unmarshal([]byte(tab.value(expression)), &text); err != nil {
		tab.t.Fatal(err)
	}
	return text
}
