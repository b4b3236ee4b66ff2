package core

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/reason"
)

// ProtectOption configures a [Guard]: a [Requirement], [UnauthorizedURL],
// [UnauthenticatedURL], [AcceptTokens] or [ResourceMetadataURL].
type ProtectOption interface{ applyGuard(*Guard) }

type protectOption func(*Guard)

func (f protectOption) applyGuard(g *Guard) { f(g) }

// UnauthenticatedURL redirects requests without a signed-in user to u instead of
// the sign-in page, page loads or not. A relative u belongs to the application.
func UnauthenticatedURL(u string) ProtectOption {
	return protectOption(func(g *Guard) { g.setURL("UnauthenticatedURL", &g.unauthenticatedURL, u) })
}

// UnauthorizedURL redirects users who lack a requirement to u instead of
// answering 404. A relative u belongs to the application.
func UnauthorizedURL(u string) ProtectOption {
	return protectOption(func(g *Guard) { g.setURL("UnauthorizedURL", &g.unauthorizedURL, u) })
}

// AcceptTokens makes a guard accept these types of token. The default is
// [SessionToken] alone. Without types nothing passes, as with [TokenList].
func AcceptTokens(types ...TokenType) ProtectOption {
	types = append([]TokenType{}, types...)
	return protectOption(func(g *Guard) { g.setTokens(types) })
}

// ResourceMetadataURL says where OAuth clients find the metadata of the resource
// that a guard protects (RFC 9728), in the challenge of its 401 and 403. A relative
// u belongs to the application. It goes with an [AcceptTokens] that accepts
// [OAuthToken].
//
// Without it, the guards of a program that serves the metadata with an adapter's
// ProtectedResource name /.well-known/oauth-protected-resource on the origin that
// the request came to. Otherwise an OAuth token that does not pass is answered, as
// by Clerk's SDKs, with the metadata of Clerk's own Frontend API.
func ResourceMetadataURL(u string) ProtectOption {
	return protectOption(func(g *Guard) { g.setURL("ResourceMetadataURL", &g.resourceMetadata, u) })
}

// Guard is Clerk's auth.protect(): what a route requires, and how refusals are
// answered. Adapters make one ([Adapter.Guard]) when the routes are set up; it is
// immutable and safe for concurrent use. Without requirements it asks for a signed-in
// user.
//
// Options that could have no effect are errors: any given twice, an empty URL, and on a
// guard for machines alone UnauthorizedURL,
// UnauthenticatedURL and [Reverification], which are for users.
//
//	| request                      | answer                                            |
//	|------------------------------|---------------------------------------------------|
//	| fulfils the requirements     | goes on                                           |
//	| signed in, but lacks one     | 404, or UnauthorizedURL                           |
//	| … only a [Reverification]    | 403 with Clerk's JSON, unless it is a page load   |
//	| signed out, page load        | sign-in page and back, or UnauthenticatedURL      |
//	| signed out, anything else    | 404, or UnauthenticatedURL                        |
//	| machine token, not accepted  | 401                                               |
//	| could not be checked         | 503 with Retry-After                              |
//	| the secret key is refused    | 500                                               |
//
// With [Options].APIStatus, requests that are no page loads get 401 and 403
// instead of 404, and page loads that only a [Reverification] keeps out get its JSON
// too, where there is no UnauthorizedURL.
type Guard struct {
	adapter            Adapter
	call               string // of the adapter, that the guard is made by
	matcher            *RouteMatcher
	requirements       []Requirement
	unauthorizedURL    string
	unauthenticatedURL string
	tokens             []TokenType // nil means session tokens, empty none
	resourceMetadata   string      // where OAuth clients find the description of the route
	framework          any         // the value of [Adapter.Option]
	frameworkName      string
	faults             []error
}

// Option returns the value of the option that [Adapter.Option] made, nil without one.
func (g *Guard) Option() any { return g.framework }

// acceptsSession reports whether session tokens are accepted.
func (g *Guard) acceptsSession() bool {
	return g.tokens == nil || slices.Contains(g.tokens, SessionToken)
}

// onlySession reports whether nothing else is.
func (g *Guard) onlySession() bool {
	return g.tokens == nil || len(g.tokens) == 1 && g.tokens[0] == SessionToken
}

