package backendapi

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// tickets are ways to sign in once that servers give out.
func tickets() []rest.Endpoint {
	var list []rest.Endpoint
	for path, table := range map[string]func(*store.Instance) *store.Table{
		"/v1/sign_in_tokens": func(in *store.Instance) *store.Table { return in.SignInTokens.Table },
		"/v1/actor_tokens":   func(in *store.Instance) *store.Table { return in.ActorTokens.Table },
		"/v1/agents/tasks":   func(in *store.Instance) *store.Table { return in.AgentTasks.Table },
	} {
		c := rest.Collection{Path: path, Table: table}
		list = slices.Concat(list, c.Serve(rest.Creates), []rest.Endpoint{c.On("POST", "/revoke", revoke(nil, "sign_in_token_cannot_be_revoked_code"))})
	}
	return list
}
