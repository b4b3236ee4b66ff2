package backendapi

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// connections are those to identity providers of enterprises, by their new and their old name.
func connections() []rest.Endpoint {
	all := rest.Collection{Path: "/v1/enterprise_connections", Table: func(in *store.Instance) *store.Table { return in.EnterpriseConnections.Table }}
	saml := rest.Collection{Path: "/v1/saml_connections", Table: func(in *store.Instance) *store.Table { return in.SAMLConnections.Table }}
	operations := []rest.Operation{rest.Pages, rest.Creates, rest.Gets, rest.Updates, removesAndSays}
	return slices.Concat(all.Serve(operations...), saml.Serve(operations...))
}

// removesAndSays answers with what was there, as @clerk/backend reads it, and with what clerk-sdk-go looks for.
func removesAndSays(c rest.Collection) rest.Endpoint {
	e := rest.Removes(c)
	remove := e.Serve
	e.Serve = func(in *store.Instance, call *wire.Call) (any, error) {
		answer, err := remove(in, call)
		if doc, is := answer.(wire.Doc); is {
			doc["deleted"] = true
		}
		return answer, err
	}
	return e
}
