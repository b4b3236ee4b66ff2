package core

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/reason"
)

// callError gives the failure of a call on behalf of a handler its meaning in HTTP:
// 503 where Clerk gave no answer, 500 where it refuses the secret key. A refusal of
// what was asked for stays a [*BackendError].
func (c *Clerk) callError(ctx context.Context, message string, err error) error {
	if err == nil {
		return nil
	}
	answer := engine.None
	if failure, ok := errors.AsType[*BackendError](err); ok {
		answer = failure.answer
	}
	switch answer {
	case engine.None:
		return &Error{class: ErrUnavailable, status: http.StatusServiceUnavailable, message: message, cause: err}
	case engine.KeyRefused:
		c.logSecretKeyRefused(ctx, err)
		return secretKeyRefused(err)
	case engine.No:
	}
	return err
}

// secretKeyRefused is the fault of an application whose secret key Clerk does not
// know.
func secretKeyRefused(cause error) *Error {
	return &Error{
		class:   ErrConfiguration,
		reason:  reason.SecretKeyInvalid,
		message: "Clerk refuses the secret key: set CLERK_SECRET_KEY, or Options.SecretKey, to the instance's key from " + clerkkey.KeysPage,
		cause:   cause,
	}
}

// logSecretKeyRefused says so in the log: neither the caller nor an open route
// shows it.
func (c *Clerk) logSecretKeyRefused(ctx context.Context, cause error) {
	c.logOften(ctx, slog.LevelError, "secret key", "core: the secret key is invalid", "error", secretKeyRefused(cause))
}
