package httpclerk

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/clerk/clerk-sdk-go/v2"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// Auth returns who makes the request. It is never nil; signed-out requests have a zero UserID.
// Where [Middleware] did not run it panics with a [*core.Error] that says where to put it.
func Auth(r *http.Request, opts ...core.AuthOption) *core.Auth {
	return adapter.MustFind(stored(r), "Auth").Auth(opts...)
}

// State returns the result of the authentication, for logs. It panics where [Auth] does.
func State(r *http.Request) *core.State { return adapter.MustFind(stored(r), "State").State() }

// Nonce returns the nonce of the response's Content-Security-Policy, for script elements, empty
// unless the policy is strict. It panics where [Auth] does.
func Nonce(r *http.Request) string { return adapter.MustFind(stored(r), "Nonce").Nonce() }

// CurrentUser returns the user who makes the request, nil without an error when nobody is signed
// in. It makes at most one call to Clerk per request; see [core.RequestAuth.CurrentUser].
// core.AsError(err).StatusCode() says how to answer an error: 503 where Clerk could not be asked,
// else 500. It panics where [Auth] does.
func CurrentUser(r *http.Request, opts ...core.AuthOption) (*clerk.User, error) {
	return adapter.MustFind(stored(r), "CurrentUser").CurrentUser(r.Context(), opts...)
}

// Client returns clerk-sdk-go's clients for this request's instance. It panics where [Auth] does.
func Client(r *http.Request) *core.Client { return adapter.MustFind(stored(r), "Client").Client() }

// RedirectToSignIn sends the browser to the sign-in page, and back here afterwards: return after
// it. It panics where [Auth] does.
func RedirectToSignIn(w http.ResponseWriter, r *http.Request, opts ...core.RedirectOption) {
	deliver(w, r, adapter.MustFind(stored(r), "RedirectToSignIn").RedirectToSignIn(opts...))
}

// RedirectToSignUp is [RedirectToSignIn] for the sign-up page.
func RedirectToSignUp(w http.ResponseWriter, r *http.Request, opts ...core.RedirectOption) {
	deliver(w, r, adapter.MustFind(stored(r), "RedirectToSignUp").RedirectToSignUp(opts...))
}

// NotFound answers as [http.NotFound] does, with the headers that a guard's 404 has, so that a
// hidden route does not differ from an absent one. [Middleware] directly in front of a ServeMux
// sees to that itself; other routers take this as their handler for what they do not find, such as
// chi with r.NotFound(httpclerk.NotFound).
func NotFound(w http.ResponseWriter, r *http.Request) {
	if ra, err := adapter.Find(stored(r), "NotFound"); err == nil {
		ra.WriteAbsent(w.Header()) // Where the middleware did not run, no guard hides a route.
	}
	http.NotFound(w, r)
}

// ProtectedResource answers with the metadata of RFC 9728, by which OAuth clients find out who
// issues tokens for a resource; an empty one is the origin that a request comes to. Register it,
// behind [Middleware], for GET /.well-known/oauth-protected-resource: guards that accept OAuth
// tokens then name it to clients that they refuse. [core.ResourceMetadataURL] is for one elsewhere.
func ProtectedResource(resource string, scopes ...string) http.HandlerFunc {
	adapter.ServesResource()
	return func(w http.ResponseWriter, r *http.Request) {
		document := adapter.MustFind(stored(r), "ProtectedResource").ProtectedResource(resource, scopes...)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(document) // It reaches a client or nobody.
	}
}

// Webhook verifies each request for Clerk's webhooks and calls f with its event. What is not
// Clerk's is answered 400, what is too large 413. Where f returns an error, it is logged and
// answered 500, so that Clerk tries again; else it is 200, unless f answers itself. Register it for
// POST, where no guard refuses it and nothing reads the body before:
//
//	mux.Handle("POST /webhooks/clerk", httpclerk.Webhook(receiver, func(w http.ResponseWriter, r *http.Request, event *webhook.Event) error { ... }))
func Webhook(receiver *webhook.Receiver, f func(w http.ResponseWriter, r *http.Request, event *webhook.Event) error) http.HandlerFunc {
	adapter.Given("Webhook", receiver, f)
	return func(w http.ResponseWriter, r *http.Request) {
		event, err := receiver.Receive(r.Header, r.Body) //nolint:contextcheck // What is learnt from it outlives the request.
		if err != nil {
			w.WriteHeader(webhook.StatusOf(err))
			return
		}
		if err := f(w, r, event); err != nil {
			slog.ErrorContext(r.Context(), "httpclerk: a handler of webhooks failed", "error", err)
			w.WriteHeader(http.StatusInternalServerError)
		}
	}
}
