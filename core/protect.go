package core

import (
	"context"
	"log/slog"
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
	"github.com/clerkgo/clerkgo/core/reason"
)

// Check decides about a request. ctx bounds the verification of a machine's
// token.
func (g *Guard) Check(ctx context.Context, ra *RequestAuth) Outcome {
	if ra.skipped {
		return ra.fault(ctx, errSkipped)
	}
	if kind := ra.presented(); kind != "" {
		if slices.Contains(g.tokens, kind) {
			return g.checkMachine(ctx, ra)
		}
		if !g.onlySession() {
			return g.unknownMachine(ra)
		}
	}
	if !g.acceptsSession() {
		return g.unknownMachine(ra)
	}
	return g.checkSession(ctx, ra)
}

// checkRoute is [Guard.Check] for the requests that visit a route of the guard's
// matcher, by any of their paths.
func (g *Guard) checkRoute(ctx context.Context, ra *RequestAuth, paths []RoutePath) Outcome {
	visits := false
	for _, p := range paths {
		switch g.matcher.MatchPath(ra.request, p) {
		case NoMatch:
		case Match:
			visits = true
		case CannotTell:
			return ra.refused(bareRefusal(http.StatusBadRequest, &Error{class: ErrAmbiguousPath, message: "the path can be read in several ways"}))
		}
	}
	if !visits {
		return Outcome{}
	}
	return g.Check(ctx, ra)
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
		switch {
		case auth.InGrace() && (g.noGrace || v.aged):
			return ra.uncheckedAnswer(uncheckedState(ra.state.withoutGrace()), ra.isPageRequest())
		case v.met:
			return Outcome{}
		}
		return g.unauthorized(ctx, ra, &v)
	case ra.state.reason == reason.SecretKeyInvalid:
		return ra.secretKeyInvalid(ctx)
	case ra.state.Unavailable() != nil:
		return ra.uncheckedAnswer(uncheckedState(ra.state), ra.isPageRequest())
	}
	return g.unauthenticated(ctx, ra)
}

// checkMachine decides by the machine's token that the request presents.
func (g *Guard) checkMachine(ctx context.Context, ra *RequestAuth) Outcome {
	state := ra.state
	if ra.machine != nil {
		state = ra.machine.verify(ctx, ra)
	}
	var v verdict
	if state.IsSignedIn() {
		v = checkAll(state.Auth(), g.requirements)
	}
	switch {
	case v.met:
		ra.accepted.Store(state)
		return Outcome{}
	case state.reason == reason.SecretKeyInvalid:
		return ra.secretKeyInvalid(ctx)
	case state.Unavailable() != nil:
		return ra.uncheckedAnswer(uncheckedState(state), false)
	case state.IsSignedIn() && ra.clerk.opts.APIStatus:
		return g.withChallenge(ra, bareRefusal(http.StatusForbidden, lacking(state.Auth(), v.by)))
	case state.IsSignedIn():
		return g.refusedMachine(ra, state, "no accepted token: "+lacking(state.Auth(), v.by).message)
	}
	return g.refusedMachine(ra, state, "no accepted token")
}

// unauthenticated answers a request without a user.
func (g *Guard) unauthenticated(ctx context.Context, ra *RequestAuth) Outcome {
	failure := &Error{class: ErrUnauthenticated, reason: ra.state.reason, message: "not signed in"}
	switch {
	case g.unauthenticatedURL != "":
		return ra.redirectToURL(ctx, "UnauthenticatedURL", g.unauthenticatedURL, failure)
	case ra.isPageRequest():
		page := ra.publicURL()
		target, err := ra.guardPageURL(page)
		if err != nil {
			return serverError(err)
		}
		if isGuardedSignIn(target, page) {
			ra.clerk.logOften(ctx, slog.LevelWarn, "guarded sign-in page", "core: redirect loop: "+guardedSignInAdvice)
			if ra.clerk.key.Instance == clerkkey.Development {
				return ra.guardedSignInPage()
			}
		}
		return refusedRedirect(ra.redirectStatus(), target.String(), failure)
	case ra.clerk.opts.APIStatus, ra.isActionRequest():
		return g.withChallenge(ra, bareRefusal(http.StatusUnauthorized, failure))
	}
	return ra.notFound(failure)
}

