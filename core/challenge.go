package core

import (
	"net/http"
	"slices"
)

// withChallenge adds the WWW-Authenticate header to a 401 or 403: for OAuth tokens
// where the protected resource describes itself, as in Clerk's SDKs, and with
// Options.APIStatus what RFC 6750 asks for on each, and RFC 9470 where the user has
// to prove anew who they are.
func (ra *RequestAuth) withChallenge(o Outcome) Outcome {
	challenge := ""
	if ra.presented() == OAuthToken && ra.clerk.key.host != "" {
		challenge = `resource_metadata="https://` + ra.clerk.key.host + `/.well-known/oauth-protected-resource"`
	}
	if ra.clerk.opts.APIStatus {
		switch {
		case o.Err.wants != nil:
			challenge = join(challenge, o.Err.wants.challenge())
		case o.Status == http.StatusForbidden:
			challenge = join(challenge, `error="insufficient_scope"`)
		case authorizationToken(header(ra.request, "Authorization")) != "":
			challenge = join(challenge, `error="invalid_token"`)
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

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// ProtectedResource is the metadata by which OAuth clients, such as those of MCP
// servers, find out who issues tokens for an application (RFC 9728). Serve it as
// JSON under /.well-known/oauth-protected-resource.
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
	if host := ra.clerk.key.host; host != "" { // Instances for machines alone need no publishable key.
		p.AuthorizationServers = []string{"https://" + host}
		p.JWKSURI = "https://" + host + "/.well-known/jwks.json"
	}
	return p
}
