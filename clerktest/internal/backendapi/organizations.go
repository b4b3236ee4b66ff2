package backendapi

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

func organizations() []rest.Endpoint {
	groups := rest.Collection{Path: "/v1/organizations", Table: func(in *store.Instance) *store.Table { return in.Organizations.Table }}
	members := rest.Collection{
		Path:  "/v1/organizations/{organization}/memberships",
		Table: func(in *store.Instance) *store.Table { return in.Memberships.Table },
		Scope: func(in *store.Instance, call *wire.Call) (rest.Scope, error) {
			o, err := organization(in, call)
			if err != nil {
				return rest.Scope{}, err
			}
			return rest.Scope{
				Rows:   store.RowsOf(o.Members()),
				Preset: func(row store.Row) { row.(*store.Membership).OrganizationID = o.ID }, //nolint:errcheck,forcetypeassert // The table's own rows.
				Find:   func(user string) store.Row { return store.RowOf(o.Member(user)) },
			}, nil
		},
	}
	hosts := rest.Collection{
		Path:  "/v1/organizations/{organization}/domains",
		Table: func(in *store.Instance) *store.Table { return in.OrganizationDomains.Table },
		Scope: within(func(o *store.Organization) []store.Row { return store.RowsOf(o.Domains()) }, func(o *store.Organization, row store.Row) {
			row.(*store.OrganizationDomain).OrganizationID = o.ID //nolint:errcheck,forcetypeassert // The table's own rows.
		}),
	}
	all := rest.Collection{Path: "/v1/organization_memberships", Table: members.Table}
	return slices.Concat(
		groups.Serve(rest.Pages, rest.Creates, rest.Gets, rest.Updates, rest.Deletes, rest.MergesMetadata, rest.ReplacesMetadata),
		members.Serve(rest.Pages, rest.Creates, rest.Updates, rest.Removes, rest.MergesMetadata, rest.ReplacesMetadata),
		all.Serve(rest.Pages),
		hosts.Serve(rest.Pages, rest.Creates, rest.Updates, rest.Deletes),
		[]rest.Endpoint{
			groups.On("PUT", "/logo", rest.Uploads("image_url", "uploader_user_id")),
			groups.On("DELETE", "/logo", rest.Clears("image_url")),
		},
	)
}

// within narrows a collection to the rows of the organization that the path names.
func within(rows func(*store.Organization) []store.Row, preset func(*store.Organization, store.Row)) func(*store.Instance, *wire.Call) (rest.Scope, error) {
	return func(in *store.Instance, call *wire.Call) (rest.Scope, error) {
		o, err := organization(in, call)
		if err != nil {
			return rest.Scope{}, err
		}
		return rest.Scope{Rows: rows(o), Preset: func(row store.Row) { preset(o, row) }}, nil
	}
}

// organization finds the organization that the path names, by id or slug.
func organization(in *store.Instance, call *wire.Call) (*store.Organization, error) {
	if o := in.Organizations.Get(call.Param("organization")); o != nil {
		return o, nil
	}
	return nil, wire.NotFound("Organization")
}
