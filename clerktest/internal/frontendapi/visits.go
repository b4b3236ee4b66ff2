package frontendapi

import (
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// visit is the way to a provider and back.
func visit(in *store.Instance, strategy string, given wire.Doc) store.Verification {
	return store.Verification{
		Strategy: strategy, Status: "unverified", Token: store.NewSecret(), Redirect: text(given, "redirect_url"), ExpireAt: in.Now().Add(store.CodeLifetime),
	}
}

// Visit is a browser's visit at a provider, of which a token tells.
type Visit struct {
	*store.Verification

	in *store.Instance
	si *store.SignIn
	up *store.SignUp
	ea *store.ExternalAccount
}

// VisitOf finds the visit of a token.
func VisitOf(in *store.Instance, token string) (Visit, bool) {
	good := func(v *store.Verification) bool {
		return token != "" && v.Token == token && strings.HasPrefix(v.Strategy, "oauth_") && v.Status == "unverified" && in.Now() < v.ExpireAt
	}
	for si := range in.SignIns.All {
		if good(&si.First) {
			return Visit{&si.First, in, si, nil, nil}, true
		}
	}
	for up := range in.SignUps.All {
		if good(&up.External) {
			return Visit{&up.External, in, nil, up, nil}, true
		}
	}
	for ea := range in.ExternalAccounts.All {
		if good(&ea.Check) {
			return Visit{&ea.Check, in, nil, nil, ea}, true
		}
	}
	return Visit{}, false
}

// Return ends a visit: the provider says that the browser is who has an address.
// Who has an account is signed in; else the visit may become a sign-up.
func (v Visit) Return(email string) error {
	if v.ea != nil {
		return v.connect(email)
	}
	u := v.in.UserAt(v.Strategy, email)
	if u != nil {
		if err := mayEnter(u); err != nil {
			return err
		}
	}
	v.Target = email
	c := v.in.Clients.Get(v.clientID())
	switch {
	case v.si != nil && u == nil:
		v.Status = "transferable"
	case v.si != nil:
		v.link(u, email)
		v.si.UserID, v.si.Identifier, v.Status = u.ID, email, verified
		proceed(v.in, v.si)
		c.SignInID = v.si.ID // The page that waits for it reads how it ended.
	case u != nil: // A sign-up of who has an account is a sign-in.
		v.link(u, email)
		v.Status = verified
		si := &store.SignIn{UserID: u.ID, Identifier: email, First: *v.Verification}
		begin(v.in, c, si)
		proceed(v.in, si)
		c.SignInID = si.ID
	case v.up.Ticket == "" && v.in.MaySignUp(email, "email_address") != nil:
		return v.in.MaySignUp(email, "email_address")
	default:
		v.Status, v.up.EmailAddress, v.up.Email = verified, email, store.Verification{Strategy: v.Strategy, Status: verified, Target: email}
		err := finish(v.in, v.up)
		c.SignUpID = v.up.ID
		return err
	}
	return nil
}

// link notes that an account at the provider is a user's, unless that is known.
func (v Visit) link(u *store.User, email string) {
	if v.in.AccountAt(v.Strategy, email) == nil {
		v.in.Connect(u, nil, v.Strategy, email)
		change(v.in, u, func() {})
	}
}

// connect ends a visit from a user's profile.
func (v Visit) connect(email string) error {
	u := v.in.Users.Get(v.ea.UserID)
	if other := v.in.AccountAt(v.Strategy, email); other != nil && other != v.ea {
		return wire.Refused("external_account_exists", "email_address", "That account is connected already, here or with another user.")
	}
	v.in.Connect(u, v.ea, v.Strategy, email)
	change(v.in, u, func() {})
	return nil
}

func (v Visit) clientID() string {
	if v.si != nil {
		return v.si.ClientID
	}
	return v.up.ClientID
}

// Provider is the name of the provider that is visited.
func (v Visit) Provider() string { return strings.TrimPrefix(v.Strategy, "oauth_") }
