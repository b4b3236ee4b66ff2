package core

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/organization"
	"github.com/clerk/clerk-sdk-go/v2/session"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

// Client gives clerk-sdk-go's clients with the keys and the address of one
// instance, never clerk-sdk-go's package-level key. Failed calls are
// [*BackendError], found with errors.As. Safe for concurrent use.
type Client struct{ config clerk.ClientConfig }

// Client returns the clients of this instance's Backend API.
func (c *Clerk) Client() *Client {
	base, key := c.backend.base+"/"+c.backend.version, c.backend.secretKey
	return &Client{clerk.ClientConfig{BackendConfig: clerk.BackendConfig{HTTPClient: c.backend.client, URL: &base, Key: &key}}}
}

// Config returns the configuration for clerk-sdk-go's other clients. It holds the
// secret key.
func (c *Client) Config() *clerk.ClientConfig {
	config := c.config
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

// userMemo remembers the user of a request.
type userMemo struct {
	gate  chan struct{} // held by who makes the call
	user  *clerk.User
	known bool
}

// maxUserAttempts is how often the user is asked for. A request waits for it.
const maxUserAttempts = 3

// CurrentUser returns the user who makes the request: Clerk's currentUser(). It is
// nil, without an error, when nobody is signed in and when the user no longer
// exists. The first use makes a call to the Backend API, which counts towards its
// rate limit; later and concurrent uses in the same request share its result.
// Failures are [*BackendError] and are not remembered.
//
// The user holds private metadata: send the fields that you need, never all of it.
func (ra *RequestAuth) CurrentUser(ctx context.Context) (*clerk.User, error) {
	auth := ra.Auth()
	if !auth.authenticated || auth.UserID == "" {
		return nil, nil //nolint:nilnil // documented: nobody is signed in
	}
	if !validID(auth.UserID) {
		return nil, &Error{class: ErrConfiguration, message: "the user id cannot stand in a path"}
	}
	select {
	case ra.user.gate <- struct{}{}:
		defer func() { <-ra.user.gate }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if ra.user.known {
		return ra.user.user, nil
	}
	found, err := ra.fetchUser(ctx, auth.UserID)
	var failure *BackendError
	switch {
	case errors.As(err, &failure) && failure.Status == http.StatusNotFound:
		found = nil
	case err != nil:
		return nil, err
	}
	ra.user.user, ra.user.known = found, true
	return found, nil
}

// fetchUser makes the call, again where that may help and does not take long.
func (ra *RequestAuth) fetchUser(ctx context.Context, id string) (*clerk.User, error) {
	users := ra.Client().Users()
	for attempt := 1; ; attempt++ {
		found, err := users.Get(ctx, id)
		if err == nil {
			if found.ID != id {
				return nil, &BackendError{Status: http.StatusOK, cause: errors.New("the answer describes another user")}
			}
			return found, nil
		}
		failure := asBackendError(err)
		if attempt >= maxUserAttempts || !failure.temporary() || failure.RetryAfter > maxRetryWait ||
			ra.clerk.backend.wait(ctx, attempt, failure.RetryAfter) != nil {
			return nil, failure
		}
	}
}

// maxRetryWait is the longest that a request waits because Clerk asks for it.
const maxRetryWait = 2 * time.Second

func newUserMemo() userMemo { return userMemo{gate: make(chan struct{}, 1)} }

// CurrentUser is [RequestAuth.CurrentUser] for code that has no framework's
// context at hand. Where no middleware ran it returns an error that matches
// [ErrMiddlewareMissing].
func CurrentUser(ctx context.Context) (*clerk.User, error) {
	ra, err := RequestFromContext(ctx, "core", "CurrentUser")
	if err != nil {
		return nil, err
	}
	return ra.CurrentUser(ctx)
}
