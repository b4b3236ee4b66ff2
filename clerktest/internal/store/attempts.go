package store

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Verification is a check of one factor that is under way, or over.
type Verification struct {
	Strategy string // "" for none.
	Status   string // unverified, verified or transferable
	Target   string // The address or number that it is about.
	Token    string // Of a link, or of a visit at a provider.
	Redirect string // Where that leads back to.
	ExpireAt Time
	Attempts int64
}

// Show is a verification as browsers see it, nil for none.
func (v *Verification) Show(in *Instance) any {
	if v.Strategy == "" {
		return nil
	}
	doc := wire.Doc{"object": "verification", "status": v.Status, "strategy": v.Strategy, "attempts": v.Attempts, "expire_at": v.ExpireAt, "error": nil}
	if strings.HasPrefix(v.Strategy, "oauth_") && v.Status == "unverified" {
		doc["external_verification_redirect_url"] = in.URL + "/oauth?state=" + v.Token
	}
	if v.Status == "transferable" {
		doc["error"] = wire.Doc{"code": "external_account_not_found", "message": "There is no account yet.", "long_message": "There is no account with that address yet."}
	}
	return doc
}

// AttemptLifetime is how long a sign-in or a sign-up may take, CodeLifetime how
// long a code or a link is good.
const (
	AttemptLifetime = 24 * time.Hour
	CodeLifetime    = 10 * time.Minute
)

// SignIn is an attempt of a browser to sign in.
type SignIn struct {
	Record

	ClientID   string       `api:"-"`
	UserID     string       `api:"-"`
	Status     string       `api:"status"`
	Identifier string       `api:"identifier" rule:"null"`
	SessionID  string       `api:"created_session_id" rule:"null"`
	First      Verification `api:"-"`
	Second     Verification `api:"-"`
}

var signIns = describe(Resource[SignIn]{
	Object: "sign_in", Prefix: "sia", Title: "Sign-in", Silent: All,
	Show: func(in *Instance, si *SignIn, _ View, doc wire.Doc) {
		u, a := in.Users.Get(si.UserID), in.Auth()
		identifiers := slices.DeleteFunc(slices.Concat(a.Required, a.Optional), func(f string) bool {
			return f != "email_address" && f != "phone_number" && f != "username"
		})
		doc["supported_identifiers"], doc["supported_first_factors"], doc["supported_second_factors"] = identifiers, in.FirstFactors(u), nil
		if second := in.SecondFactors(u); len(second) > 0 {
			doc["supported_second_factors"] = second
		}
		doc["first_factor_verification"], doc["second_factor_verification"] = si.First.Show(in), si.Second.Show(in)
		doc["abandon_at"], doc["user_data"] = si.CreatedAt.Add(AttemptLifetime), nil
		if u != nil {
			data := in.PublicUserData(u.ID)
			delete(data, "user_id")
			delete(data, "identifier")
			doc["user_data"] = data
		}
	},
})

// FirstFactors are the ways in which a user can sign in, none for nobody.
func (in *Instance) FirstFactors(u *User) []any {
	list, a := []any{}, in.Auth()
	if u == nil {
		return list
	}
	if u.Password != nil && a.First("password") {
		list = append(list, wire.Doc{"strategy": "password"})
	}
	for _, strategy := range []string{"email_code", "email_link", "phone_code", "reset_password_email_code", "reset_password_phone_code"} {
		reset := strings.HasPrefix(strategy, "reset_password_")
		if !a.First(strategy) || reset && (u.Password == nil || !a.First("password")) {
			continue
		}
		if strings.Contains(strategy, "email") {
			for _, e := range u.emails {
				list = append(list, wire.Doc{"strategy": strategy, "email_address_id": e.ID, "safe_identifier": e.EmailAddress, "primary": e.ID == u.PrimaryEmailAddressID})
			}
			continue
		}
		for _, p := range u.phones {
			list = append(list, wire.Doc{"strategy": strategy, "phone_number_id": p.ID, "safe_identifier": p.PhoneNumber, "primary": p.ID == u.PrimaryPhoneNumberID, "default": p.DefaultSecondFactor})
		}
	}
	for _, name := range a.Providers() {
		list = append(list, wire.Doc{"strategy": "oauth_" + name})
	}
	return list
}

// SecondFactors are those that a user has. Who has one must use one.
func (in *Instance) SecondFactors(u *User) []any {
	list, a := []any{}, in.Auth()
	if u == nil {
		return list
	}
	if u.TOTPSecret != "" && slices.Contains(a.SecondFactors, "totp") {
		list = append(list, wire.Doc{"strategy": "totp"})
	}
	for _, p := range u.phones {
		if p.ReservedForSecondFactor && slices.Contains(a.SecondFactors, "phone_code") {
			list = append(list, wire.Doc{"strategy": "phone_code", "phone_number_id": p.ID, "safe_identifier": p.PhoneNumber, "default": p.DefaultSecondFactor})
		}
	}
	if len(list) > 0 && len(u.BackupCodes) > 0 && slices.Contains(a.SecondFactors, "backup_code") {
		list = append(list, wire.Doc{"strategy": "backup_code"})
	}
	return list
}

