package core

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
)

// withChallenge adds the WWW-Authenticate header to a 401 or 403: for OAuth clients
// where the protected resource describes itself, and with Options.APIStatus what RFC
// 6750 asks for on each, and RFC 9470 where the user has to prove anew who they are.
func (g *Guard) withChallenge(ra *RequestAuth, o Outcome) Outcome {
	o = ra.refused(o)
	challenge := ""
	if u := g.metadataURL(ra); u != "" {
		// A host may hold a quotation mark, which would end the text.
		challenge = `resource_metadata="` + strings.ReplaceAll(u, `"`, "%22") + `"`
	}
	if ra.clerk.opts.APIStatus {
		switch {
		case o.Err.wants != nil:
			challenge = joinParams(challenge, o.Err.wants.challenge())
		case o.Status == http.StatusForbidden:
			challenge = joinParams(challenge, `error="insufficient_scope"`)
		case engine.AuthorizationToken(request.Header(ra.request, "Authorization")) != "":
			challenge = joinParams(challenge, `error="invalid_token"`)
		}
	} else if challenge == "" {
		return o
	}
	if challenge != "" {
		challenge = " " + challenge
	}
	o.Headers = append(o.Headers, Header{headerWWWAuthenticate, "Bearer" + challenge})
	return o
}

// refused notes what an application's own answer to a refusal needs.
func (ra *RequestAuth) refused(o Outcome) Outcome {
	o.page = ra.isPageRequest()
	return o
}

// metadataPath is where a resource describes itself, unless it says otherwise.
const metadataPath = "/.well-known/oauth-protected-resource"

// resourceServed says that the program serves [ProtectedResource]. A guard cannot
// see the routes of its application, and the first answer that a client gets must
// tell it already; so it is known from when the handler is made.
var resourceServed atomic.Bool

// metadataURL returns where an OAuth client finds the metadata of what the guard
// protects, "" where that is of no use to the client.
func (g *Guard) metadataURL(ra *RequestAuth) string {
	accepts := slices.Contains(g.tokens, OAuthToken)
	switch {
	case accepts && g.resourceMetadata != "":
		if u, err := ra.publicURL().Resolve(g.resourceMetadata); err == nil {
			return u.String()
		}
	case accepts && resourceServed.Load():
		return ra.publicURL().Origin() + metadataPath
	}
	if ra.presented() == OAuthToken && ra.clerk.key.Host != "" {
		return "https://" + ra.clerk.key.Host + metadataPath // As Clerk's SDKs.
	}
	return ""
}

func joinParams(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// ProtectedResource is the metadata by which OAuth clients, such as those of MCP
// servers, find out who issues tokens for an application (RFC 9728). Serve it as
// JSON under /.well-known/oauth-protected-resource, with an adapter's ProtectedResource.
type ProtectedResource struct {
	Resource             string   `json:"resource"`
	AuthorizationServers []string `json:"authorization_servers,omitempty"`
	JWKSURI              string   `json:"jwks_uri,omitempty"`
	ScopesSupported      []string `json:"scopes_supported,omitempty"`
	BearerMethods        []string `json:"bearer_methods_supported"`
}

// ProtectedResource describes the resource at a URL; an empty one is the origin
// that the request came to.
func (ra *RequestAuth) ProtectedResource(resource string, scopes ...string) ProtectedResource {
	if resource == "" {
		resource = ra.publicURL().Origin()
	}
	p := ProtectedResource{Resource: resource, ScopesSupported: slices.Clone(scopes), BearerMethods: []string{"header"}}
	if host := ra.clerk.key.Host; host != "" { // Instances for machines alone need no publishable key.
		p.AuthorizationServers = []string{"https://" + host}
		p.JWKSURI = "https://" + host + "/.well-known/jwks.json"
	}
	return p
}
