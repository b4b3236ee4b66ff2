package frontendapi

import (
	"net/http"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

func signUps() []rest.Endpoint {
	return []rest.Endpoint{
		{Pattern: "POST /v1/client/sign_ups", Open: true, Serve: createSignUp},
		{Pattern: "GET /v1/client/sign_ups/{id}", Open: true, Serve: registration(func(*store.Instance, *store.SignUp, *wire.Call) error { return nil })},
		{Pattern: "PATCH /v1/client/sign_ups/{id}", Open: true, Serve: registration(func(in *store.Instance, up *store.SignUp, call *wire.Call) error {
			given, err := call.Fields()
			if err != nil {
				return err
			}
			if text(given, "ticket") != "" || given["transfer"] == true || given["transfer"] == "true" {
				return wire.NotBuilt("ticket", "tickets and transfers begin a sign-up, with a request of its own.")
			}
			if err := mayVisit(in, text(given, "strategy")); err != nil {
				return err
			}
			if err := in.SignUps.Change(store.Frontend, up, given); err != nil {
				return err
			}
			if strategy := text(given, "strategy"); strings.HasPrefix(strategy, "oauth_") {
				up.External = visit(in, strategy, given)
			}
			err = finish(in, up)
			return err
		})},
		{Pattern: "POST /v1/client/sign_ups/{id}/prepare_verification", Open: true, Serve: registration(prepareSignUp)},
		{Pattern: "POST /v1/client/sign_ups/{id}/attempt_verification", Open: true, Serve: registration(attemptSignUp)},
		{Pattern: "POST /v1/waitlist", Open: true, Serve: func(in *store.Instance, call *wire.Call) (any, error) {
			given, err := store.Params(call, wire.Doc{"email_address": "", "locale": ""})
			if err != nil {
				return nil, err
			}
			e := in.WaitlistEntries.By("email_address", text(given, "email_address"))
			if e == nil {
				row, err := in.WaitlistEntries.Make(store.Frontend, wire.Doc{"email_address": text(given, "email_address")}, nil)
				if err != nil {
					return nil, err
				}
				e = row.(*store.WaitlistEntry) //nolint:errcheck,forcetypeassert // The table's own rows.
			}
			return in.WaitlistEntries.Show(e, store.Frontend), nil
		}},
	}
}

// registration is an endpoint of the browser's own sign-up that the path names,
// which it answers with after act has run.
func registration(act func(*store.Instance, *store.SignUp, *wire.Call) error) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		up := in.SignUps.Get(call.Param("id"))
		if up == nil || up.ClientID != call.ClientID {
			return nil, wire.NotFound("Sign-up")
		}
		if up.Status == complete && call.Method != http.MethodGet {
			return nil, wire.NotFound("Sign-up")
		}
		if err := act(in, up, call); err != nil {
			return nil, err
		}
		return in.SignUps.Show(up, store.Frontend), nil
	}
}

func createSignUp(in *store.Instance, call *wire.Call) (any, error) {
	given, err := call.Fields()
	if err != nil {
		return nil, err
	}
	ticket, strategy := text(given, "ticket"), text(given, "strategy")
	if err := in.MayStart(ticket); err != nil {
		return nil, err
	}
	if err := mayVisit(in, strategy); err != nil {
		return nil, err
	}
	row, err := in.SignUps.Make(store.Frontend, given, func(row store.Row) {
		up := row.(*store.SignUp) //nolint:errcheck,forcetypeassert // The table's own rows.
		up.Ticket = ticket
		up.EmailAddress, up.Email = invited(in, ticket)
	})
	if err != nil {
		return nil, err
	}
	up := row.(*store.SignUp) //nolint:errcheck,forcetypeassert // The table's own rows.
	c := client(in, call)
	up.ClientID, c.SignUpID = c.ID, up.ID
	switch {
	case strings.HasPrefix(strategy, "oauth_"):
		up.External = visit(in, strategy, given)
	case given["transfer"] == "true" || given["transfer"] == true:
		if si := in.SignIns.Get(c.SignInID); si != nil && si.First.Status == "transferable" {
			if err := in.MaySignUp(si.First.Target, "email_address"); ticket == "" && err != nil {
				return nil, err
			}
			up.External, up.EmailAddress = si.First, si.First.Target
			up.External.Status = verified
			up.Email = store.Verification{Strategy: si.First.Strategy, Status: verified, Target: si.First.Target}
		}
	}
	if err := finish(in, up); err != nil {
		return nil, err
	}
	return in.SignUps.Show(up, store.Frontend), nil
}

// mayVisit refuses what a sign-up cannot begin with.
func mayVisit(in *store.Instance, strategy string) error {
	a := in.Auth()
	switch {
	case strategy == "", strategy == "ticket":
		return nil
	case !strings.HasPrefix(strategy, "oauth_"), strings.HasPrefix(strategy, "oauth_token_"):
		return wire.NotBuilt("strategy", "a sign-up begins with what is filled in, with a ticket, or at a provider: oauth_ and its name.")
	case !a.First(strategy):
		return wire.Refused("strategy_for_user_invalid", "strategy", strategy+" is not among the first factors of this instance.")
	default:
		return nil
	}
}

// invited is the address that an invitation was sent to, which is verified by that.
func invited(in *store.Instance, ticket string) (string, store.Verification) {
	_, offer := in.Offer(ticket)
	var email string
	switch i := offer.(type) {
	case *store.Invitation:
		email = i.EmailAddress
	case *store.OrganizationInvitation:
		email = i.EmailAddress
	default:
		return "", store.Verification{}
	}
	return email, store.Verification{Strategy: "ticket", Status: verified, Target: email}
}

func prepareSignUp(in *store.Instance, up *store.SignUp, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"strategy": "", "redirect_url": "", "action_complete_redirect_url": "", "channel": ""})
	if err != nil {
		return err
	}
	strategy, v := text(given, "strategy"), &up.Email
	switch {
	case strategy == "phone_code":
		v = &up.Phone
	case strategy != "email_code" && strategy != "email_link":
		return wire.WrongValue("strategy", "email_code", "email_link", "phone_code")
	}
	if err := onlySMS(given); err != nil {
		return err
	}
	if v.Target == "" {
		return wire.Refused("form_param_nil", "email_address", "There is nothing to verify with this strategy.")
	}
	*v = store.Verification{Strategy: strategy, Status: "unverified", Target: v.Target, ExpireAt: in.Now().Add(store.CodeLifetime)}
	if strategy == "email_link" {
		return sendLink(in, v, "magic_link_sign_up", text(given, "redirect_url"))
	}
	in.SendCode(strategy, v.Target, "verification_code", "")
	return nil
}

func attemptSignUp(in *store.Instance, up *store.SignUp, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"strategy": "", "code": ""})
	if err != nil {
		return err
	}
	v := &up.Email
	if text(given, "strategy") == "phone_code" {
		v = &up.Phone
	}
	if err := in.CheckCode(text(given, "code"), v.ExpireAt); err != nil {
		v.Attempts++
		return err
	}
	v.Status = verified
	err = finish(in, up)
	return err
}

// finish makes the user and signs in, once nothing is missing.
func finish(in *store.Instance, up *store.SignUp) error {
	if missing, unverified := in.Lacks(up); len(missing)+len(unverified) > 0 {
		return nil // Not yet.
	}
	u, err := in.Register(up)
	if err != nil {
		return err
	}
	sess := in.StartSession(in.Clients.Get(up.ClientID), u)
	up.Status, up.SessionID, up.UserID = complete, sess.ID, u.ID
	return nil
}