// Check decides about a request. ctx bounds the verification of a machine's
// token.
func (g *Guard) Check(ctx context.Context, ra *RequestAuth) Outcome {
	if ra.skipped {
		return failure(errSkipped)
	}
	if kind := ra.presented(); kind != "" {
		if slices.Contains(g.tokens, kind) {
			return g.checkMachine(ctx, ra)
		}
		if !g.onlySession() {
			return g.unauthorizedMachine(ra, nil)
		}
	}
	if !g.acceptsSession() {
		return g.unauthorizedMachine(ra, nil)
	}
	return g.checkSession(ctx, ra)
}

// checkRoute is [Guard.Check] for the requests that visit a route of the guard's
// matcher.
func (g *Guard) checkRoute(ctx context.Context, ra *RequestAuth, p RoutePath) Outcome {
	switch g.matcher.MatchPath(ra.request, p) {
	case NoMatch:
		return Outcome{}
	case Match:
		return g.Check(ctx, ra)
	case CannotTell:
	}
	return empty(http.StatusBadRequest, &Error{class: ErrAmbiguousPath, message: "the path can be read in several ways"})
}

var errSkipped = &Error{
	class:   ErrMiddlewareMissing,
	message: "Options.Skip leaves out a request that a guard covers: make it skip less, or guard less",
}

// checkSession decides by the session.
func (g *Guard) checkSession(ctx context.Context, ra *RequestAuth) Outcome {
	auth := ra.state.Auth()
	switch {
	case ra.state.tokenType == SessionToken && auth.authenticated && auth.UserID != "":
		v := checkAll(auth, g.requirements)
		if v.met {
			return Outcome{}
		}
		return g.unauthorized(ra, v.wants)
	case ra.state.reason == reason.SecretKeyInvalid:
		return ra.secretKeyInvalid(ctx)
	case ra.state.Unavailable() != nil:
		return unavailable(ra.state)
	}
	return g.unauthenticated(ctx, ra)
}

// checkMachine decides by the machine's token that the request presents.
func (g *Guard) checkMachine(ctx context.Context, ra *RequestAuth) Outcome {
	state := ra.state
	if ra.machine != nil {
		state = ra.machine.verify(ctx, ra)
	}
	switch {
	case state.IsSignedIn() && checkAll(state.Auth(), g.requirements).met:
		ra.accepted.Store(state)
		return Outcome{}
	case state.reason == reason.SecretKeyInvalid:
		return ra.secretKeyInvalid(ctx)
	case state.Unavailable() != nil:
		return unavailable(state)
	case state.IsSignedIn() && ra.clerk.opts.APIStatus:
		return g.withChallenge(ra, empty(http.StatusForbidden, &Error{class: ErrForbidden, message: "requirements not met"}))
	}
	return g.unauthorizedMachine(ra, state)
}

// unauthenticated answers a request without a user.
func (g *Guard) unauthenticated(ctx context.Context, ra *RequestAuth) Outcome {
	failure := &Error{class: ErrUnauthenticated, reason: ra.state.reason, message: "not signed in"}
	switch {
	case g.unauthenticatedURL != "":
		return ra.redirectToURL(g.unauthenticatedURL, failure)
	case ra.isPageRequest():
		page := ra.publicURL()
		target, err := ra.pageURL(signInPage, page, "", nil)
		if err != nil {
			return serverError(err)
		}
		if isGuardedSignIn(target, page) {
			ra.clerk.logOften(ctx, slog.LevelWarn, "guarded sign-in page", "core: redirect loop: "+guardedSignInAdvice)
			if ra.clerk.key.Instance == clerkkey.Development {
				return ra.guardedSignInPage()
			}
		}
		return refusedRedirect(ra.redirectStatus(), ra.withDevBrowser(target, page).String(), failure)
	case ra.clerk.opts.APIStatus, ra.isActionRequest():
		return g.withChallenge(ra, empty(http.StatusUnauthorized, failure))
	}
	return ra.notFound(failure)
}