// SignUp is a registration that a browser has under way.
type SignUp struct {
	Record

	ClientID       string   `api:"-"`
	Status         string   `api:"status"`
	EmailAddress   string   `api:"email_address" frontend:"create,update" rule:"null,email"`
	PhoneNumber    string   `api:"phone_number" frontend:"create,update" rule:"null,phone"`
	Username       string   `api:"username" frontend:"create,update" rule:"null"`
	FirstName      string   `api:"first_name" frontend:"create,update" rule:"null"`
	LastName       string   `api:"last_name" frontend:"create,update" rule:"null"`
	Password       string   `api:"password" frontend:"create,update" show:"never"`
	UnsafeMetadata wire.Doc `api:"unsafe_metadata" frontend:"create,update"`
	Locale         string   `api:"locale" frontend:"create,update" rule:"null"`
	Timezone       string   `api:"timezone" frontend:"create,update" show:"never"`
	LegalAccepted  Time     `api:"legal_accepted_at"`
	SessionID      string   `api:"created_session_id" rule:"null"`
	UserID         string   `api:"created_user_id" rule:"null"`
	ExternalID     string   `api:"external_id" backend:"update" show:"backend" rule:"null"`
	CustomAction   bool     `api:"custom_action" backend:"update" show:"backend"`

	Ticket   string       `api:"-"` // Of the invitation.
	Email    Verification `api:"-"`
	Phone    Verification `api:"-"`
	External Verification `api:"-"` // At a provider.
}

var signUps = describe(Resource[SignUp]{
	Object: "sign_up", Prefix: "sua", Title: "Sign-up", Silent: All,
	Params: []Param{
		{"strategy", Create | Update, Frontend, ""},
		{"ticket", Create | Update, Frontend, ""},
		{"transfer", Create | Update, Frontend, false},
		{"redirect_url", Create | Update, Frontend, ""},
		{"action_complete_redirect_url", Create | Update, Frontend, ""},
		{"legal_accepted", Create | Update, Frontend, false},
		{"captcha_token", Create | Update, Frontend, ""},
		{"captcha_error", Create | Update, Frontend, ""},
		{"captcha_widget_type", Create | Update, Frontend, ""},
		{"oidc_prompt", Create | Update, Frontend, ""},
		{"oidc_login_hint", Create | Update, Frontend, ""},
	},
	Fill: func(_ *Write, up *SignUp) { up.Status = "missing_requirements" },
	Check: func(w *Write, up *SignUp) error {
		for param, id := range map[string]string{"email_address": up.EmailAddress, "phone_number": up.PhoneNumber, "username": up.Username} {
			if !w.Has(param) || id == "" {
				continue
			}
			if a := w.Auth(); !slices.Contains(a.Required, param) && !slices.Contains(a.Optional, param) {
				return wire.Unknown(param)
			}
			if w.UserByIdentifier(id) != nil {
				return wire.Taken(param)
			}
			if param != "username" && up.Ticket == "" {
				if err := w.MaySignUp(id, param); err != nil {
					return err
				}
			}
		}
		if w.Has("password") && up.Password != "" {
			if err := w.CheckPassword(up.Password, "password"); err != nil {
				return err
			}
		}
		for v, target := range map[*Verification]string{&up.Email: up.EmailAddress, &up.Phone: up.PhoneNumber} {
			if v.Target != target {
				*v = Verification{Target: target}
			}
		}
		if w.Flag("legal_accepted") {
			up.LegalAccepted = w.Now()
		}
		return nil
	},
	Show: func(in *Instance, up *SignUp, view View, doc wire.Doc) {
		if view == Backend {
			doc["object"], doc["password_enabled"] = "sign_up_attempt", up.Password != ""
		}
		a := in.Auth()
		missing, unverified := in.Lacks(up)
		doc["required_fields"], doc["optional_fields"], doc["missing_fields"], doc["unverified_fields"] = a.Required, a.Optional, missing, unverified
		doc["has_password"], doc["web3_wallet"], doc["abandon_at"] = up.Password != "", nil, up.CreatedAt.Add(AttemptLifetime)
		doc["external_account"], doc["external_account_strategy"] = nil, nil
		doc["verifications"] = wire.Doc{
			"email_address": shownAtSignUp(in, &up.Email, "email_code", "email_link"), "phone_number": shownAtSignUp(in, &up.Phone, "phone_code"),
			"web3_wallet": nil, "external_account": up.External.Show(in),
		}
	},
})

