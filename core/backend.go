package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/patience"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/token"
)

// newAPI returns the calls of an instance with these options.
func newAPI(o *Options, gate *clerkapi.Gate) *clerkapi.API {
	return clerkapi.New(clerkapi.Config{
		HTTPClient: o.HTTPClient, URL: o.APIURL, Version: o.APIVersion,
		SecretKey: o.SecretKey, MachineSecretKey: o.MachineSecretKey, Retry: clerkapi.Retry{BaseDelay: o.Retry.BaseDelay}, Gate: gate,
	})
}

// newQuestions returns the calls that strangers can cause.
func (c *Clerk) newQuestions() *clerkapi.Questions {
	return clerkapi.NewQuestions(clerkapi.QuestionsConfig{
		Budget: clerkapi.Budget(c.opts.CallBudget), Now: c.now, Timeout: c.opts.Outage.within(clerkapi.CallTimeout),
		Keep: c.opts.MachineTokens.MaxAge, Fleet: c.fleet, Carry: c.opts.Hooks.carried,
	})
}

// newRemote returns the signing keys.
func (c *Clerk) newRemote() *token.Remote {
	config := token.RemoteConfig{
		Fetch:        c.fetchKeys,
		RetryAfter:   c.askedToWait,
		Down:         c.backend.KeysDown,
		Wait:         patience.Wait,
		Attempts:     c.keyAttempts(),
		RetryDelay:   c.opts.Retry.BaseDelay,
		Now:          c.now,
		TTL:          c.opts.KeyRefresh.TTL,
		StaleIfError: c.opts.KeyRefresh.StaleIfError,
		FetchTimeout: c.opts.Outage.within(token.DefaultFetchTimeout),
		Logger:       c.log,
		Carry:        c.opts.Hooks.carried,
		Observe:      c.opts.Hooks.watchKeys(),
	}
	c.keep(&config, c.box)
	return token.NewRemote(config)
}

// watchKeys makes fetches of the keys known; nil is nobody.
func (h Hooks) watchKeys() func(context.Context, token.FetchEvent) {
	if h.KeysFetched == nil {
		return nil
	}
	return func(ctx context.Context, e token.FetchEvent) {
		fetch := KeyFetch{Source: "clerk", Outcome: "failed", Duration: e.Duration}
		if e.Saved {
			fetch.Source = "store"
		}
		failure, _ := errors.AsType[*token.Error](e.Err)
		switch {
		case e.Err == nil:
			fetch.Outcome = "fetched"
		case errors.Is(e.Err, token.ErrNothingSaved):
			fetch.Outcome = "none"
		case failure != nil && failure.Reason == token.ReasonSecretKeyInvalid:
			fetch.Outcome = "refused"
		}
		h.KeysFetched(ctx, fetch)
	}
}

// keyAttempts is how often the fetch of the keys is tried at most: not so often that
// calls stop.
func (c *Clerk) keyAttempts() int {
	attempts, most := c.opts.Retry.Attempts, c.opts.Outage.Failures
	if attempts == 0 {
		attempts = token.DefaultAttempts
	}
	if most == 0 {
		most = clerkapi.DefaultFailures
	}
	if most > 0 {
		attempts = min(attempts, most)
	}
	return attempts
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

// Reachable is nil unless a browser that is sent to the Frontend API would find nobody.
func (a asker) Reachable(ctx context.Context) error {
	return publicError(a.clerk.frontend.Reachable(ctx, a.clerk.backend))
}

// NoncesFail reports whether a handshake's nonce is known not to be redeemable now.
func (a asker) NoncesFail() bool { return a.clerk.backend.NoncesFail() }

// Down reports whether nobody can get a fresh session at present.
func (a asker) Down(ctx context.Context, renewing bool) bool {
	return a.clerk.backend.Down(ctx, a.clerk.frontend, renewing)
}

// KnownDown reports whether nobody can get a fresh session at present, without asking.
func (a asker) KnownDown() bool { return a.clerk.backend.KnownDown(a.clerk.frontend) }

// Failure describes a failed call.
func (asker) Failure(err error) (f engine.Failure, ok bool) {
	if errors.Is(err, errOverBudget) || errors.Is(err, errFrontendDown) {
		return engine.Failure{Unasked: true}, true
	}
	var call *BackendError
	if !errors.As(err, &call) {
		return engine.Failure{}, false
	}
	f = engine.Failure{Unasked: call.unasked, Answer: call.answer, Status: call.Status, Code: call.Code(), Listed: len(call.Items)}
	if f.Listed > 0 {
		f.Message = call.Items[0].Message
	}
	return f, true
}

const contactSupport = "Contact support@clerk.com"

// fetchKeys fetches the signing keys. A failure has the reasons of Clerk's SDKs; an
// answer that is no JSON, or none at all, has none of them.
func (c *Clerk) fetchKeys(ctx context.Context) ([]byte, error) {
	body, err := c.backend.JWKS(ctx)
	if err == nil {
		return body, nil
	}
	err = publicError(err)
	failure, ok := errors.AsType[*BackendError](err)
	refused := -1 // whatever the status
	if ok {
		refused = slices.IndexFunc(failure.Items, func(item BackendErrorItem) bool { return item.Code == clerkapi.CodeKeyInvalid })
	}
	switch {
	case !ok:
		return nil, err
	case refused >= 0:
		return nil, &token.Error{Reason: token.ReasonSecretKeyInvalid, Action: contactSupport, Message: failure.Items[refused].Message, Err: failure}
	case !failure.json:
		return nil, fmt.Errorf("%w: %w", token.ErrUnavailable, failure)
	}
	return nil, &token.Error{
		Reason:      token.ReasonRemoteFailedToLoad,
		Action:      contactSupport,
		Message:     "Error loading Clerk JWKS from " + c.backend.BaseURL() + "/jwks with code=" + strconv.Itoa(failure.Status),
		Unavailable: true,
		Err:         failure,
	}
}

// askedToWait returns how long Clerk asks to wait, in an error of a call. It is negative
// where another try would not help.
func (c *Clerk) askedToWait(err error) time.Duration {
	switch failure, ok := errors.AsType[*BackendError](err); {
	case !ok:
		return 0
	case failure.unasked:
		return -1
	case failure.Status != 0 && failure.Status != http.StatusTooManyRequests && failure.Status < http.StatusInternalServerError:
		return -1
	default:
		return min(failure.RetryAfter, orDefault(c.opts.Outage.MaxRetryAfter, defaultMaxRetryAfter))
	}
}