// unauthorized answers a request whose user lacks a requirement, or only what wants
// says.
func (g *Guard) unauthorized(ra *RequestAuth, wants *ReverificationConfig) Outcome {
	failure := &Error{class: ErrForbidden, message: "requirements not met"}
	if wants != nil {
		failure = wants.refusal()
	}
	switch {
	case wants != nil && (!ra.isPageRequest() || ra.clerk.opts.APIStatus && g.unauthorizedURL == ""):
		return g.askReverification(ra, failure)
	case g.unauthorizedURL != "":
		return ra.redirectToURL(g.unauthorizedURL, failure)
	case ra.clerk.opts.APIStatus && !ra.isPageRequest():
		return g.withChallenge(ra, empty(http.StatusForbidden, failure))
	}
	return ra.notFound(failure)
}

// unauthorizedMachine answers 401. state is the verdict on the machine's token,
// nil where it was not asked for.
func (g *Guard) unauthorizedMachine(ra *RequestAuth, state *State) Outcome {
	failure := &Error{class: ErrUnauthenticated, message: "no accepted token", reason: reason.TokenTypeMismatch}
	var headers []Header
	if state != nil {
		failure.reason = state.reason
		if ra.machine != nil {
			headers = state.headers
		}
	}
	return g.withChallenge(ra, empty(http.StatusUnauthorized, failure, headers...))
}

// redirectToURL sends the browser to a URL of the guard's options.
func (ra *RequestAuth) redirectToURL(u string, failure *Error) Outcome {
	target, err := ra.resolveURL(u, ra.publicURL())
	if err != nil {
		return serverError(err)
	}
	return refusedRedirect(ra.redirectStatus(), target, failure)
}

// refusedRedirect refuses a request by sending the browser elsewhere.
func refusedRedirect(status int, location string, failure *Error) Outcome {
	failure.status = status
	o := redirectOutcome(status, location)
	o.Err = failure
	return o
}

// redirectStatus is 307 as everywhere in Clerk, but 303 for what is neither GET nor
// HEAD, where Clerk's SDKs send 307 too: a form that was sent must not travel on,
// with its body, to the page that the browser is sent to.
func (ra *RequestAuth) redirectStatus() int {
	switch ra.request.Method() {
	case http.MethodGet, http.MethodHead:
		return http.StatusTemporaryRedirect
	}
	return http.StatusSeeOther
}

// protectRewrite is how Clerk's SDK for Next.js marks its 404. It would tell a
// hidden route from an absent one, so only development instances send it.
const protectRewrite = "protect-rewrite"

// notFound hides the route.
func (ra *RequestAuth) notFound(failure *Error) Outcome {
	failure.status = http.StatusNotFound
	o := Outcome{kind: deliverAbsent, Status: http.StatusNotFound, Err: failure}
	if ra.clerk.key.Instance == clerkkey.Development {
		o.Headers = []Header{{headerAuthReason, protectRewrite}}
	}
	return o
}

func empty(status int, failure *Error, headers ...Header) Outcome {
	failure.status = status
	return Outcome{kind: deliverAnswer, Status: status, Err: failure, Headers: slices.Clone(headers)}
}

// unavailable answers a request that could not be checked.
func unavailable(state *State) Outcome {
	failure := &Error{class: ErrUnavailable, reason: state.reason, message: "the credential could not be checked", cause: state.Unavailable()}
	return empty(http.StatusServiceUnavailable, failure, Header{headerRetryAfter, "5"})
}

// secretKeyInvalid answers 500: the configuration is at fault, not the caller.
func (ra *RequestAuth) secretKeyInvalid(ctx context.Context) Outcome {
	ra.clerk.logSecretKeyRefused(ctx, nil)
	return serverError(secretKeyRefused(nil))
}

// isPageRequest reports whether a browser loads a page.
func (ra *RequestAuth) isPageRequest() bool {
	r := ra.request
	if f := ra.clerk.opts.IsPageRequest; f != nil {
		return f(r)
	}
	switch request.Header(r, "Sec-Fetch-Dest") {
	case "document", "iframe":
		return true
	}
	return strings.Contains(request.Header(r, "Accept"), "text/html")
}

func (ra *RequestAuth) isActionRequest() bool {
	f := ra.clerk.opts.IsActionRequest
	return f != nil && f(ra.request)
}
