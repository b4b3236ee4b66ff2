package backendapi

import (
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// settings are the small tables that an instance is configured by.
func settings() []Endpoint {
	templates := collection{path: "/v1/jwt_templates", table: func(in *store.Instance) *store.Table { return in.Templates.Table }}
	allowlist := collection{path: "/v1/allowlist_identifiers", table: func(in *store.Instance) *store.Table { return in.AllowlistIdentifiers.Table }}
	blocklist := collection{path: "/v1/blocklist_identifiers", table: func(in *store.Instance) *store.Table { return in.BlocklistIdentifiers.Table }}
	redirects := collection{path: "/v1/redirect_urls", table: func(in *store.Instance) *store.Table { return in.RedirectURLs.Table }}
	domains := collection{path: "/v1/domains", table: func(in *store.Instance) *store.Table { return in.Domains.Table }}
	return slices.Concat(
		templates.serve(lists, creates, gets, updates, deletes),
		allowlist.serve(lists, creates, deletes),
		blocklist.serve(pages, creates, deletes),
		redirects.serve(lists, creates, gets, deletes),
		domains.serve(pages, creates, updates),
		[]Endpoint{{"DELETE /v1/domains/{id}", func(in *store.Instance, call *wire.Call) (any, error) {
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
