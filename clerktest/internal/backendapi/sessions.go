package backendapi

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// sessions are browsers and who is signed in there.
func sessions() []rest.Endpoint {
	browsers := rest.Collection{Path: "/v1/clients", Table: func(in *store.Instance) *store.Table { return in.Clients.Table }}
	presences := rest.Collection{
		Path:  "/v1/sessions",
		Table: func(in *store.Instance) *store.Table { return in.Sessions.Table },
		Scope: func(in *store.Instance, _ *wire.Call) (rest.Scope, error) {
			for c := range in.Clients.All {
				in.Live(c) // Ends what is overdue.
			}
			return rest.Scope{}, nil
		},
	}
	attempts := rest.Collection{Path: "/v1/sign_ups", Table: func(in *store.Instance) *store.Table { return in.SignUps.Table }}
	return slices.Concat(
		attempts.Serve(rest.Gets, rest.Updates),
		browsers.Serve(rest.Pages, rest.Gets),
		presences.Serve(rest.Lists, rest.Gets),
		[]rest.Endpoint{
			{Pattern: "POST /v1/sessions", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
				given, err := store.Params(call, wire.Doc{"user_id": ""})
				if err != nil {
					return nil, err
				}
				u := in.Users.Get(text(given, "user_id"))
				if u == nil {
					return nil, wire.Refused("resource_not_found", "user_id", "There is no such user.")
				}
				return in.Sessions.Show(in.StartSession(in.NewClient(), u), store.Backend), nil
			}},
			presences.On("POST", "/revoke", func(t *store.Table, row store.Row, call *wire.Call) error {
				if _, err := store.Params(call, nil); err != nil {
					return err
				}
				t.Instance().EndSession(row.(*store.Session), store.Revoked) //nolint:errcheck,forcetypeassert // The table's own rows.
				return nil
			}),
		},
	)
}
