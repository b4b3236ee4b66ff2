package store

import (
	"slices"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// User is a person with an account.
type User struct {
	Record

	Username              string `api:"username" backend:"create,update" frontend:"update" list:"order,query" rule:"unique,null"`
	FirstName             string `api:"first_name" backend:"create,update" frontend:"update" list:"order" rule:"null"`
	LastName              string `api:"last_name" backend:"create,update" frontend:"update" list:"order" rule:"null"`
	ExternalID            string `api:"external_id" backend:"create,update" list:"query" rule:"unique,null"`
	ImageURL              string `api:"image_url" rule:"max=4096"`
	PrimaryEmailAddressID string `api:"primary_email_address_id" backend:"update" frontend:"update" rule:"null" of:"email_addresses"`
	PrimaryPhoneNumberID  string `api:"primary_phone_number_id" backend:"update" frontend:"update" rule:"null" of:"phone_numbers"`
	PrimaryWeb3WalletID   string `api:"primary_web3_wallet_id" backend:"update" frontend:"update" rule:"null" of:"web3_wallets"`

	Password            []byte `api:"-"` // A keyed hash, or nil.
	PasswordUpdatedAt   Time   `api:"password_last_updated_at" show:"backend"`
	PasswordCompromised bool   `api:"-"`

	PublicMetadata  wire.Doc `api:"public_metadata" backend:"create,update"`
	PrivateMetadata wire.Doc `api:"private_metadata" backend:"create,update" show:"backend"`
	UnsafeMetadata  wire.Doc `api:"unsafe_metadata" backend:"create,update" frontend:"update"`

	Banned       bool `api:"banned" backend:"create" show:"backend"`
	Locked       bool `api:"locked" backend:"create" show:"backend"`
	LastSignInAt Time `api:"last_sign_in_at" list:"order"`
	LastActiveAt Time `api:"last_active_at" list:"order" show:"backend"`

	CreateOrganizationEnabled bool   `api:"create_organization_enabled" backend:"create,update"`
	CreateOrganizationsLimit  *int64 `api:"create_organizations_limit" backend:"create,update"`
	DeleteSelfEnabled         bool   `api:"delete_self_enabled" backend:"create,update"`
	LegalAcceptedAt           Time   `api:"legal_accepted_at" backend:"create,update"`
	Locale                    string `api:"locale" backend:"create,update" show:"backend" rule:"null"`
	Timezone                  string `api:"timezone" backend:"create,update" show:"backend" rule:"null"`

	PendingTOTP string   `api:"-"` // Shown to the user, but not yet proved.
	TOTPSecret  string   `api:"totp_secret" backend:"create,update" show:"never"`
	BackupCodes []string `api:"backup_codes" backend:"create,update" show:"never"`

	// What only tests and seeds say.
	Plans              []string `api:"-"`
	Features           []string `api:"-"`
	ActiveOrganization string   `api:"-" of:"organizations"`
	SecondFactor       bool     `api:"-"`

	emails      []*EmailAddress
	phones      []*PhoneNumber
	externals   []*ExternalAccount
	memberships []*Membership
}

var users = describe(Resource[User]{
	Object: "user", Prefix: "user", Title: "User",
	Params: []Param{
		{"email_address", Create, Backend, []string(nil)},
		{"email_address_identification_status", Create, Backend, []string(nil)},
		{"phone_number", Create, Backend, []string(nil)},
		{"phone_number_identification_status", Create, Backend, []string(nil)},
		{"created_at", Create | Update, Backend, Time(0)},
		{"password", Create | Update, Backend, ""},
		{"password_digest", Create | Update, Backend, ""},
		{"password_hasher", Create | Update, Backend, ""},
		{"skip_password_checks", Create | Update, Backend, false},
		{"skip_password_requirement", Create, Backend, false},
		{"skip_legal_checks", Create | Update, Backend, false},
		{"sign_out_of_other_sessions", Update, Backend, false},
		{"notify_primary_email_address_changed", Update, Backend, false},
		{"profile_image_id", Update, Backend, ""},
	},
	Filters: map[string]Filter[User]{
		"user_id":         {Find: func(in *Instance, id string) []*User { return []*User{in.Users.Get(id)} }},
		"external_id":     {Find: func(in *Instance, id string) []*User { return []*User{in.Users.By("external_id", id)} }},
		"username":        {Find: func(in *Instance, name string) []*User { return []*User{in.Users.By("username", name)} }},
		"email_address":   {Find: func(in *Instance, text string) []*User { return []*User{in.userOfEmail(text)} }},
		"phone_number":    {Find: func(in *Instance, text string) []*User { return []*User{in.userOfPhone(text)} }},
		"web3_wallet":     {Find: func(*Instance, string) []*User { return nil }}, // Nobody has one yet.
		"organization_id": {Find: usersOf},

		"username_query":      {Match: partOf["username_query"]},
		"name_query":          {Match: partOf["name_query"]},
		"email_address_query": {Match: partOf["email_address_query"]},
		"phone_number_query":  {Match: partOf["phone_number_query"]},
		"banned":              {Match: func(_ *Instance, u *User, v string) bool { return strconv.FormatBool(u.Banned) == v }, Check: isBool},

		"last_active_at_since":   {Match: notBefore(func(u *User) Time { return u.LastActiveAt }), Check: isNumber},
		"last_active_at_after":   {Match: after(func(u *User) Time { return u.LastActiveAt }), Check: isNumber},
		"last_active_at_before":  {Match: before(func(u *User) Time { return u.LastActiveAt }), Check: isNumber},
		"last_sign_in_at_after":  {Match: after(func(u *User) Time { return u.LastSignInAt }), Check: isNumber},
		"last_sign_in_at_before": {Match: before(func(u *User) Time { return u.LastSignInAt }), Check: isNumber},
		"created_at_after":       {Match: after(func(u *User) Time { return u.CreatedAt }), Check: isNumber},
		"created_at_before":      {Match: before(func(u *User) Time { return u.CreatedAt }), Check: isNumber},
	},
	Named: func(_ *Instance, u *User, is func(string) bool) bool { return u.named(is) },
	Orders: map[string]func(*Instance, *User) any{
		"updated_at":    func(_ *Instance, u *User) any { return int64(u.UpdatedAt) },
		"email_address": func(_ *Instance, u *User) any { return strings.ToLower(u.Email()) },
		"phone_number":  func(_ *Instance, u *User) any { return u.Phone() },
		"web3wallet":    func(*Instance, *User) any { return "" },
	},
	Fill:     func(_ *Write, u *User) { u.CreateOrganizationEnabled, u.DeleteSelfEnabled = true, true },
	Check:    checkUser,
	Wrote:    wroteUser,
	Removing: (*Instance).dropUser,
	Show:     showUser,
})

// partOf tells of which users a text is a part of a name, by the filter that asks so.
var partOf = map[string]func(*Instance, *User, string) bool{
	"username_query": func(_ *Instance, u *User, v string) bool { return Contains(u.Username, strings.ToLower(v)) },
	"name_query": func(_ *Instance, u *User, v string) bool {
		return Contains(u.FirstName+" "+u.LastName, strings.ToLower(v))
	},
	"email_address_query": func(_ *Instance, u *User, v string) bool {
		return slices.ContainsFunc(u.emails, func(e *EmailAddress) bool { return Contains(e.EmailAddress, strings.ToLower(v)) })
	},
	"phone_number_query": func(_ *Instance, u *User, v string) bool {
		return slices.ContainsFunc(u.phones, func(p *PhoneNumber) bool { return Contains(p.PhoneNumber, strings.ToLower(v)) })
	},
}

func isBool(value string) bool { return value == "true" || value == "false" }

func after[T any](of func(*T) Time) func(*Instance, *T, string) bool {
	return func(_ *Instance, row *T, value string) bool {
		ms, _ := strconv.ParseInt(value, 10, 64)
		at := of(row)
		return at != 0 && int64(at) > ms
	}
}

func notBefore[T any](of func(*T) Time) func(*Instance, *T, string) bool {
	return func(_ *Instance, row *T, value string) bool {
		ms, _ := strconv.ParseInt(value, 10, 64)
		at := of(row)
		return at != 0 && int64(at) >= ms
	}
}

func before[T any](of func(*T) Time) func(*Instance, *T, string) bool {
	return func(_ *Instance, row *T, value string) bool {
		ms, _ := strconv.ParseInt(value, 10, 64)
		at := of(row)
		return at != 0 && int64(at) < ms
	}
}

func isNumber(value string) bool {
	_, err := strconv.ParseInt(value, 10, 64)
	return err == nil
}

// Email is the user's primary address, "" for none.
func (u *User) Email() string {
	for _, e := range u.emails {
		if e.ID == u.PrimaryEmailAddressID {
			return e.EmailAddress
		}
	}
	return ""
}

// Phone is the user's primary number, "" for none.
func (u *User) Phone() string {
	for _, p := range u.phones {
		if p.ID == u.PrimaryPhoneNumberID {
			return p.PhoneNumber
		}
	}
	return ""
}

// Emails returns the user's addresses. The caller must not change the slice.
func (u *User) Emails() []*EmailAddress { return u.emails }

// Phones returns the user's numbers. The caller must not change the slice.
func (u *User) Phones() []*PhoneNumber { return u.phones }

// Memberships returns the user's memberships, oldest first. The caller must not
// change the slice.
func (u *User) Memberships() []*Membership { return u.memberships }

// Identifier is what the user is called by: an address, a name or a number.
func (u *User) Identifier() string {
	for _, text := range []string{u.Email(), u.Username, u.Phone()} {
		if text != "" {
			return text
		}
	}
	return ""
}

// Matches reports whether a text in lower case is part of what names the user.
func (u *User) Matches(lower string) bool {
	return u.named(func(name string) bool { return Contains(name, lower) })
}

// named visits what names the user.
func (u *User) named(is func(string) bool) bool {
	for _, e := range u.emails {
		if is(e.EmailAddress) {
			return true
		}
	}
	for _, p := range u.phones {
		if is(p.PhoneNumber) {
			return true
		}
	}
	return is(u.ID) || is(u.Username) || is(u.ExternalID) || (u.FirstName+u.LastName != "" && is(u.FirstName+" "+u.LastName))
}

func usersOf(in *Instance, organization string) []*User {
	o := in.Organizations.Get(organization)
	if o == nil {
		return nil
	}
	list := make([]*User, 0, len(o.members))
	for _, m := range o.members {
		list = append(list, in.Users.Get(m.UserID))
	}
	return list
}

// UserByIdentifier finds who signs in with an address, a username or a number.
func (in *Instance) UserByIdentifier(identifier string) *User {
	identifier = strings.TrimSpace(identifier)
	for _, u := range []*User{in.userOfEmail(identifier), in.Users.By("username", identifier), in.userOfPhone(identifier)} {
		if u != nil {
			return u
		}
	}
	return nil
}

func checkUser(w *Write, u *User) error {
	before, _ := w.Before.(*User)
	if before == nil {
		if err := checkNewIdentifiers(w, u); err != nil {
			return err
		}
	}
	for name, has := range map[string]bool{
		"primary_email_address_id": u.PrimaryEmailAddressID == "" || emailOf(u, u.PrimaryEmailAddressID) != nil,
		"primary_phone_number_id":  u.PrimaryPhoneNumberID == "" || phoneOf(u, u.PrimaryPhoneNumberID) != nil,
		"primary_web3_wallet_id":   u.PrimaryWeb3WalletID == "",
		"profile_image_id":         w.Text("profile_image_id") == "",
	} {
		if !has && w.Has(name) {
			return wire.Refused("resource_not_found", name, "The user has no such thing.")
		}
	}
	if w.Has("password") {
		password := w.Text("password")
		if !w.Flag("skip_password_checks") {
			if err := w.CheckPassword(password, "password"); err != nil {
				return err
			}
		}
		u.Password, u.PasswordUpdatedAt, u.PasswordCompromised = w.HashPassword(password), w.Now(), false
	}
	if w.Text("password_digest") != "" || w.Text("password_hasher") != "" {
		switch {
		case w.Text("password_digest") == "":
			return wire.Missing("password_digest")
		case w.Text("password_hasher") == "":
			return wire.Missing("password_hasher")
		case w.Text("password") != "":
			return wire.Refused("form_param_value_invalid", "password_digest", "Give a password or its digest, not both.")
		}
		kept, err := digested(w.Text("password_hasher"), w.Text("password_digest"))
		if err != nil {
			return wire.WrongFormat("password_digest", err.Error())
		}
		u.Password, u.PasswordUpdatedAt = kept, w.Now()
	}
	if at, _ := w.Given["created_at"].(Time); at != 0 {
		u.CreatedAt = at
	}
	return nil
}

func checkNewIdentifiers(w *Write, u *User) error {
	emails, _ := w.Given["email_address"].([]string)
	phones, _ := w.Given["phone_number"].([]string)
	if len(emails)+len(phones) == 0 && u.Username == "" {
		return wire.Refused("form_data_missing", "email_address", "A user needs an email address, a phone number or a username.")
	}
	for _, one := range []struct {
		name   string
		values []string
		format string
		owner  func(string) *User
	}{
		{"email_address", emails, "email", w.userOfEmail},
		{"phone_number", phones, "phone", w.userOfPhone},
	} {
		seen := map[string]bool{}
		for _, text := range one.values {
			switch {
			case !formats[one.format].is(text):
				return wire.WrongFormat(one.name, formats[one.format].want)
			case one.owner(text) != nil, seen[folded(text)]:
				return wire.Taken(one.name)
			}
			seen[folded(text)] = true
		}
		statuses, given := w.Given[one.name+"_identification_status"].([]string)
		if given && len(statuses) != len(one.values) {
			return wire.WrongFormat(one.name+"_identification_status", "a list as long as that of "+one.name)
		}
		for _, status := range statuses {
			if status != "verified" && status != "reserved" {
				return wire.WrongValue(one.name+"_identification_status", "verified", "reserved")
			}
		}
	}
	if w.userOfEmail(u.Username) != nil {
		return wire.Taken("username")
	}
	return nil
}

// wroteUser makes what belongs to a new user, and ends sessions where a change asks for that.
func wroteUser(w *Write, u *User) {
	if w.Before == nil {
		emails, _ := w.Given["email_address"].([]string)
		emailStatus, _ := w.Given["email_address_identification_status"].([]string)
		for i, text := range emails {
			w.AddEmail(u, text, "admin", i < len(emailStatus) && emailStatus[i] == "reserved")
		}
		phones, _ := w.Given["phone_number"].([]string)
		phoneStatus, _ := w.Given["phone_number_identification_status"].([]string)
		for i, text := range phones {
			w.AddPhone(u, text, "admin", i < len(phoneStatus) && phoneStatus[i] == "reserved")
		}
	}
	if before, _ := w.Before.(*User); before != nil && w.Flag("notify_primary_email_address_changed") && before.PrimaryEmailAddressID != u.PrimaryEmailAddressID {
		if old := emailOf(u, before.PrimaryEmailAddressID); old != nil {
			w.Send(Message{To: old.EmailAddress, Slug: "primary_email_address_changed", Subject: "Your primary email address has changed", Text: "It is now " + u.Email() + ".", UserID: u.ID, AddressID: old.ID})
		}
	}
	if w.Flag("sign_out_of_other_sessions") {
		w.EndSessions(u.ID)
	}
}

func showUser(in *Instance, u *User, view View, doc wire.Doc) {
	emails, phones := make([]any, 0, len(u.emails)), make([]any, 0, len(u.phones))
	for _, e := range u.emails {
		emails = append(emails, in.EmailAddresses.Show(e, view))
	}
	for _, p := range u.phones {
		phones = append(phones, in.PhoneNumbers.Show(p, view))
	}
	doc["email_addresses"], doc["phone_numbers"] = emails, phones
	doc["external_accounts"] = in.shownExternals(u, view)
	for _, name := range []string{"web3_wallets", "passkeys", "enterprise_accounts"} {
		doc[name] = []any{}
	}
	doc["image_url"] = in.ImageURL(u.ImageURL, u.ID, u.called())
	doc["has_image"], doc["password_enabled"] = u.ImageURL != "", u.Password != nil
	doc["totp_enabled"], doc["backup_code_enabled"] = u.SecondFactor || u.TOTPSecret != "", len(u.BackupCodes) > 0
	doc["two_factor_enabled"] = u.TwoFactor()
	if view == Backend {
		doc["saml_accounts"], doc["deprovisioned"] = []any{}, false
		doc["lockout_expires_in_seconds"], doc["verification_attempts_remaining"] = nil, 100
		return
	}
	memberships := make([]any, 0, len(u.memberships))
	for _, m := range u.memberships {
		memberships = append(memberships, in.Memberships.Show(m, view))
	}
	doc["organization_memberships"] = memberships
}

// TwoFactor reports whether the user has a second factor.
func (u *User) TwoFactor() bool {
	if u.SecondFactor || u.TOTPSecret != "" {
		return true
	}
	for _, p := range u.phones {
		if p.ReservedForSecondFactor {
			return true
		}
	}
	return false
}

// PublicUserData is what members of an organization see of each other.
func (in *Instance) PublicUserData(id string) wire.Doc {
	doc := wire.Doc{"user_id": id, "identifier": "", "first_name": nil, "last_name": nil, "image_url": "", "has_image": false}
	if u := in.Users.Get(id); u != nil {
		shown := users.byName
		doc["identifier"], doc["image_url"], doc["has_image"] = u.Identifier(), in.ImageURL(u.ImageURL, u.ID, u.called()), u.ImageURL != ""
		doc["first_name"], doc["last_name"] = shown["first_name"].shown(shown["first_name"].in(u)), shown["last_name"].shown(shown["last_name"].in(u))
	}
	return doc
}

// dropUser takes out what belongs to a user who is to be deleted.
func (in *Instance) dropUser(u *User) {
	in.EndSessions(u.ID)
	for _, m := range slices.Clone(u.memberships) {
		in.Memberships.Delete(m)
	}
	for _, e := range u.emails {
		in.EmailAddresses.Remove(e)
	}
	for _, p := range u.phones {
		in.PhoneNumbers.Remove(p)
	}
	for _, e := range u.externals {
		in.ExternalAccounts.Remove(e)
	}
	for _, r := range in.RequestsOf(u, nil) {
		in.MembershipRequests.Remove(r)
	}
}
