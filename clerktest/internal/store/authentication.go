package store

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Auth are the settings of signing in and up. Nil lists mean the defaults, which
// [Instance.Auth] fills in.
type Auth struct {
	FirstFactors      []string      `api:"first_factors"`
	SecondFactors     []string      `api:"second_factors"`
	Required          []string      `api:"required"`
	Optional          []string      `api:"optional"`
	SignUpMode        string        `api:"sign_up_mode"`
	SeveralSessions   bool          `api:"several_sessions"`
	SessionLifetime   time.Duration `api:"-"`
	PasswordMinLength int64         `api:"password_min_length"`
	PasswordNeeds     []string      `api:"password_needs"`
	WeakPasswords     bool          `api:"weak_passwords"`
	NoOrganizations   bool          `api:"no_organizations"`
	ForceOrganization bool          `api:"force_organization"`
}

// Authentication is the one row of those settings.
type Authentication struct {
	Record
	Auth
}

var authentication = describe(Resource[Authentication]{Object: "authentication", Prefix: "auth", Title: "Authentication", Silent: All})

// Auth returns the settings of signing in and up, with the defaults in them.
func (in *Instance) Auth() Auth {
	a := in.Authentication.One().Auth
	or := func(list *[]string, otherwise ...string) {
		if *list == nil {
			*list = otherwise
		}
	}
	or(&a.FirstFactors, "password", "email_code", "reset_password_email_code")
	or(&a.SecondFactors, "totp", "phone_code", "backup_code")
	or(&a.Required, "email_address", "password")
	or(&a.Optional, "first_name", "last_name", "username")
	if a.SignUpMode == "" {
		a.SignUpMode = "public"
	}
	if a.SessionLifetime == 0 {
		a.SessionLifetime = 7 * 24 * time.Hour
	}
	if a.PasswordMinLength == 0 {
		a.PasswordMinLength = 8
	}
	return a
}

// First reports whether a strategy is one of the first factors.
func (a *Auth) First(strategy string) bool { return slices.Contains(a.FirstFactors, strategy) }

// Providers are those of OAuth, such as google.
func (a *Auth) Providers() []string {
	var list []string
	for _, strategy := range a.FirstFactors {
		if name, is := strings.CutPrefix(strategy, "oauth_"); is {
			list = append(list, name)
		}
	}
	return list
}

// passwordNeeds are the kinds of characters that a password may be asked to have.
var passwordNeeds = map[string]struct {
	in   func(rune) bool
	code string
	what string
}{
	"lowercase":    {unicode.IsLower, "form_password_no_lowercase", "a lower case letter"},
	"uppercase":    {unicode.IsUpper, "form_password_no_uppercase", "an upper case letter"},
	"numbers":      {unicode.IsDigit, "form_password_no_number", "a number"},
	"special_char": {func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }, "form_password_no_special_char", "a special character"},
}

// weak are the passwords of many breaches, as far as they are long enough. Clerk
// asks a service that knows far more.
var weak = strings.Fields(`password password1 passw0rd password123 12345678 123456789 1234567890 11111111 00000000 87654321
	qwertyui qwerty123 qwertyuiop iloveyou princess1 sunshine football baseball superman trustno1 welcome1 abcd1234 1q2w3e4r letmein1 admin123`)

// RefusesWeakPasswords reports whether passwords of breaches are refused.
func (in *Instance) RefusesWeakPasswords() bool {
	return !in.Authentication.One().WeakPasswords && in.Settings.One().HIBP
}

// CheckPassword refuses a password that the instance's rules refuse.
func (in *Instance) CheckPassword(password, param string) error {
	a := in.Auth()
	if int64(len(password)) < a.PasswordMinLength {
		return wire.Refused("form_password_length_too_short", param, "The password is too short.")
	}
	if len(password) > 72 {
		return wire.Refused("form_password_length_too_long", param, "The password must not have more than 72 bytes.")
	}
	for _, need := range a.PasswordNeeds {
		if rule := passwordNeeds[need]; !strings.ContainsFunc(password, rule.in) {
			return wire.Refused(rule.code, param, "The password needs "+rule.what+".")
		}
	}
	if in.RefusesWeakPasswords() && slices.Contains(weak, strings.ToLower(password)) {
		return wire.Refused("form_password_pwned", param, "This password is known from data breaches. Please choose another.")
	}
	return nil
}

// CheckAuth refuses settings that say nothing.
func CheckAuth(a *Auth) (field string, ok bool) {
	known := func(list []string, also func(string) bool, names ...string) bool {
		return !slices.ContainsFunc(list, func(x string) bool { return !slices.Contains(names, x) && !also(x) })
	}
	never := func(string) bool { return false }
	provider := func(x string) bool { return strings.HasPrefix(x, "oauth_") && len(x) > len("oauth_") }
	switch {
	case !known(a.FirstFactors, provider, "password", "email_code", "email_link", "phone_code", "reset_password_email_code", "reset_password_phone_code"):
		return "FirstFactors", false
	case !known(a.SecondFactors, never, "totp", "phone_code", "backup_code"):
		return "SecondFactors", false
	case !known(a.Required, never, signUpFields...):
		return "Required", false
	case !known(a.Optional, never, signUpFields...):
		return "Optional", false
	case !slices.Contains([]string{"", "public", "restricted", "waitlist"}, a.SignUpMode):
		return "SignUpMode", false
	case !known(a.PasswordNeeds, never, "lowercase", "uppercase", "numbers", "special_char"):
		return "PasswordNeeds", false
	default:
		return "", a.PasswordMinLength >= 0 && a.SessionLifetime >= 0
	}
}

var signUpFields = []string{"email_address", "phone_number", "username", "password", "first_name", "last_name"}
