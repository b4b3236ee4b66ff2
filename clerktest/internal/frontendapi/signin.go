package frontendapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

const (
	needsIdentifier   = "needs_identifier"
	needsFirstFactor  = "needs_first_factor"
	needsSecondFactor = "needs_second_factor"
	needsNewPassword  = "needs_new_password"
	complete          = "complete"
	verified          = "verified"
)

func signIns() []rest.Endpoint {
	return []rest.Endpoint{
		{Pattern: "POST /v1/client/sign_ins", Open: true, Serve: createSignIn},
		{Pattern: "GET /v1/client/sign_ins/{id}", Open: true, Serve: attempt(nil, nil)},
		{Pattern: "POST /v1/client/sign_ins/{id}/prepare_first_factor", Open: true, Serve: attempt(factorFields, func(in *store.Instance, si *store.SignIn, given wire.Doc) error {
			return prepareFactor(in, &si.First, in.FirstFactors(in.Users.Get(si.UserID)), given)
		})},
		{Pattern: "POST /v1/client/sign_ins/{id}/attempt_first_factor", Open: true, Serve: attempt(factorFields, attemptFirst)},
		{Pattern: "POST /v1/client/sign_ins/{id}/reset_password", Open: true, Serve: attempt(wire.Doc{"password": "", "sign_out_of_other_sessions": false}, resetPassword)},
		{Pattern: "POST /v1/client/sign_ins/{id}/prepare_second_factor", Open: true, Serve: attempt(factorFields, func(in *store.Instance, si *store.SignIn, given wire.Doc) error {
			return prepareFactor(in, &si.Second, in.SecondFactors(in.Users.Get(si.UserID)), given)
		})},
		{Pattern: "POST /v1/client/sign_ins/{id}/attempt_second_factor", Open: true, Serve: attempt(factorFields, attemptSecond)},
	}
}

// SignInStep is what does one step of a browser's sign-in, named by the last segment of
// its path; "" begins one. It panics if there is no such step.
func SignInStep(name string) rest.Serve { return stepOf(signIns(), name) }

// SignUpStep is [SignInStep] for sign-ups.
func SignUpStep(name string) rest.Serve { return stepOf(signUps(), name) }

func stepOf(list []rest.Endpoint, name string) rest.Serve {
	path := "/{id}/" + name
	if name == "" {
		return list[0].Serve
	}
	return list[slices.IndexFunc(list, func(e rest.Endpoint) bool { return strings.HasSuffix(e.Pattern, path) })].Serve
}

var factorFields = wire.Doc{
	"strategy": "", "password": "", "code": "", "email_address_id": "", "phone_number_id": "", "redirect_url": "", "action_complete_redirect_url": "",
	"default": false, "channel": "", "ticket": "", "oidc_prompt": "",
}

// client returns the browser that calls, which is made if it is not known yet.
func client(in *store.Instance, call *wire.Call) *store.Client {
	c := in.Clients.Get(call.ClientID)
	if c == nil {
		c = in.NewClient()
		call.ClientID = c.ID
	}
	return c
}

// attempt is an endpoint of the browser's own sign-in that the path names, which it
// answers with after act has run.
func attempt(takes wire.Doc, act func(*store.Instance, *store.SignIn, wire.Doc) error) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		si := in.SignIns.Get(call.Param("id"))
		if si == nil || si.ClientID != call.ClientID || in.Now() > si.CreatedAt.Add(store.AttemptLifetime) {
			return nil, wire.NotFound("Sign-in")
		}
		if act != nil {
			given, err := store.Params(call, takes)
			if err != nil {
				return nil, err
			}
			if si.Status == complete || in.Users.Get(si.UserID) == nil {
				return nil, wire.NotFound("Sign-in")
			}
			if err := act(in, si, given); err != nil {
				return nil, err
			}
		}
		return in.SignIns.Show(si, store.Frontend), nil
	}
}

