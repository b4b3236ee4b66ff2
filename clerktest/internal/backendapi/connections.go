package backendapi

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// connections are those to identity providers of enterprises, by their new and their old name.
func connections() []rest.Endpoint {
	all := rest.Collection{Path: "/v1/enterprise_connections", Table: func(in *store.Instance) *store.Table { return in.EnterpriseConnections.Table }}
	saml := rest.Collection{Path: "/v1/saml_connections", Table: func(in *store.Instance) *store.Table { return in.SAMLConnections.Table }}
	operations := []rest.Operation{rest.Pages, rest.Creates, rest.Gets, rest.Updates, rest.Removes}
	return slices.Concat(all.Serve(operations...), saml.Serve(operations...))
}
