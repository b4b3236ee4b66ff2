package frontendapi

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// identifications are the addresses and numbers of who calls.
func identifications() []rest.Endpoint {
	emails := rest.Collection{
		Path: "/v1/me/email_addresses", View: store.Frontend, Table: func(in *store.Instance) *store.Table { return in.EmailAddresses.Table },
		Scope: mine(func(u *store.User) []store.Row { return store.RowsOf(u.Emails()) }, func(u *store.User, row store.Row) { row.(*store.EmailAddress).UserID = u.ID }), //nolint:errcheck,forcetypeassert // The table's own rows.
	}
	phones := rest.Collection{
		Path: "/v1/me/phone_numbers", View: store.Frontend, Table: func(in *store.Instance) *store.Table { return in.PhoneNumbers.Table },
		Scope: mine(func(u *store.User) []store.Row { return store.RowsOf(u.Phones()) }, func(u *store.User, row store.Row) { row.(*store.PhoneNumber).UserID = u.ID }), //nolint:errcheck,forcetypeassert // The table's own rows.
	}
	externals := rest.Collection{
		Path: "/v1/me/external_accounts", View: store.Frontend, Table: func(in *store.Instance) *store.Table { return in.ExternalAccounts.Table },
		Scope: mine(func(u *store.User) []store.Row { return store.RowsOf(u.ExternalAccounts()) }, nil),
	}
	return slices.Concat(
		emails.Serve(rest.Lists, rest.Creates, rest.Gets, rest.Deletes),
		phones.Serve(rest.Lists, rest.Creates, rest.Gets, rest.Deletes),
		withBackupCodes(phones.Serve(rest.Updates)),
		externals.Serve(rest.Deletes),
		[]rest.Endpoint{
			{Pattern: "POST /v1/me/external_accounts", Serve: with(connect)},
			externals.On("PATCH", "/reauthorize", reauthorize),
			emails.On("POST", "/prepare_verification", prepareIdentification),
			emails.On("POST", "/attempt_verification", attemptIdentification),
			phones.On("POST", "/prepare_verification", prepareIdentification),
			phones.On("POST", "/attempt_verification", attemptIdentification),
		},
	)
}

// withBackupCodes shows who makes a number the first second factor the codes for when it is lost.
func withBackupCodes(updates []rest.Endpoint) []rest.Endpoint {
	for i, e := range updates {
		updates[i].Serve = with(func(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
			var answer any
			err := in.Quietly(func() (err error) { // One change is one event.
				answer, err = e.Serve(in, call)
				return err
			})
			if err != nil {
				return nil, err
			}
			doc, _ := answer.(wire.Doc)
			change(in, u, func() {
				if doc["reserved_for_second_factor"] == true && len(u.BackupCodes) == 0 && slices.Contains(in.Auth().SecondFactors, "backup_code") {
					u.BackupCodes = store.NewBackupCodes()
					doc["backup_codes"] = u.BackupCodes
				}
			})
			return answer, nil
		})
	}
	return updates
}

// mine narrows a collection to what belongs to who calls.
func mine(rows func(*store.User) []store.Row, preset func(*store.User, store.Row)) func(*store.Instance, *wire.Call) (rest.Scope, error) {
	return func(in *store.Instance, call *wire.Call) (rest.Scope, error) {
		u, err := caller(in, call)
		if err != nil {
			return rest.Scope{}, err
		}
		return rest.Scope{Rows: rows(u), Preset: func(row store.Row) { preset(u, row) }}, nil
	}
}

// identification is an address or a number, and how far its verification is.
type identification struct {
	strategy, value      string
	verification, userID *string
	expiresAt            *store.Time
	attempts             *int64
}

func identified(row store.Row) identification {
	if p, is := row.(*store.PhoneNumber); is {
		return identification{"phone_code", p.PhoneNumber, &p.Verification, &p.UserID, &p.ExpiresAt, &p.Attempts}
	}
	e := row.(*store.EmailAddress) //nolint:errcheck,forcetypeassert // The only other one.
	return identification{"email_code", e.EmailAddress, &e.Verification, &e.UserID, &e.ExpiresAt, &e.Attempts}
}

func prepareIdentification(t *store.Table, row store.Row, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"strategy": "", "redirect_url": "", "action_complete_redirect_url": ""})
	if err != nil {
		return err
	}
	i := identified(row)
	email, isEmail := row.(*store.EmailAddress)
	switch strategy := text(given, "strategy"); {
	case isEmail && strategy == "email_link":
		return linkIdentification(t, email, text(given, "redirect_url"))
	case isEmail && strategy != i.strategy:
		return wire.WrongValue("strategy", "email_code", "email_link")
	case strategy != i.strategy:
		return wire.WrongValue("strategy", i.strategy)
	}
	in := t.Instance()
	t.Touched(row, func() {
		*i.expiresAt, *i.attempts = in.Now().Add(store.CodeLifetime), 0
		if isEmail {
			email.LinkToken, email.LinkBack = "", ""
		}
	})
	in.SendCode(i.strategy, i.value, "verification_code", "")
	return nil
}

func attemptIdentification(t *store.Table, row store.Row, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"code": ""})
	if err != nil {
		return err
	}
	in, i := t.Instance(), identified(row)
	if err := in.CheckCode(text(given, "code"), *i.expiresAt); err != nil {
		*i.attempts++
		return err
	}
	identificationIs(t, row, i.strategy)
	return nil
}

// identificationIs notes how an address or a number was verified.
func identificationIs(t *store.Table, row store.Row, strategy string) {
	in, i := t.Instance(), identified(row)
	t.Touched(row, func() { *i.verification, *i.expiresAt = strategy, 0 })
	u := in.Users.Get(*i.userID)
	in.Enroll(u)
	change(in, u, func() {})
}

// linkIdentification sends a link that verifies an address when it is followed.
func linkIdentification(t *store.Table, e *store.EmailAddress, redirect string) error {
	v := store.Verification{Target: e.EmailAddress}
	if err := sendLink(t.Instance(), &v, "magic_link_user_profile", redirect); err != nil {
		return err
	}
	t.Touched(e, func() {
		e.LinkToken, e.LinkBack, e.ExpiresAt, e.Attempts = v.Token, v.Redirect, t.Instance().Now().Add(store.CodeLifetime), 0
	})
	return nil
}
