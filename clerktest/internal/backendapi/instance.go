package backendapi

import (
	"net/http"
	"net/url"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// instance are the settings of the whole instance.
func instance() []rest.Endpoint {
	whole := func(in *store.Instance) *store.Table { return in.Settings.Table }
	limits := func(in *store.Instance) *store.Table { return in.Restrictions.Table }
	groups := func(in *store.Instance) *store.Table { return in.OrganizationSettings.Table }
	return []rest.Endpoint{
		{Pattern: "GET /v1/instance", Serve: only(whole, false)},
		{Pattern: "PATCH /v1/instance", Serve: quiet(only(whole, true))},
		{Pattern: "PATCH /v1/instance/restrictions", Serve: only(limits, true)},
		{Pattern: "GET /v1/instance/organization_settings", Serve: only(groups, false)},
		{Pattern: "PATCH /v1/instance/organization_settings", Serve: only(groups, true)},
		{Pattern: "POST /v1/beta_features/change_domain", Serve: changeDomain},
	}
}

// only serves the one row of a table. What is given as null stays as it is.
func only(table func(*store.Instance) *store.Table, change bool) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		t := table(in)
		row := t.Rows()[0]
		if change {
			given, err := given(t, call)
			if err != nil {
				return nil, err
			}
			if err := t.Change(store.Backend, row, given); err != nil {
				return nil, err
			}
		}
		return t.Show(row, store.Backend), nil
	}
}

// quiet answers with nothing what would be answered with the row.
func quiet(serve rest.Serve) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		_, err := serve(in, call)
		return nil, err
	}
}

// changeDomain moves a production instance to another domain, which ends all sessions.
func changeDomain(in *store.Instance, call *wire.Call) (any, error) {
	given, err := store.Params(call, wire.Doc{"home_url": "", "is_secondary": false})
	if err != nil {
		return nil, err
	}
	home, err := url.Parse(text(given, "home_url"))
	switch {
	case !in.Production:
		return nil, &wire.Error{Status: http.StatusForbidden, Code: "operation_not_allowed_on_development_instance", Message: "Only the domain of a production instance can change."}
	case err != nil || home.Scheme != "https" || home.Hostname() == "":
		return nil, wire.WrongFormat("home_url", "an https URL")
	}
	for d := range in.Domains.All {
		if !d.IsSatellite {
			if err := in.Domains.Change(store.Backend, d, wire.Doc{"name": home.Hostname(), "is_secondary": given["is_secondary"] == true}); err != nil {
				return nil, err
			}
		}
	}
	for u := range in.Users.All {
		in.EndSessions(u.ID)
	}
	return nil, nil //nolint:nilnil // An empty answer.
}
