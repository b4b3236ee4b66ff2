package store

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// EmailAddress is an address of a user.
type EmailAddress struct {
	Record

	UserID       string `api:"user_id" backend:"create" show:"never" rule:"required" of:"users"`
	EmailAddress string `api:"email_address" backend:"create" frontend:"create" rule:"required,unique,email"`
	Verification string `api:"-"` // The strategy that verified it, "" for none yet.
	Reserved     bool   `api:"reserved"`
	ExpiresAt    Time   `api:"-"` // Of a verification under way.
	Attempts     int64  `api:"-"`
	LinkToken    string `api:"-"` // Of the link that verifies it, "" for a code.
	LinkBack     string `api:"-"` // Where that leads back to.
}

// PhoneNumber is a number of a user.
type PhoneNumber struct {
	Record

	UserID                  string   `api:"user_id" backend:"create" show:"never" rule:"required" of:"users"`
	PhoneNumber             string   `api:"phone_number" backend:"create" frontend:"create" rule:"required,unique,phone"`
	ReservedForSecondFactor bool     `api:"reserved_for_second_factor" backend:"create,update" frontend:"create,update"`
	DefaultSecondFactor     bool     `api:"default_second_factor" frontend:"update"`
	Verification            string   `api:"-"`
	Reserved                bool     `api:"reserved"`
	BackupCodes             []string `api:"backup_codes"`
	ExpiresAt               Time     `api:"-"`
	Attempts                int64    `api:"-"`
}

var emailAddresses = describe(Resource[EmailAddress]{
	Object: "email_address", Prefix: "idn", Title: "Email address", Silent: All,
	Params: []Param{
		{"verified", Create | Update, Backend, false},
		{"primary", Create | Update, Backend, false},
	},
	Link: func(in *Instance, e *EmailAddress, there bool) {
		if u := in.Users.Get(e.UserID); u != nil {
			u.emails = linked(u.emails, e, there)
			in.Users.mark(u)
			if there && u.PrimaryEmailAddressID == "" {
				u.PrimaryEmailAddressID = e.ID
			} else if !there && u.PrimaryEmailAddressID == e.ID {
				u.PrimaryEmailAddressID = ""
				if len(u.emails) > 0 {
					u.PrimaryEmailAddressID = u.emails[0].ID
				}
			}
		}
	},
	Check: func(w *Write, e *EmailAddress) error {
		if w.Users.Get(e.UserID) == nil {
			return wire.Refused("resource_not_found", "user_id", "There is no such user.")
		}
		setVerified(w, &e.Verification)
		return nil
	},
	Wrote: func(w *Write, e *EmailAddress) {
		u := w.Users.Get(e.UserID)
		if w.Flag("primary") {
			u.PrimaryEmailAddressID = e.ID
		}
		w.touchUser(u)
	},
	Removed: func(in *Instance, e *EmailAddress) { in.touchUser(in.Users.Get(e.UserID)) },
	Show: func(in *Instance, e *EmailAddress, _ View, doc wire.Doc) {
		offered := "email_code"
		if e.LinkToken != "" {
			offered = "email_link"
		}
		doc["verification"], doc["linked_to"], doc["matches_sso_connection"] = verification(e.Verification, offered, e.ExpiresAt, e.Attempts), in.linkedTo(e), false
	},
})

var phoneNumbers = describe(Resource[PhoneNumber]{
	Object: "phone_number", Prefix: "idn", Title: "Phone number", Silent: All,
	Params: []Param{
		{"verified", Create | Update, Backend, false},
		{"primary", Create | Update, Backend, false},
	},
	Link: func(in *Instance, p *PhoneNumber, there bool) {
		if u := in.Users.Get(p.UserID); u != nil {
			u.phones = linked(u.phones, p, there)
			in.Users.mark(u)
			if there && u.PrimaryPhoneNumberID == "" {
				u.PrimaryPhoneNumberID = p.ID
			} else if !there && u.PrimaryPhoneNumberID == p.ID {
				u.PrimaryPhoneNumberID = ""
				if len(u.phones) > 0 {
					u.PrimaryPhoneNumberID = u.phones[0].ID
				}
			}
		}
	},
	Check: func(w *Write, p *PhoneNumber) error {
		if w.Users.Get(p.UserID) == nil {
			return wire.Refused("resource_not_found", "user_id", "There is no such user.")
		}
		setVerified(w, &p.Verification)
		return nil
	},
	Wrote: func(w *Write, p *PhoneNumber) {
		u := w.Users.Get(p.UserID)
		if w.Flag("primary") {
			u.PrimaryPhoneNumberID = p.ID
		}
		w.touchUser(u)
	},
	Removed: func(in *Instance, p *PhoneNumber) { in.touchUser(in.Users.Get(p.UserID)) },
	Show: func(_ *Instance, p *PhoneNumber, _ View, doc wire.Doc) {
		doc["verification"], doc["linked_to"] = verification(p.Verification, "phone_code", p.ExpiresAt, p.Attempts), []any{}
	},
})

// setVerified does what the Backend API's parameter verified says.
func setVerified(w *Write, verification *string) {
	if !w.Has("verified") {
		return
	}
	*verification = ""
	if w.Flag("verified") {
		*verification = "admin"
	}
}

// verification shows how far a verification is.
func verification(strategy, offered string, expires Time, attempts int64) any {
	doc := wire.Doc{"object": "verification", "status": "verified", "strategy": strategy, "attempts": nil, "expire_at": nil}
	if strategy == "" {
		if expires == 0 {
			return nil
		}
		doc["status"], doc["strategy"], doc["attempts"], doc["expire_at"] = "unverified", offered, attempts, expires
	}
	return doc
}

// linked returns a list with a row in it, or without.
func linked[T comparable](list []T, row T, there bool) []T {
	list = slices.DeleteFunc(slices.Clone(list), func(x T) bool { return x == row })
	if there {
		list = append(list, row)
	}
	return list
}

// touchUser says that something of a user's has changed.
func (in *Instance) touchUser(u *User) {
	if u != nil {
		u.UpdatedAt = in.Now()
		in.Users.Changed(u, Updated)
	}
}

func (in *Instance) userOfEmail(text string) *User {
	if e := in.EmailAddresses.By("email_address", text); e != nil {
		return in.Users.Get(e.UserID)
	}
	return nil
}

func (in *Instance) userOfPhone(text string) *User {
	if p := in.PhoneNumbers.By("phone_number", text); p != nil {
		return in.Users.Get(p.UserID)
	}
	return nil
}

func emailOf(u *User, id string) *EmailAddress {
	for _, e := range u.emails {
		if e.ID == id {
			return e
		}
	}
	return nil
}

func phoneOf(u *User, id string) *PhoneNumber {
	for _, p := range u.phones {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// AddEmail gives a user an address, without an event.
func (in *Instance) AddEmail(u *User, text, verifiedBy string, reserved bool) *EmailAddress {
	e := &EmailAddress{UserID: u.ID, EmailAddress: text, Verification: verifiedBy, Reserved: reserved}
	if reserved {
		e.Verification = ""
	}
	in.EmailAddresses.Put(e)
	return e
}

// AddPhone gives a user a number, without an event.
func (in *Instance) AddPhone(u *User, text, verifiedBy string, reserved bool) *PhoneNumber {
	p := &PhoneNumber{UserID: u.ID, PhoneNumber: text, Verification: verifiedBy, Reserved: reserved}
	if reserved {
		p.Verification = ""
	}
	in.PhoneNumbers.Put(p)
	return p
}