func createSignIn(in *store.Instance, call *wire.Call) (any, error) {
	given, err := store.Params(call, wire.Doc{
		"strategy": "", "identifier": "", "email_address": "", "phone_number": "", "username": "", "password": "", "ticket": "", "transfer": false,
		"redirect_url": "", "action_complete_redirect_url": "", "locale": "", "timezone": "", "captcha_token": "", "captcha_error": "", "captcha_widget_type": "",
		"oidc_prompt": "", "oidc_login_hint": "", "email_address_id": "", "phone_number_id": "", "sign_up_if_missing": false,
	})
	if err != nil {
		return nil, err
	}
	if given["sign_up_if_missing"] == true {
		return nil, wire.NotBuilt("sign_up_if_missing", "sign-ups begin with a request of their own.")
	}
	a, strategy := in.Auth(), text(given, "strategy")
	switch known := []string{"", "password", "ticket", "email_code", "email_link", "phone_code"}; {
	case strings.HasPrefix(strategy, "oauth_token_"), !strings.HasPrefix(strategy, "oauth_") && !slices.Contains(known, strategy) && !strings.HasPrefix(strategy, "reset_password_"):
		return nil, wire.NotBuilt("strategy", "nobody signs in by "+strategy+".")
	}
	si := &store.SignIn{Status: needsIdentifier}
	if strategy == "ticket" {
		t, err := SignInWithTicket(in, client(in, call), si, text(given, "ticket"))
		if t == nil {
			return nil, err
		}
		return in.SignIns.Show(si, store.Frontend), nil
	}
	if strings.HasPrefix(strategy, "oauth_") {
		if !a.First(strategy) {
			return nil, wire.Refused("strategy_for_user_invalid", "strategy", strategy+" is not among the first factors of this instance.")
		}
		begin(in, client(in, call), si)
		si.First = visit(in, strategy, given)
		return in.SignIns.Show(si, store.Frontend), nil
	}
	for _, name := range []string{"identifier", "email_address", "phone_number", "username"} {
		if si.Identifier == "" {
			si.Identifier = text(given, name)
		}
	}
	if given["transfer"] == true { // From a sign-up whose address turned out to have an account.
		if up := in.SignUps.Get(client(in, call).SignUpID); up != nil {
			si.Identifier, si.First = up.External.Target, up.External
		}
	}
	if si.Identifier != "" {
		u := in.UserByIdentifier(si.Identifier)
		if u == nil {
			return nil, wire.Refused("form_identifier_not_found", "identifier", "There is no account with that identifier.")
		}
		if err := mayEnter(u); err != nil {
			return nil, err
		}
		si.UserID, si.Status = u.ID, needsFirstFactor
	}
	_, hasPassword := given["password"]
	switch {
	case si.Identifier == "" && hasPassword:
		return nil, wire.Refused("form_param_nil", "identifier", "The identifier is missing.")
	case given["transfer"] == true && si.First.Target != "":
		begin(in, client(in, call), si)
		si.First.Status = verified
		proceed(in, si)
		return in.SignIns.Show(si, store.Frontend), nil
	case hasPassword:
		if err := CheckFactor(in, in.Users.Get(si.UserID), "password", text(given, "password"), ""); err != nil {
			return nil, err
		}
	}
	begin(in, client(in, call), si)
	switch {
	case hasPassword:
		si.First = store.Verification{Strategy: "password", Status: verified}
		proceed(in, si)
	case strategy == "email_code" || strategy == "phone_code" || strategy == "email_link":
		if si.UserID != "" {
			if err := prepareFactor(in, &si.First, in.FirstFactors(in.Users.Get(si.UserID)), given); err != nil {
				return nil, err
			}
		}
	}
	return in.SignIns.Show(si, store.Frontend), nil
}

func mayEnter(u *store.User) error {
	if u.Banned || u.Locked {
		return &wire.Error{Status: http.StatusForbidden, Code: "user_banned", Message: "This account may not sign in.", Param: "identifier"}
	}
	return nil
}

// begin makes a sign-in the one that the browser has under way.
func begin(in *store.Instance, c *store.Client, si *store.SignIn) {
	si.ClientID = c.ID
	in.SignIns.Put(si)
	c.SignInID = si.ID
}

// CheckFactor checks a password or a code that is not right once only.
func CheckFactor(in *store.Instance, u *store.User, strategy, password, code string) error {
	switch {
	case strategy == "totp" && u != nil && in.TOTPIs(u.TOTPSecret, code), strategy == "backup_code" && u != nil && in.UseBackupCode(u, code):
		return nil
	case strategy == "totp" || strategy == "backup_code":
		return wire.Refused("form_code_incorrect", "code", "The code is not right.")
	case strategy == "password" || strategy == "" && password != "" || strategy == "" && code == "":
		if !in.PasswordIs(u, password) {
			return wire.Refused("form_password_incorrect", "password", "The password is not right.")
		}
		if u.PasswordCompromised {
			return wire.Refused("form_password_compromised", "password", "This password may be known to others. Sign in another way, and choose a new one.")
		}
		return nil
	case u == nil:
		return wire.Refused("form_code_incorrect", "code", "The code is not right.")
	default:
		return in.CheckCode(code, in.Now()+1)
	}
}

// onlySMS refuses to send codes in another way.
func onlySMS(given wire.Doc) error {
	if channel := text(given, "channel"); channel != "" && channel != "sms" {
		return wire.NotBuilt("channel", "codes are sent by SMS.")
	}
	return nil
}

// prepareFactor sends the code or the link of one of the factors that are offered.
func prepareFactor(in *store.Instance, v *store.Verification, offered []any, given wire.Doc) error {
	strategy := text(given, "strategy")
	wanted := text(given, "email_address_id") + text(given, "phone_number_id")
	var to string
	for _, x := range offered {
		f, _ := x.(wire.Doc)
		id, _ := f["email_address_id"].(string)
		number, _ := f["phone_number_id"].(string)
		if f["strategy"] == strategy && (wanted == "" || id+number == wanted || to == "") {
			to, _ = f["safe_identifier"].(string)
			if id+number == wanted {
				break
			}
		}
	}
	if to == "" {
		return wire.Refused("strategy_for_user_invalid", "strategy", "This strategy needs no preparation, or is not offered.")
	}
	if err := onlySMS(given); err != nil {
		return err
	}
	*v = store.Verification{Strategy: strategy, Status: "unverified", Target: to, ExpireAt: in.Now().Add(store.CodeLifetime)}
	if strategy == "email_link" {
		return sendLink(in, v, "magic_link_sign_in", text(given, "redirect_url"))
	}
	slug := "verification_code"
	if strings.HasPrefix(strategy, "reset_password") {
		slug = "reset_password_code"
	}
	in.SendCode(strategy, to, slug, "")
	return nil
}

