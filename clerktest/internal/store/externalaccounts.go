package store

import (
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// ExternalAccount is an account of a user at a provider of OAuth.
type ExternalAccount struct {
	Record

	UserID         string   `api:"user_id" backend:"create" show:"never" rule:"required" of:"users"`
	Provider       string   `api:"provider" backend:"create" rule:"required"` // For example oauth_google.
	ProviderUserID string   `api:"provider_user_id" backend:"create"`
	EmailAddress   string   `api:"email_address" backend:"create" rule:"email"`
	FirstName      string   `api:"first_name" backend:"create"`
	LastName       string   `api:"last_name" backend:"create"`
	Username       string   `api:"username" backend:"create" rule:"null"`
	ImageURL       string   `api:"image_url" rule:"max=4096"`
	Scopes         []string `api:"scopes" backend:"create" show:"never"`
	PublicMetadata wire.Doc `api:"public_metadata" backend:"create"`

	Verified bool         `api:"-"`
	Check    Verification `api:"-"` // The visit at the provider that is under way.
}

var externalAccounts = describe(Resource[ExternalAccount]{
	Object: "external_account", Prefix: "eac", Title: "External account", Silent: All,
	Link: func(in *Instance, e *ExternalAccount, there bool) {
		if u := in.Users.Get(e.UserID); u != nil {
			u.externals = linked(u.externals, e, there)
		}
	},
	Check: func(w *Write, e *ExternalAccount) error {
		if w.Users.Get(e.UserID) == nil {
			return wire.Refused("resource_not_found", "user_id", "There is no such user.")
		}
		if !strings.HasPrefix(e.Provider, "oauth_") {
			return wire.WrongFormat("provider", "oauth_ and the name of a provider, such as oauth_google")
		}
		e.Verified = true
		return nil
	},
	Removed: func(in *Instance, e *ExternalAccount) { in.touchUser(in.Users.Get(e.UserID)) },
	Show: func(in *Instance, e *ExternalAccount, _ View, doc wire.Doc) {
		check := Verification{Strategy: e.Provider, Status: "verified"}
		if e.Check.Strategy != "" && (!e.Verified || in.Now() < e.Check.ExpireAt) {
			check = e.Check
		}
		doc["identification_id"], doc["approved_scopes"], doc["verification"] = e.ID, strings.Join(e.Scopes, " "), check.Show(in)
		doc["label"], doc["phone_number"] = nil, nil
	},
})

// ExternalAccounts returns the user's accounts at providers. The caller must not
// change the slice.
func (u *User) ExternalAccounts() []*ExternalAccount { return u.externals }

// AccountAt finds the account of an address at a provider, nil if nobody has it.
func (in *Instance) AccountAt(provider, email string) *ExternalAccount {
	for e := range in.ExternalAccounts.All {
		if e.Verified && e.Provider == provider && strings.EqualFold(e.EmailAddress, email) {
			return e
		}
	}
	return nil
}

// UserAt finds who signs in with an address at a provider: who has connected that
// account, or else the address.
func (in *Instance) UserAt(provider, email string) *User {
	if e := in.AccountAt(provider, email); e != nil {
		return in.Users.Get(e.UserID)
	}
	return in.userOfEmail(email)
}

// Connect notes that an account at a provider is a user's: e, or a new one for nil.
// An address that nobody has becomes the user's too.
func (in *Instance) Connect(u *User, e *ExternalAccount, provider, email string) {
	if e == nil {
		e = &ExternalAccount{UserID: u.ID, Provider: provider, FirstName: u.FirstName, LastName: u.LastName, Scopes: []string{"email", "profile"}}
		in.ExternalAccounts.Put(e)
	}
	in.ExternalAccounts.Touched(e, func() {
		e.EmailAddress, e.ProviderUserID, e.Verified, e.Check = email, provider+"|"+email, true, Verification{}
	})
	if in.userOfEmail(email) == nil {
		in.AddEmail(u, email, "from_"+provider, false)
	}
}

// linkedTo are the accounts that an address came from.
func (in *Instance) linkedTo(e *EmailAddress) []any {
	list := []any{}
	u := in.Users.Get(e.UserID)
	if u == nil {
		return list
	}
	for _, x := range u.externals {
		if x.Verified && strings.EqualFold(x.EmailAddress, e.EmailAddress) {
			list = append(list, wire.Doc{"id": x.ID, "type": x.Provider})
		}
	}
	return list
}

// shownExternals are a user's accounts; those not verified yet are nobody else's business.
func (in *Instance) shownExternals(u *User, view View) []any {
	list := make([]any, 0, len(u.externals))
	for _, e := range u.externals {
		if e.Verified || view == Frontend {
			list = append(list, in.ExternalAccounts.Show(e, view))
		}
	}
	return list
}

// AddScopes adds to the scopes that an account has.
func (e *ExternalAccount) AddScopes(more []string) {
	for _, scope := range more {
		if !slices.Contains(e.Scopes, scope) {
			e.Scopes = append(slices.Clone(e.Scopes), scope)
		}
	}
}
