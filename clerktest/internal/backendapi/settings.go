package backendapi

import (
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// settings are the small tables that an instance is configured by.
func settings() []rest.Endpoint {
	templates := rest.Collection{Path: "/v1/jwt_templates", Table: func(in *store.Instance) *store.Table { return in.Templates.Table }}
	allowlist := rest.Collection{Path: "/v1/allowlist_identifiers", Table: func(in *store.Instance) *store.Table { return in.AllowlistIdentifiers.Table }}
	blocklist := rest.Collection{Path: "/v1/blocklist_identifiers", Table: func(in *store.Instance) *store.Table { return in.BlocklistIdentifiers.Table }}
	redirects := rest.Collection{Path: "/v1/redirect_urls", Table: func(in *store.Instance) *store.Table { return in.RedirectURLs.Table }}
	domains := rest.Collection{Path: "/v1/domains", Table: func(in *store.Instance) *store.Table { return in.Domains.Table }}
	return slices.Concat(
		templates.Serve(rest.Lists, rest.Creates, rest.Gets, rest.Updates, rest.Deletes),
		allowlist.Serve(rest.Lists, rest.Creates, rest.Deletes),
		blocklist.Serve(rest.Pages, rest.Creates, rest.Deletes),
		redirects.Serve(rest.Lists, rest.Creates, rest.Gets, rest.Deletes),
		domains.Serve(rest.Pages, rest.Creates, rest.Updates),
		[]rest.Endpoint{{Pattern: "DELETE /v1/domains/{id}", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
			d := in.Domains.Get(call.Param("id"))
			if d == nil {
				return nil, wire.NotFound("Domain")
			}
			if !d.IsSatellite {
				return nil, &wire.Error{Status: http.StatusForbidden, Code: "primary_domain_not_removable", Message: "The primary domain cannot be deleted."}
			}
			return in.Domains.Delete(d), nil
		}}},
	)
}