func attemptFirst(in *store.Instance, si *store.SignIn, given wire.Doc) error {
	u, strategy := in.Users.Get(si.UserID), text(given, "strategy")
	if strategy == "" && text(given, "code") != "" {
		strategy = si.First.Strategy
	}
	if strategy == "password" || strategy == "" {
		if err := CheckFactor(in, u, "password", text(given, "password"), ""); err != nil {
			return err
		}
		si.First = store.Verification{Strategy: "password", Status: verified}
		proceed(in, si)
		return nil
	}
	return attemptCode(in, si, &si.First, strategy, given)
}

func attemptCode(in *store.Instance, si *store.SignIn, v *store.Verification, strategy string, given wire.Doc) error {
	until := v.ExpireAt
	if v.Strategy != strategy {
		until = 0
	}
	if err := in.CheckCode(text(given, "code"), until); err != nil {
		v.Attempts++
		return err
	}
	v.Status = verified
	proceed(in, si)
	return nil
}

func attemptSecond(in *store.Instance, si *store.SignIn, given wire.Doc) error {
	u, strategy := in.Users.Get(si.UserID), text(given, "strategy")
	if si.Status != needsSecondFactor {
		return wire.Refused("verification_missing", "strategy", "The first factor comes first.")
	}
	if strategy == "totp" || strategy == "backup_code" {
		if err := CheckFactor(in, u, strategy, "", text(given, "code")); err != nil {
			return err
		}
		si.Second = store.Verification{Strategy: strategy, Status: verified}
		proceed(in, si)
		return nil
	}
	return attemptCode(in, si, &si.Second, strategy, given)
}

func resetPassword(in *store.Instance, si *store.SignIn, given wire.Doc) error {
	u := in.Users.Get(si.UserID)
	if si.Status != needsNewPassword {
		return wire.Refused("verification_missing", "strategy", "The code that resets a password comes first.")
	}
	if err := in.CheckPassword(text(given, "password"), "password"); err != nil {
		return err
	}
	change(in, u, func() {
		u.Password, u.PasswordUpdatedAt, u.PasswordCompromised = in.HashPassword(text(given, "password")), in.Now(), false
	})
	if given["sign_out_of_other_sessions"] == true {
		in.EndSessions(u.ID)
	}
	si.First.Strategy = "password"
	proceed(in, si)
	return nil
}

// proceed brings a sign-in whose factors are verified as far as it goes: to the
// next thing that is needed, or into a session.
func proceed(in *store.Instance, si *store.SignIn) {
	u := in.Users.Get(si.UserID)
	switch {
	case strings.HasPrefix(si.First.Strategy, "reset_password"):
		si.Status = needsNewPassword
	case si.Second.Status != verified && len(in.SecondFactors(u)) > 0:
		si.Status = needsSecondFactor
	default:
		sess := in.StartSession(in.Clients.Get(si.ClientID), u)
		if si.Second.Status == verified {
			sess.Second = in.Now()
		}
		si.Status, si.SessionID = complete, sess.ID
	}
}

// SignInWithTicket signs a browser in with a ticket that a server gave out, which it uses up.
// A ticket stands for all factors. It returns nil and an error if it is not good.
func SignInWithTicket(in *store.Instance, c *store.Client, si *store.SignIn, token string) (*store.Ticket, error) {
	t, table, err := OpenTicket(in, token)
	if err != nil {
		return nil, err
	}
	in.Settle(table, t, store.Accepted)
	u := in.Users.Get(t.UserID)
	si.UserID, si.Identifier, si.Status, si.First = u.ID, u.Identifier(), complete, store.Verification{Strategy: "ticket", Status: verified}
	begin(in, c, si)
	sess := in.StartSession(c, u)
	si.SessionID = sess.ID
	if t.OrganizationID != "" {
		in.Activate(sess, t.OrganizationID)
	}
	sess.Actor = t.Actor
	if t.MaxDuration > 0 {
		sess.ExpireAt = in.Now() + store.Time(t.MaxDuration*1000)
	}
	return t, nil
}

// OpenTicket finds a ticket that signs a user in and is still good.
func OpenTicket(in *store.Instance, token string) (*store.Ticket, *store.Table, error) {
	table, row := in.Offer(token)
	t, _ := row.(*store.Ticket)
	switch {
	case t == nil || in.Users.Get(t.UserID) == nil:
		return nil, nil, wire.Refused("ticket_invalid_code", "ticket", "The ticket is not valid.")
	case in.StatusOf(&t.Offer) != store.Pending:
		return nil, nil, wire.Refused("ticket_expired_code", "ticket", "The ticket has been used, revoked or has expired.")
	}
	return t, table, nil
}
