package frontendapi

import (
	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

func me() []rest.Endpoint {
	return []rest.Endpoint{
		{Pattern: "GET /v1/me", Serve: own(nil)},
		{Pattern: "PATCH /v1/me", Serve: own(func(in *store.Instance, u *store.User, given wire.Doc) error {
			return in.Users.Change(store.Frontend, u, given)
		})},
		{Pattern: "PATCH /v1/me/metadata", Serve: own(func(in *store.Instance, u *store.User, given wire.Doc) error {
			for name := range given {
				if name != "unsafe_metadata" {
					return wire.Unknown(name)
				}
			}
			return in.Users.SetMetadata(u, given, false)
		})},
		{Pattern: "GET /v1/me/organization_memberships", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
			u, err := caller(in, call)
			if err != nil {
				return nil, err
			}
			return rest.Listed(in.Memberships.Table, store.RowsOf(u.Memberships()), store.Frontend, call)
		}},
		{Pattern: "DELETE /v1/me/organization_memberships/{organization}", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
			_, m, err := place(in, call, "")
			if err != nil {
				return nil, err
			}
			return in.Memberships.Delete(m), nil
		}},
	}
}

// own is an endpoint of the user who calls, whom it answers with after act has run.
func own(act func(*store.Instance, *store.User, wire.Doc) error) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		u, err := caller(in, call)
		if err != nil {
			return nil, err
		}
		if act != nil {
			given, err := call.Fields()
			if err != nil {
				return nil, err
			}
			if err := act(in, u, given); err != nil {
				return nil, err
			}
		}
		return in.Users.Show(u, store.Frontend), nil
	}
}
