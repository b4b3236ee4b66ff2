package core

import (
	"context"
	"errors"
	"net/http"

	"github.com/clerkgo/clerkgo/core/internal/engine"
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
