package core

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
)

// The longest credentials that are sent to Clerk. Real ones are far shorter.
const (
	maxNonce          = 1 << 10
	maxMachineToken   = 1 << 10
	maxRefreshToken   = 4 << 10
	maxRefreshHeaders = 64 << 10
)

// Bounds of what is remembered of credentials, by digest, in each of two generations.
const (
	maxRefusals = 1 << 10
	maxAccepted = 4 << 10
)

// calls makes the calls to Clerk that a stranger can cause. Those that ask the same
// share one call, which has its own deadline: a caller who gives up leaves it to the
// others. Refusals are remembered for a while, and all calls have a budget. Safe for
// concurrent use.
type calls struct {
	now        func() time.Time
	refusalTTL time.Duration // not positive: none is remembered
	timeout    time.Duration // of one call

	mu       sync.Mutex
	budget   *budget
	flights  map[digest]*callFlight
	refusals generations[digest, refusedCall]
	accepted generations[digest, time.Time] // machine tokens
	renewed  generations[digest, time.Time] // sessions
	stats    CallStats
}

// CallStats counts what became of questions for Clerk that a stranger can cause:
// about a handshake's nonce, a machine's opaque token, or an expired session.
type CallStats struct {
	// Made counts the calls that were made.
	Made uint64
	// Coalesced counts the questions that shared the call of another.
	Coalesced uint64
	// Remembered counts those about a credential that Clerk had refused shortly before.
	Remembered uint64
	// TooLong counts those about what is longer than any credential.
	TooLong uint64
	// OverBudget counts those that were not asked: see Options.CallBudget.
	OverBudget uint64
}

// digest stands for a credential, which is kept nowhere.
type digest [sha256.Size]byte

// digestOf returns the digest of a kind of question and what it is about.
func digestOf(parts ...string) digest {
	h := sha256.New()
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return digest(h.Sum(nil))
}

// callFlight is a call that is under way.
type callFlight struct {
	done   chan struct{} // closed when the rest is set
	answer any           // shared: do not change it
	err    error
}

// refusedCall is a refusal of Clerk's.
type refusedCall struct {
	err *BackendError
	at  time.Time
}

// question is what Clerk is asked.
type question struct {
	digest digest
	// backed says that a verified credential is behind it.
	backed bool
	// machine says that it is about a machine's token, which may come again.
	machine bool
	// session stands for the session that it would renew; zero for others. To renew
	// it over and over is no sign-in each time.
	session digest
	// ask makes the call; accepted says that Clerk's answer is a yes. It may outlive
	// the request.
	ask func(ctx context.Context) (answer any, accepted bool, err error)
}

func newCalls(o *Options, now func() time.Time) *calls {
	ttl := o.CallBudget.RefusalTTL
	if ttl == 0 {
		ttl = defaultRefusalTTL
	}
	return &calls{
		now: now, refusalTTL: ttl, timeout: o.Outage.within(backendTimeout),
		budget:   newBudget(o.CallBudget),
		flights:  make(map[digest]*callFlight),
		refusals: generations[digest, refusedCall]{size: maxRefusals},
		accepted: generations[digest, time.Time]{size: maxAccepted},
		renewed:  generations[digest, time.Time]{size: maxAccepted},
	}
}

var (
	errOverBudget = &Error{
		class: ErrUnavailable, status: http.StatusServiceUnavailable,
		message: "Clerk was not asked: too many credentials that it does not know came lately (see Options.CallBudget)",
	}
	// errNoCredential is what Clerk would say, without asking it.
	errNoCredential = &BackendError{
		Status: http.StatusNotFound,
		Items:  []BackendErrorItem{{Code: "resource_not_found", Message: "not found"}},
		clerks: true,
		cause:  errors.New("Clerk was not asked, because no credential is so long"),
	}
)

// answerTo asks a question, or finds the answer. Its error is a *BackendError, or
// matches ErrUnavailable.
func (c *calls) answerTo(ctx context.Context, clerk *Clerk, r request.Request, q *question) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, &BackendError{cause: err}
	}
	now := c.now()
	var one, network request.Client
	if c.budget.limit.on || c.budget.address.on {
		one, network = clerk.clientOf(r) // The application's code may run: not under the lock.
	}
	c.mu.Lock()
	if refused, ok := c.refusals.get(q.digest); ok && isLately(refused.at, now, c.refusalTTL) {
		c.stats.Remembered++
		c.mu.Unlock()
		return nil, refused.err
	}
	f := c.flights[q.digest]
	if f != nil {
		c.stats.Coalesced++
	} else {
		var owed *debt
		if at, ok := c.accepted.get(q.digest); !ok || !isLately(at, now, acceptedTTL) {
			d, bound := c.budget.take(one, network, q.backed, now)
			if bound != noBound {
				c.stats.OverBudget++
				c.mu.Unlock()
				clerk.logOften(ctx, slog.LevelWarn, "call budget", "core: Clerk is not asked about every credential: too many come in that it does not know; "+
					"those requests count as not checked (see Options.CallBudget)", "bound", string(bound))
				return nil, errOverBudget
			}
			owed = &d
		}
		f = &callFlight{done: make(chan struct{})}
		c.flights[q.digest] = f
		c.stats.Made++
		go c.fly(f, q, owed) //nolint:contextcheck // It belongs to no request.
	}
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.answer, f.err
	case <-ctx.Done():
		return nil, &BackendError{cause: fmt.Errorf("gave up waiting: %w", context.Cause(ctx))}
	}
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

