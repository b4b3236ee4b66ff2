package backendapi

import (
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

func users() []rest.Endpoint {
	people := rest.Collection{Path: "/v1/users", Table: func(in *store.Instance) *store.Table { return in.Users.Table }}
	emails := rest.Collection{Path: "/v1/email_addresses", Table: func(in *store.Instance) *store.Table { return in.EmailAddresses.Table }}
	phones := rest.Collection{Path: "/v1/phone_numbers", Table: func(in *store.Instance) *store.Table { return in.PhoneNumbers.Table }}
	return slices.Concat(
		people.Serve(rest.Bare, rest.Counts, rest.Creates, rest.Gets, rest.Updates, rest.Deletes, rest.MergesMetadata, rest.ReplacesMetadata),
		emails.Serve(rest.Creates, rest.Gets, rest.Updates, rest.Deletes),
		phones.Serve(rest.Creates, rest.Gets, rest.Updates, rest.Deletes),
		[]rest.Endpoint{
			userAction("POST", "/ban", nil, func(in *store.Instance, u *store.User, _ wire.Doc) { u.Banned = true; in.EndSessions(u.ID) }),
			userAction("POST", "/unban", nil, func(_ *store.Instance, u *store.User, _ wire.Doc) { u.Banned = false }),
			userAction("POST", "/lock", nil, func(_ *store.Instance, u *store.User, _ wire.Doc) { u.Locked = true }),
			userAction("POST", "/unlock", nil, func(_ *store.Instance, u *store.User, _ wire.Doc) { u.Locked = false }),
			userAction("POST", "/remove_password", wire.Doc{"sign_out_of_other_sessions": false}, func(in *store.Instance, u *store.User, given wire.Doc) {
				u.Password, u.PasswordUpdatedAt, u.PasswordCompromised = nil, 0, false
				if given["sign_out_of_other_sessions"] == true {
					in.EndSessions(u.ID)
				}
			}),
			userAction("POST", "/password/set_compromised", wire.Doc{"revoke_all_sessions": false}, func(in *store.Instance, u *store.User, given wire.Doc) {
				u.PasswordCompromised = true
				if given["revoke_all_sessions"] == true {
					in.EndSessions(u.ID)
				}
			}),
			userAction("POST", "/password/unset_compromised", nil, func(_ *store.Instance, u *store.User, _ wire.Doc) { u.PasswordCompromised = false }),
			onlyID("/mfa", func(u *store.User) { u.TOTPSecret, u.BackupCodes, u.SecondFactor = "", nil, false }),
			onlyID("/totp", func(u *store.User) { u.TOTPSecret, u.BackupCodes = "", nil }),
			onlyID("/backup_code", func(u *store.User) { u.BackupCodes = nil }),
			none("DELETE /v1/users/{id}/passkeys/{other}", "Passkey"),
			none("DELETE /v1/users/{id}/web3_wallets/{other}", "Web3 wallet"),
			{Pattern: "DELETE /v1/users/{id}/external_accounts/{other}", Serve: disconnect},
			people.On("POST", "/profile_image", rest.Uploads("image_url")),
			people.On("DELETE", "/profile_image", rest.Clears("image_url")),
			{Pattern: "POST /v1/users/{id}/verify_password", Serve: verifyPassword},
			{Pattern: "POST /v1/users/{id}/verify_totp", Serve: verifyTOTP},
			{Pattern: "PUT /v1/users/{id}/email_address", Serve: replace("email_address", emails.Table, func(u *store.User) []store.Row { return store.RowsOf(u.Emails()) })},
			{Pattern: "PUT /v1/users/{id}/phone_number", Serve: replace("phone_number", phones.Table, func(u *store.User) []store.Row { return store.RowsOf(u.Phones()) })},
			{Pattern: "GET /v1/users/{id}/oauth_access_tokens/{provider}", Serve: accessTokens},
			{Pattern: "GET /v1/users/{id}/organization_memberships", Serve: userMemberships},
		},
	)
}

func user(in *store.Instance, call *wire.Call) (*store.User, error) {
	if u := in.Users.Get(call.Param("id")); u != nil {
		return u, nil
	}
	return nil, wire.NotFound("User")
}

// userAction changes a user and shows it. Takes are the body's fields, with a value
// of each one's type.
func userAction(method, suffix string, takes wire.Doc, act func(*store.Instance, *store.User, wire.Doc)) rest.Endpoint {
	return rest.Endpoint{Pattern: method + " /v1/users/{id}" + suffix, Serve: func(in *store.Instance, call *wire.Call) (any, error) {
		u, err := user(in, call)
		if err != nil {
			return nil, err
		}
		given, err := store.Params(call, takes)
		if err != nil {
			return nil, err
		}
		tell := in.Held(func() { in.Users.Touched(u, func() { act(in, u, given) }) })
		in.Users.Changed(u, store.Updated)
		tell()
		return in.Users.Show(u, store.Backend), nil
	}}
}

// onlyID takes factors away and answers with nothing but the user's id.
func onlyID(suffix string, act func(*store.User)) rest.Endpoint {
	e := userAction("DELETE", suffix, nil, func(_ *store.Instance, u *store.User, _ wire.Doc) { act(u) })
	return rest.Endpoint{Pattern: e.Pattern, Serve: func(in *store.Instance, call *wire.Call) (any, error) {
		if _, err := e.Serve(in, call); err != nil {
			return nil, err
		}
		return wire.Doc{"user_id": call.Param("id")}, nil
	}}
}

// none is an endpoint about what no user of this instance can have.
func none(pattern, what string) rest.Endpoint {
	return rest.Endpoint{Pattern: pattern, Serve: func(in *store.Instance, call *wire.Call) (any, error) {
		if _, err := user(in, call); err != nil {
			return nil, err
		}
		return nil, wire.NotFound(what)
	}}
}

func verifyPassword(in *store.Instance, call *wire.Call) (any, error) {
	u, err := user(in, call)
	if err != nil {
		return nil, err
	}
	given, err := store.Params(call, wire.Doc{"password": ""})
	switch {
	case err != nil:
		return nil, err
	case u.Password == nil:
		return nil, wire.Refused("no_password_set", "password", "The user has no password.")
	case !in.PasswordIs(u, text(given, "password")):
		return nil, wire.Refused("incorrect_password", "password", "The password is not right.")
	}
	return wire.Doc{"verified": true}, nil
}

func text(given wire.Doc, name string) string { s, _ := given[name].(string); return s }

func verifyTOTP(in *store.Instance, call *wire.Call) (any, error) {
	u, err := user(in, call)
	if err != nil {
		return nil, err
	}
	given, err := store.Params(call, wire.Doc{"code": ""})
	if err != nil {
		return nil, err
	}
	kind, right := in.SecondFactorIs(u, text(given, "code"))
	if !right {
		return nil, wire.Refused("form_code_incorrect", "code", "The code is not right.")
	}
	return wire.Doc{"verified": true, "code_type": kind}, nil
}

// replace makes an address or a number the user's only one.
func replace(field string, of func(*store.Instance) *store.Table, owned func(*store.User) []store.Row) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		u, err := user(in, call)
		if err != nil {
			return nil, err
		}
		given, err := store.Params(call, wire.Doc{field: ""})
		if err != nil {
			return nil, err
		}
		t, before := of(in), owned(u)
		var row store.Row
		err = in.Quietly(func() (err error) { // One change is one event.
			row, err = t.Make(store.Backend, wire.Doc{"user_id": u.ID, "verified": true, "primary": true, field: given[field]}, nil)
			if err != nil {
				return err
			}
			for _, old := range before {
				t.Delete(old)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		in.Users.Changed(u, store.Updated)
		return t.Show(row, store.Backend), nil
	}
}

// disconnect takes an account at a provider away from a user.
func disconnect(in *store.Instance, call *wire.Call) (any, error) {
	u, err := user(in, call)
	if err != nil {
		return nil, err
	}
	e := in.ExternalAccounts.Get(call.Param("other"))
	if e == nil || e.UserID != u.ID {
		return nil, wire.NotFound("External account")
	}
	return in.ExternalAccounts.Delete(e), nil
}

// accessTokens lists the tokens of a user's accounts at a provider, which are good for
// nothing: the built-in provider has no API.
func accessTokens(in *store.Instance, call *wire.Call) (any, error) {
	u, err := user(in, call)
	if err != nil {
		return nil, err
	}
	provider := "oauth_" + strings.TrimPrefix(call.Param("provider"), "oauth_")
	list := []any{}
	for _, e := range u.ExternalAccounts() {
		if e.Verified && e.Provider == provider {
			list = append(list, wire.Doc{
				"object": "oauth_access_token", "external_account_id": e.ID, "provider_user_id": e.ProviderUserID, "token": "clerktest_" + e.ID,
				"provider": e.Provider, "public_metadata": wire.Doc{}, "label": nil, "scopes": e.Scopes, "expires_at": nil,
			})
		}
	}
	return wire.Doc{"data": list, "total_count": len(list)}, nil
}

func userMemberships(in *store.Instance, call *wire.Call) (any, error) {
	u, err := user(in, call)
	if err != nil {
		return nil, err
	}
	return rest.Listed(in.Memberships.Table, store.RowsOf(u.Memberships()), store.Backend, call)
}
