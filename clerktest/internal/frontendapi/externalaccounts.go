package frontendapi

import (
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

var visitFields = wire.Doc{
	"strategy": "", "redirect_url": "", "action_complete_redirect_url": "", "additional_scope": []string(nil), "oidc_prompt": "", "oidc_login_hint": "",
}

// connect begins to connect the caller with an account at a provider, which a visit
// there ends.
func connect(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
	given, err := store.Params(listed(call, "additional_scope"), visitFields)
	if err != nil {
		return nil, err
	}
	a, strategy := in.Auth(), text(given, "strategy")
	if !strings.HasPrefix(strategy, "oauth_") || !a.First(strategy) {
		return nil, wire.Refused("strategy_for_user_invalid", "strategy", strategy+" is not a provider of this instance.")
	}
	e := &store.ExternalAccount{UserID: u.ID, Provider: strategy, FirstName: u.FirstName, LastName: u.LastName, Scopes: []string{"email", "profile"}}
	if err := visitAgain(in, e, given); err != nil {
		return nil, err
	}
	for _, old := range u.ExternalAccounts() {
		if old.Provider == strategy && !old.Verified {
			in.ExternalAccounts.Remove(old) // A visit that came to nothing.
			break
		}
	}
	in.ExternalAccounts.Put(e)
	return in.ExternalAccounts.Show(e, store.Frontend), nil
}

// reauthorize sends the caller to the provider of an account once more.
func reauthorize(t *store.Table, row store.Row, call *wire.Call) error {
	given, err := store.Params(listed(call, "additional_scope"), visitFields)
	if err != nil {
		return err
	}
	return visitAgain(t.Instance(), row.(*store.ExternalAccount), given) //nolint:errcheck,forcetypeassert // The table's own rows.
}

// visitAgain begins a visit for an account.
func visitAgain(in *store.Instance, e *store.ExternalAccount, given wire.Doc) error {
	check := visit(in, e.Provider, given)
	if !in.RedirectsTo(check.Redirect) {
		return wire.Refused("form_param_nil", "redirect_url", "redirect_url is missing, or not allowed by this instance.")
	}
	more, _ := given["additional_scope"].([]string)
	e.AddScopes(more)
	e.Check = check
	return nil
}

// listed returns a call whose field of a name is a list, also where a form has one
// value of it.
func listed(call *wire.Call, name string) *wire.Call {
	if body, _ := call.Body.(wire.Doc); body != nil {
		if one, is := body[name].(string); is {
			body[name] = []any{one}
		}
	}
	return call
}