func shownAtSignUp(in *Instance, v *Verification, supported ...string) any {
	if v.Target == "" {
		return nil
	}
	doc := wire.Doc{"object": "verification", "status": "unverified", "strategy": nil, "attempts": 0, "expire_at": nil}
	if v.Strategy != "" {
		doc, _ = v.Show(in).(wire.Doc)
	}
	doc["next_action"], doc["supported_strategies"] = "needs_prepare", supported
	switch {
	case doc["status"] == "verified":
		doc["next_action"] = ""
	case v.Strategy != "":
		doc["next_action"] = "needs_attempt"
	}
	return doc
}

// Lacks says what a sign-up is short of.
func (in *Instance) Lacks(up *SignUp) (missing, unverified []string) {
	missing, unverified = []string{}, []string{}
	given := map[string]string{
		"email_address": up.EmailAddress, "phone_number": up.PhoneNumber, "username": up.Username, "password": up.Password,
		"first_name": up.FirstName, "last_name": up.LastName,
	}
	for _, field := range in.Auth().Required {
		if given[field] == "" && (field != "password" || up.External.Status != "verified") {
			missing = append(missing, field)
		}
	}
	if up.EmailAddress != "" && up.Email.Status != "verified" {
		unverified = append(unverified, "email_address")
	}
	if up.PhoneNumber != "" && up.Phone.Status != "verified" {
		unverified = append(unverified, "phone_number")
	}
	return missing, unverified
}

// Register makes the user of a sign-up that lacks nothing.
func (in *Instance) Register(up *SignUp) (*User, error) {
	given := wire.Doc{
		"username": up.Username, "first_name": up.FirstName, "last_name": up.LastName, "unsafe_metadata": up.UnsafeMetadata, "skip_password_checks": true,
		"locale": up.Locale, "timezone": up.Timezone,
		"email_address": []any{}, "phone_number": []any{},
	}
	if up.EmailAddress != "" {
		given["email_address"] = []any{up.EmailAddress}
	}
	if up.PhoneNumber != "" {
		given["phone_number"] = []any{up.PhoneNumber}
	}
	if up.ExternalID != "" {
		given["external_id"] = up.ExternalID
	}
	if up.Password != "" {
		given["password"] = up.Password
	}
	table, offer := in.Offer(up.Ticket)
	if i, is := offer.(*Invitation); is {
		given["public_metadata"] = i.PublicMetadata
	}
	var row Row
	err := in.Quietly(func() (err error) { // The event follows when the user is complete.
		row, err = in.Users.Make(Backend, given, func(row Row) { row.(*User).LegalAcceptedAt = up.LegalAccepted }) //nolint:errcheck,forcetypeassert // The table's own rows.
		return err
	})
	if err != nil {
		return nil, err
	}
	u := rowOf[User](row)
	for _, e := range u.emails {
		e.Verification = up.Email.Strategy
	}
	for _, p := range u.phones {
		p.Verification = up.Phone.Strategy
	}
	if up.External.Status == "verified" {
		in.Connect(u, nil, up.External.Strategy, up.External.Target)
	}
	in.Users.Changed(u, Created)
	switch i := offer.(type) {
	case *Invitation:
		in.Settle(table, i, Accepted)
	case *OrganizationInvitation:
		if _, err := in.AcceptInvitation(i, u); err != nil {
			return nil, err
		}
	}
	if e := in.WaitlistEntries.By("email_address", up.EmailAddress); e != nil {
		in.WaitlistEntries.Touched(e, func() { e.Status = "completed" })
		in.WaitlistEntries.Changed(e, Updated)
	}
	return u, nil
}

// MayStart refuses a sign-up that the instance's mode keeps out. Invitations open every mode.
func (in *Instance) MayStart(ticket string) error {
	switch mode := in.Auth().SignUpMode; {
	case ticket != "":
		if _, offer := in.Offer(ticket); offer == nil {
			return wire.Refused("ticket_invalid_code", "ticket", "The ticket is not valid.")
		} else if in.StatusOf(offer.Offered()) != Pending {
			return wire.Refused("ticket_expired_code", "ticket", "The ticket has been used, revoked or has expired.")
		}
		return nil
	case mode == "restricted":
		return &wire.Error{Status: http.StatusForbidden, Code: "sign_up_mode_restricted", Message: "Sign-ups are by invitation only."}
	case mode == "waitlist":
		return &wire.Error{Status: http.StatusForbidden, Code: "sign_up_restricted_waitlist", Message: "Sign-ups are closed. Join the waitlist to get access."}
	default:
		return nil
	}
}
