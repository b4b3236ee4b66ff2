package backendapi

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

func organizations() []Endpoint {
	groups := collection{path: "/v1/organizations", table: func(in *store.Instance) *store.Table { return in.Organizations.Table }}
	members := collection{
		path:  "/v1/organizations/{organization}/memberships",
		table: func(in *store.Instance) *store.Table { return in.Memberships.Table },
		scope: func(in *store.Instance, call *wire.Call) (scope, error) {
			o, err := organization(in, call)
			if err != nil {
				return scope{}, err
			}
			return scope{
				rows:   store.RowsOf(o.Members()),
				preset: func(row store.Row) { row.(*store.Membership).OrganizationID = o.ID }, //nolint:errcheck,forcetypeassert // The table's own rows.
				find:   func(user string) store.Row { return store.RowOf(o.Member(user)) },
			}, nil
		},
	}
	all := collection{path: "/v1/organization_memberships", table: members.table}
	return slices.Concat(
		groups.serve(pages, creates, gets, updates, deletes, mergesMetadata, replacesMetadata),
		members.serve(pages, creates, updates, mergesMetadata, replacesMetadata),
		all.serve(pages),
		[]Endpoint{{"DELETE " + members.path + "/{id}", func(in *store.Instance, call *wire.Call) (any, error) {
			t, row, err := members.row(in, call)
			if err != nil {
				return nil, err
			}
			doc := t.Show(row, store.Backend)
			t.Delete(row)
			return doc, nil
		}}},
	)
}

// organization finds the organization that the path names, by id or slug.
func organization(in *store.Instance, call *wire.Call) (*store.Organization, error) {
	if o := in.Organizations.Get(call.Param("organization")); o != nil {
		return o, nil
	}
	return nil, wire.NotFound("Organization")
}
