package store

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Auth are the settings of signing in and up. Nil lists mean the defaults, which
// [Instance.Auth] fills in.
type Auth struct {
	FirstFactors      []string `api:"first_factors"`
	SecondFactors     []string `api:"second_factors"`
	Required          []string `api:"required"`
	Optional          []string `api:"optional"`
	SignUpMode        string   `api:"sign_up_mode"`
	SeveralSessions   bool     `api:"several_sessions"`
	SessionLifetime   int64    `api:"session_lifetime"` // in seconds
	PasswordMinLength int64    `api:"password_min_length"`
	PasswordNeeds     []string `api:"password_needs"`
	WeakPasswords     bool     `api:"weak_passwords"`
	NoOrganizations   bool     `api:"no_organizations"`
	ForceOrganization bool     `api:"force_organization"`
	SessionClaims     wire.Doc `api:"session_claims"` // beside those that the config adds
}

// Authentication is the one row of those settings.
type Authentication struct {
	Record
	Auth
}

var authentication = describe(Resource[Authentication]{
	Object: "authentication", Prefix: "auth", Title: "Authentication", Silent: All,
	Check: func(_ *Write, a *Authentication) error {
		if field, allowed, ok := CheckAuth(&a.Auth); !ok {
			return wire.WrongValue(snake(field), allowed...)
		}
		return nil
	},
})

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
		a.SessionLifetime = int64(7 * 24 * time.Hour / time.Second)
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

// CheckAuth refuses settings that say nothing, and tells what the field may be.
func CheckAuth(a *Auth) (field string, allowed []string, ok bool) {
	first := []string{"password", "email_code", "email_link", "phone_code", "reset_password_email_code", "reset_password_phone_code", "oauth_ and a provider's name"}
	for _, rule := range []struct {
		field   string
		given   []string
		allowed []string
	}{
		{"FirstFactors", a.FirstFactors, first},
		{"SecondFactors", a.SecondFactors, []string{"totp", "phone_code", "backup_code"}},
		{"Required", a.Required, signUpFields},
		{"Optional", a.Optional, signUpFields},
		{"SignUpMode", []string{a.SignUpMode}, []string{"public", "restricted", "waitlist"}},
		{"PasswordNeeds", a.PasswordNeeds, slices.Sorted(maps.Keys(passwordNeeds))},
	} {
		for _, x := range rule.given {
			provider := rule.field == "FirstFactors" && strings.HasPrefix(x, "oauth_") && len(x) > len("oauth_")
			none := rule.field == "SignUpMode" && x == ""
			if !provider && !none && !slices.Contains(rule.allowed, x) {
				return rule.field, rule.allowed, false
			}
		}
	}
	switch {
	case a.PasswordMinLength < 0 || a.PasswordMinLength > 72:
		return "PasswordMinLength", []string{"0, which means 8, to 72"}, false
	case a.SessionLifetime < 0:
		return "SessionLifetime", []string{"0, which means a week, and more"}, false
	default:
		return "", nil, true
	}
}

var signUpFields = []string{"email_address", "phone_number", "username", "password", "first_name", "last_name"}
