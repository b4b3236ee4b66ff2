package core

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/organization"
	"github.com/clerk/clerk-sdk-go/v2/session"
	"github.com/clerk/clerk-sdk-go/v2/user"

	"github.com/clerkgo/clerkgo/core/internal/engine"
)

// Client gives clerk-sdk-go's clients with the keys and the address of one
// instance, never clerk-sdk-go's package-level key. Failed calls are
// [*BackendError], found with errors.As. Safe for concurrent use.
type Client struct{ config clerk.ClientConfig }

// Client returns the clients of this instance's Backend API. What is ended through them (a session,
// a user, a membership, an organization) is refused from then on, as with [Clerk.RevokeSession],
// and so is what Clerk's answers say is over: see [Revocations].
func (c *Clerk) Client() *Client {
	base, key, client := c.backend.BaseURL(), c.opts.SecretKey, *c.backend.ApplicationClient()
	client.Transport = learningTransport{c, publicErrors{client.Transport}}
	return &Client{clerk.ClientConfig{BackendConfig: clerk.BackendConfig{HTTPClient: &client, URL: &base, Key: &key}}}
}

// publicErrors is a transport whose failures applications know.
type publicErrors struct{ base http.RoundTripper }

// RoundTrip performs one call.
func (t publicErrors) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(r)
	return resp, publicError(err)
}

// Config returns the configuration for clerk-sdk-go's other clients. It holds the
// secret key. The caller may change it.
func (c *Client) Config() *clerk.ClientConfig {
	config := c.config
	base, key := *config.URL, *config.Key
	config.URL, config.Key = &base, &key
	return &config
}

// Users returns the client for users.
func (c *Client) Users() *user.Client { return user.NewClient(c.Config()) }

// Sessions returns the client for sessions.
func (c *Client) Sessions() *session.Client { return session.NewClient(c.Config()) }

// Organizations returns the client for organizations.
func (c *Client) Organizations() *organization.Client { return organization.NewClient(c.Config()) }

// Client returns the clients of the instance that this request belongs to.
func (ra *RequestAuth) Client() *Client { return ra.clerk.Client() }

const userUnknown = "the user could not be asked for"

// CurrentUser returns the user who makes the request: Clerk's currentUser(). It is
// nil, without an error, when nobody is signed in, when a machine makes the
// request, and when the user no longer exists; a pending session counts with
// [PendingAsSignedIn] only. The first use makes a call to the Backend API, which
// counts towards its rate limit; later and concurrent uses in the same request
// share its result. With Options.Users other requests do, too, each with a copy of its own.
//
// A failed call is a [*BackendError], found with errors.As, and not remembered. Where
// Clerk gave no answer it matches [ErrUnavailable] and means 503; where Clerk refuses
// the secret key, [ErrConfiguration] and 500: AsError(err).StatusCode() tells.
//
// The user holds private metadata: send the fields that you need, never all of it.
func (ra *RequestAuth) CurrentUser(ctx context.Context, opts ...AuthOption) (*clerk.User, error) {
	auth := ra.Auth(opts...)
	if auth.TokenType != SessionToken || !auth.authenticated || auth.UserID == "" {
		return nil, nil //nolint:nilnil // documented: nobody is signed in
	}
	if !engine.ValidID(auth.UserID) {
		return nil, &Error{class: ErrConfiguration, message: "the user id cannot stand in a path"}
	}
	memo := ra.user.Load()
	if memo == nil {
		ra.user.CompareAndSwap(nil, new(userMemo))
		memo = ra.user.Load()
	}
	for {
		flight, mine := memo.join()
		if mine {
			memo.land(flight, func() (*clerk.User, error) {
				user, err := ra.findUser(ctx, auth.UserID)
				flight.gaveUp = ctx.Err() != nil
				return user, ra.clerk.callError(ctx, userUnknown, err)
			})
			return flight.user, flight.err
		}
		if err := ra.waitFor(ctx, flight); err != nil {
			return nil, ra.clerk.callError(ctx, userUnknown, &BackendError{cause: err})
		}
		if flight.err == nil || !flight.gaveUp {
			return flight.user, flight.err
		}
		// Another caller gave up. Perhaps this one did not.
		if err := ctx.Err(); err != nil {
			return nil, ra.clerk.callError(ctx, userUnknown, &BackendError{cause: err})
		}
	}
}

// waitFor waits until a call has ended.
func (ra *RequestAuth) waitFor(ctx context.Context, flight *userFlight) error {
	ctx, done := ra.waits.patience().Wait(ctx)
	defer done()
	select {
	case <-flight.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// findUser asks for a user. It is nil where there is none.
func (ra *RequestAuth) findUser(ctx context.Context, id string) (*clerk.User, error) {
	ctx, done := ra.waits.patience().Wait(ctx)
	defer done()
	ask := func(ctx context.Context) (*clerk.User, error) {
		found, err := ra.clerk.backend.User(ctx, id)
		ra.clerk.learnUser(ctx, found)
		return found, publicError(err)
	}
	if ra.clerk.users == nil {
		return ask(ctx)
	}
	id = strings.Clone(id) // The call may outlive the request.
	body, err := ra.clerk.users.Find(ctx, id, func(ctx context.Context) ([]byte, error) {
		found, err := ask(ctx)
		if found == nil || found.Response == nil {
			return nil, err
		}
		return found.Response.RawJSON, err
	})
	switch _, known := errors.AsType[*BackendError](err); {
	case err != nil && !known: // Nobody waits for the answer.
		return nil, &BackendError{cause: err}
	case err != nil || body == nil:
		return nil, err
	}
	if found := userFrom(body, id); found != nil {
		return found, nil
	}
	return ask(ctx) // Another version of this package has told the fleet.
}

// userFrom returns a user of the caller's own from a description that others share, nil where it
// is of somebody else.
func userFrom(body []byte, id string) *clerk.User {
	found, own := new(clerk.User), bytes.Clone(body)
	if json.Unmarshal(own, found) != nil || found.ID != id {
		return nil
	}
	found.Response = &clerk.APIResponse{Header: http.Header{}, Status: "200 OK", StatusCode: http.StatusOK, RawJSON: own}
	return found
}

// CurrentUser is [RequestAuth.CurrentUser] for code that has no framework's
// context at hand. Where no middleware ran it returns an error that matches
// [ErrMiddlewareMissing].
func CurrentUser(ctx context.Context, opts ...AuthOption) (*clerk.User, error) {
	ra, ok := attachedTo(ctx)
	if !ok {
		return nil, middlewareMissing("core", "CurrentUser")
	}
	return ra.CurrentUser(ctx, opts...)
}
