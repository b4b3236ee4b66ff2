package clerktest

import (
	"errors"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// Settings are what Clerk's dashboard configures about signing in and up. The zero
// value is a new instance's; each list that is nil has a default.
type Settings struct {
	// FirstFactors are the ways to sign in: password, email_code, email_link,
	// phone_code, reset_password_email_code, reset_password_phone_code, and oauth_ with
	// the name of any provider (oauth_google), whose page the instance has itself. Nil
	// means password, email_code and reset_password_email_code.
	FirstFactors []string
	// SecondFactors that users may set up: totp, phone_code, backup_code. Nil means
	// all; who has one must use it.
	SecondFactors []string
	// Required and Optional are what a sign-up must and may give: email_address,
	// phone_number, username, password, first_name, last_name. Nil means email_address
	// and password; and first_name, last_name and username.
	Required, Optional []string
	// SignUpMode is public (the zero value means that), restricted, or waitlist.
	SignUpMode string
	// SeveralSessions lets several users be signed in in one browser.
	SeveralSessions bool
	// SessionLifetime is how long a session lasts, in whole seconds, rounded up. Zero means a week.
	SessionLifetime time.Duration
	// PasswordMinLength in bytes, 72 at most; zero means 8. PasswordNeeds are the characters that a password must
	// have: lowercase, uppercase, numbers, special_char.
	PasswordMinLength int64
	PasswordNeeds     []string
	// WeakPasswords accepts the passwords that are best known from data breaches.
	WeakPasswords bool
	// NoOrganizations turns organizations off in components; ForceOrganization keeps
	// sessions pending until one is chosen.
	NoOrganizations, ForceOrganization bool
}

// auth returns the settings as the store has them.
func (s Settings) auth() (store.Auth, error) {
	a := store.Auth{
		FirstFactors: s.FirstFactors, SecondFactors: s.SecondFactors, Required: s.Required, Optional: s.Optional, SignUpMode: s.SignUpMode,
		SeveralSessions: s.SeveralSessions, SessionLifetime: int64((s.SessionLifetime + time.Second - 1) / time.Second), PasswordMinLength: s.PasswordMinLength, PasswordNeeds: s.PasswordNeeds,
		WeakPasswords: s.WeakPasswords, NoOrganizations: s.NoOrganizations, ForceOrganization: s.ForceOrganization,
	}
	if field, allowed, ok := store.CheckAuth(&a); !ok {
		return a, errors.New("clerktest: Config.Settings." + field + " has a value that means nothing; those that do: " + strings.Join(allowed, ", "))
	}
	return a, nil
}