// fly makes a call. It belongs to no request: values of one, which some frameworks
// use again, must not reach the transport. The transport keeps the time.
func (c *calls) fly(f *callFlight, q *question, owed *debt) {
	var accepted bool
	f.answer, accepted, f.err = q.safely(c.timeout)
	var failure *BackendError
	now := c.now()

	c.mu.Lock()
	delete(c.flights, q.digest)
	switch {
	case accepted:
		if owed != nil && c.isNews(q.session, now) {
			c.budget.giveBack(*owed, now)
		}
		if q.machine {
			c.accepted.put(q.digest, now)
		}
	case errors.As(f.err, &failure) && failure.answer() == engine.No && (!q.machine || failure.Status != http.StatusUnauthorized):
		c.accepted.remove(q.digest)
		if c.refusalTTL > 0 {
			c.refusals.put(q.digest, refusedCall{failure.brief(), now})
		}
	case f.err == nil:
		c.accepted.remove(q.digest)
	}
	c.mu.Unlock()
	close(f.done)
}

// renewalInterval is how often a session that is renewed gives back what that took.
const renewalInterval = 10 * time.Second

// isNews reports whether an accepted question is about a session that was not renewed
// a moment ago, or about none. c.mu is held.
func (c *calls) isNews(session digest, now time.Time) bool {
	if session == (digest{}) {
		return true
	}
	if at, ok := c.renewed.get(session); ok && isLately(at, now, renewalInterval) {
		return false
	}
	c.renewed.put(session, now)
	return true
}

// safely asks. A panic of the application's transport must not end the program.
func (q *question) safely(timeout time.Duration) (answer any, accepted bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			answer, accepted, err = nil, false, &BackendError{cause: fmt.Errorf("the call panicked: %v", p)}
		}
	}()
	return q.ask(ctx)
}

// brief is what is remembered of a refusal.
func (e *BackendError) brief() *BackendError {
	const longest = 256
	clone := func(s string) string {
		if len(s) > longest {
			return ""
		}
		return strings.Clone(s)
	}
	short := *e
	if len(e.Items) > 0 {
		item := e.Items[0]
		short.Items = []BackendErrorItem{{Code: clone(item.Code), Message: clone(item.Message), LongMessage: clone(item.LongMessage)}}
	}
	short.TraceID, short.cause = clone(e.TraceID), nil
	return &short
}

// tooLong counts what is no credential, and refuses it as Clerk would.
func (c *calls) tooLong() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.TooLong++
	return errNoCredential
}

func (c *calls) counts() CallStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// asker asks Clerk on behalf of the engine of an instance.
type asker struct{ clerk *Clerk }

// HandshakePayload redeems a nonce for the cookies of a handshake.
func (a asker) HandshakePayload(ctx context.Context, r request.Request, nonce string) ([]string, error) {
	c, b := a.clerk.calls, a.clerk.backend
	if len(nonce) > maxNonce {
		return nil, c.tooLong()
	}
	nonce = strings.Clone(nonce)
	answer, err := c.answerTo(ctx, a.clerk, r, &question{
		digest: digestOf("nonce", nonce),
		ask: func(ctx context.Context) (any, bool, error) {
			directives, err := b.handshakePayload(ctx, nonce)
			return directives, err == nil, err
		},
	})
	directives, _ := answer.([]string)
	return directives, err
}

// RefreshSession exchanges a refresh token for the cookies of a fresh session. The
// session has a token that Clerk has signed.
func (a asker) RefreshSession(ctx context.Context, r request.Request, q engine.Refresh) ([]string, error) {
	c, b := a.clerk.calls, a.clerk.backend
	if len(q.RefreshToken) > maxRefreshToken || headerBytes(r) > maxRefreshHeaders {
		return nil, c.tooLong()
	}
	q.SessionID, q.ExpiredToken, q.RefreshToken = strings.Clone(q.SessionID), strings.Clone(q.ExpiredToken), strings.Clone(q.RefreshToken)
	q.Origin = strings.Clone(q.Origin)
	headers := fetchHeaders(request.Own(r))
	answer, err := c.answerTo(ctx, a.clerk, r, &question{
		digest:  digestOf("refresh", q.SessionID, strconv.FormatBool(q.Suffixed), q.ExpiredToken, q.RefreshToken, q.Origin),
		backed:  true,
		session: digestOf("session", q.SessionID),
		ask: func(ctx context.Context) (any, bool, error) {
			cookies, err := b.refreshSession(ctx, q, headers)
			return cookies, err == nil && len(cookies) > 0, err
		},
	})
	cookies, _ := answer.([]string)
	return cookies, err
}

// headerBytes is the size of a request's headers, Host among them.
func headerBytes(r request.Request) int {
	n := len(r.Host())
	for name, values := range r.Headers() {
		for _, value := range values {
			n += len(name) + len(value)
		}
	}
	return n
}

// DescribeMachine asks what an opaque token stands for.
func (a asker) DescribeMachine(ctx context.Context, r request.Request, kind engine.TokenType, secret string, understood func(body []byte) bool) ([]byte, error) {
	c, b := a.clerk.calls, a.clerk.backend
	if len(secret) > maxMachineToken {
		return nil, c.tooLong()
	}
	secret = strings.Clone(secret)
	answer, err := c.answerTo(ctx, a.clerk, r, &question{
		digest:  digestOf(string(kind), secret),
		machine: true,
		ask: func(ctx context.Context) (any, bool, error) {
			body, err := b.verifyMachine(ctx, TokenType(kind), secret)
			if err != nil {
				return nil, false, err
			}
			return body, understood(body), nil
		},
	})
	body, _ := answer.([]byte)
	return body, err
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
	f = engine.Failure{Answer: call.answer(), Status: call.Status, Code: call.Code(), Listed: len(call.Items)}
	if f.Listed > 0 {
		f.Message = call.Items[0].Message
	}
	return f, true
}
