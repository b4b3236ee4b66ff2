package core

import (
	"context"
	"errors"
	"log/slog"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
)

// newAPI returns the calls of an instance with these options.
func newAPI(o *Options) *clerkapi.API {
	return clerkapi.New(clerkapi.Config{
		HTTPClient: o.HTTPClient, URL: o.APIURL, Version: o.APIVersion,
		SecretKey: o.SecretKey, MachineSecretKey: o.MachineSecretKey, Retry: clerkapi.Retry{BaseDelay: o.Retry.BaseDelay},
	})
}

// asker asks Clerk on behalf of the engine of an instance.
type asker struct{ clerk *Clerk }

// by is who asks on behalf of a request.
func (a asker) by(r request.Request) *clerkapi.Asker {
	return &clerkapi.Asker{
		API: a.clerk.backend, Request: r, OverBudget: a.overBudget,
		Client: func() (one, network request.Client) { return a.clerk.clientOf(r) },
	}
}

func (a asker) overBudget(ctx context.Context, bound string) {
	a.clerk.logOften(ctx, slog.LevelWarn, "call budget", "core: Clerk is not asked about every credential: too many come in that it does not know; "+
		"those requests count as not checked (see Options.CallBudget)", "bound", bound)
}

// clientOf returns the client that makes a request, and the network it belongs to.
func (c *Clerk) clientOf(r request.Request) (one, network request.Client) {
	if f := c.opts.ClientAddress; f != nil {
		if one, network, ok := request.ClientAt(f(r)); ok {
			return one, network
		}
	}
	return request.ClientOf(r, c.opts.IgnoreForwarded)
}

// HandshakePayload redeems a nonce for the cookies of a handshake.
func (a asker) HandshakePayload(ctx context.Context, r request.Request, nonce string) ([]string, error) {
	directives, err := a.clerk.calls.HandshakePayload(ctx, a.by(r), nonce)
	return directives, publicError(err)
}

// RefreshSession exchanges a refresh token for the cookies of a fresh session.
func (a asker) RefreshSession(ctx context.Context, r request.Request, q engine.Refresh) ([]string, error) {
	cookies, err := a.clerk.calls.RefreshSession(ctx, a.by(r), q)
	return cookies, publicError(err)
}

// DescribeMachine asks what an opaque token stands for.
func (a asker) DescribeMachine(ctx context.Context, r request.Request, kind engine.TokenType, secret string, understood func(body []byte) bool) ([]byte, error) {
	body, err := a.clerk.calls.DescribeMachine(ctx, a.by(r), kind, secret, understood)
	return body, publicError(err)
}

// Failure describes a failed call.
func (asker) Failure(err error) (f engine.Failure, ok bool) {
	if errors.Is(err, errOverBudget) {
		return engine.Failure{Unasked: true}, true
	}
	var call *BackendError
	if !errors.As(err, &call) {
		return engine.Failure{}, false
	}
	f = engine.Failure{Answer: call.answer, Status: call.Status, Code: call.Code(), Listed: len(call.Items)}
	if f.Listed > 0 {
		f.Message = call.Items[0].Message
	}
	return f, true
}
