package core

import (
	"context"
	"log/slog"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/reason"
)

// refusesSecretKey is how the log, errors and [Explain] say it.
const refusesSecretKey = "Clerk refuses the secret key"

// secretKeyRefused is the fault of an application whose secret key Clerk does not
// know.
func secretKeyRefused(cause error) *Error {
	return &Error{
		class:   ErrConfiguration,
		reason:  reason.SecretKeyInvalid,
		message: refusesSecretKey + ": set CLERK_SECRET_KEY, or Options.SecretKey, to the instance's key from " + clerkkey.KeysPage,
		cause:   cause,
	}
}

// logSecretKeyRefused says so in the log: neither the caller nor an open route
// shows it.
func (c *Clerk) logSecretKeyRefused(ctx context.Context, cause error) {
	c.logOften(ctx, slog.LevelError, "secret key", "core: "+refusesSecretKey, "error", secretKeyRefused(cause))
}