// unauthorized answers a request whose user lacks a requirement, or only to be verified
// anew.
func (g *Guard) unauthorized(ctx context.Context, ra *RequestAuth, v *verdict) Outcome {
	wants := v.wants
	var failure *Error
	if wants != nil {
		failure = wants.refusal()
	} else {
		failure = lacking(ra.state.Auth(), v.by)
	}
	switch {
	case wants != nil && (!ra.isPageRequest() || ra.clerk.opts.APIStatus && g.unauthorizedURL == ""):
		return g.askReverification(ra, failure)
	case g.unauthorizedURL != "":
		return ra.redirectToURL(ctx, "UnauthorizedURL", g.unauthorizedURL, failure)
	case ra.clerk.opts.APIStatus && !ra.isPageRequest():
		return g.withChallenge(ra, bareRefusal(http.StatusForbidden, failure))
	}
	return ra.notFound(failure)
}

// unknownMachine answers 401 to a request that brings no token of an accepted type.
func (g *Guard) unknownMachine(ra *RequestAuth) Outcome {
	failure := &Error{class: ErrUnauthenticated, message: "no accepted token", reason: reason.TokenTypeMismatch}
	if engine.AuthorizationToken(request.Header(ra.request, "Authorization")) == "" {
		failure.reason = reason.NoTokenInHeader
	}
	return g.withChallenge(ra, bareRefusal(http.StatusUnauthorized, failure))
}

// refusedMachine answers 401 by the verdict on the machine's token.
func (g *Guard) refusedMachine(ra *RequestAuth, state *State, message string) Outcome {
	var headers []Header
	if ra.machine != nil {
		headers = state.headers
	}
	return g.withChallenge(ra, bareRefusal(http.StatusUnauthorized, &Error{class: ErrUnauthenticated, message: message, reason: state.reason}, headers...))
}

// redirectToURL sends the browser to the URL of an option of the guard's. Where that seems to be
// the page that is refused, it may come back for ever. A proxy may know better, which has cut off
// a part of the path: only the log is told.
func (ra *RequestAuth) redirectToURL(ctx context.Context, option, u string, failure *Error) Outcome {
	page := ra.publicURL()
	target, err := ra.resolveURL(u, page)
	if err != nil {
		return serverError(err)
	}
	if ra.comesBack(target, page) {
		ra.clerk.logOften(ctx, slog.LevelWarn, "guarded "+option, "core: redirect loop, unless a proxy changes the path: the page that "+option+" names stands behind the guard that sends there: register it outside of the guard, or name another")
	}
	return refusedRedirect(ra.redirectStatus(), target, failure)
}

// comesBack reports whether a redirect to a URL seems to lead to the same request again: page is
// its address, whose scheme a proxy may not have told.
func (ra *RequestAuth) comesBack(target string, page weburl.URL) bool {
	if method := ra.request.Method(); method != http.MethodGet && method != http.MethodHead {
		return false // The browser comes with GET, which may be for everybody.
	}
	u, err := page.Resolve(target)
	return err == nil && u.Hostname() == page.Hostname() && u.Path() == page.Path() && u.Search() == page.Search()
}

// refusedRedirect refuses a request by sending the browser elsewhere.
func refusedRedirect(status int, location string, failure *Error) Outcome {
	failure.status = status
	o := redirectOutcome(status, location)
	o.Err = failure
	return o
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
	return ra.refused(o)
}

// secretKeyInvalid answers 500: the configuration is at fault, not the caller.
func (ra *RequestAuth) secretKeyInvalid(ctx context.Context) Outcome {
	ra.clerk.logSecretKeyRefused(ctx, nil)
	return ra.refused(serverError(secretKeyRefused(nil)))
}

// askReverification answers so that clerk-js asks the user and sends the request again.
func (g *Guard) askReverification(ra *RequestAuth, failure *Error) Outcome {
	o := bareRefusal(http.StatusForbidden, failure)
	o.Body, o.ContentType, o.SetHeaders = failure.wants.body(), "application/json", noStore
	if ra.clerk.opts.APIStatus {
		o = g.withChallenge(ra, o)
	}
	return ra.refused(o)
}

// refusal is the refusal of a request for which only this is missing.
func (c *ReverificationConfig) refusal() *Error {
	return &Error{class: ErrForbidden, reason: reason.Reverification, message: "the user has to be verified anew", wants: c}
}

// noStore keeps an answer out of caches. It is shared.
var noStore = []Header{{headerCacheControl, personalOnly}}
