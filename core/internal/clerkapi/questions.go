package clerkapi

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/fleet"
	"github.com/clerkgo/clerkgo/core/internal/patience"
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

// Questions are the calls to Clerk that a stranger can cause. Those that ask the same
// share one call, which has its own deadline: a caller who gives up leaves it to the
// others. Refusals are remembered for a while, and all calls have a budget. Safe for
// concurrent use.
type Questions struct {
	now        func() time.Time
	refusalTTL time.Duration // not positive: none is remembered
	timeout    time.Duration // of one call
	carry      func(context.Context) context.Context

	mu       sync.Mutex
	budget   *budget
	flights  map[digest]*callFlight
	refusals generations[digest, refusedCall]
	accepted generations[digest, time.Time] // machine tokens
	renewed  generations[digest, time.Time] // sessions
	verdicts verdicts
	counts   Counts
}

// Counts are what became of the questions.
type Counts struct{ Made, Coalesced, Remembered, TooLong, OverBudget, Kept uint64 }

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
	err *Failure
	at  time.Time
}

// question is what Clerk is asked.
type question struct {
	digest digest
	call   call
	// backed says that a verified credential is behind it.
	backed bool
	// machine says that it is about a machine's token, which may come again.
	machine bool
	// secret is that token, and understood whether a description is of one that is accepted.
	secret     string
	understood func(body []byte) bool
	// session stands for the session that it would renew; zero for others. To renew
	// it over and over is no sign-in each time.
	session digest
	// ask makes the call; accepted says that Clerk's answer is a yes. It may outlive
	// the request.
	ask func(ctx context.Context) (answer any, accepted bool, err error)
}

// QuestionsConfig says what the questions of an instance cost at most.
type QuestionsConfig struct {
	Budget  Budget
	Now     func() time.Time
	Timeout time.Duration // of one call
	// Keep is how long a machine token that Clerk accepts is not asked about again; zero
	// means always.
	Keep time.Duration
	// Fleet knows what other processes were told; nil where there are none.
	Fleet *fleet.Fleet
	// Carry returns what a call has of the request that causes it.
	Carry func(context.Context) context.Context
}

// NewQuestions returns what has asked nothing yet.
func NewQuestions(o QuestionsConfig) *Questions {
	ttl := o.Budget.RefusalTTL
	if ttl == 0 {
		ttl = defaultRefusalTTL
	}
	return &Questions{
		now: o.Now, refusalTTL: ttl, timeout: o.Timeout, carry: o.Carry,
		budget:   newBudget(o.Budget),
		flights:  make(map[digest]*callFlight),
		refusals: generations[digest, refusedCall]{size: maxRefusals},
		accepted: generations[digest, time.Time]{size: maxAccepted},
		renewed:  generations[digest, time.Time]{size: maxAccepted},
		verdicts: verdicts{maxAge: o.Keep, fleet: o.Fleet, known: generations[digest, verdict]{size: maxVerdicts}},
	}
}

var (
	// ErrOverBudget says that Clerk was not asked: see [Budget].
	ErrOverBudget = errors.New("over budget")
	// errNoCredential is what Clerk would say, without asking it.
	errNoCredential = &Failure{
		Status: http.StatusNotFound,
		Items:  []Item{{Code: "resource_not_found", Message: "not found"}},
		clerks: true,
		Cause:  errors.New("not asked, because no credential is so long"),
	}
)

// Asker is who asks, on behalf of a request.
type Asker struct {
	API     *API
	Request request.Request
	// Client returns the client that makes the request, and its network. It is called
	// where that has a bound.
	Client func() (one, network request.Client)
	// OverBudget is told which bound forbids a call.
	OverBudget func(ctx context.Context, bound string)
}

// answerTo asks a question, or finds the answer. Its error is a [*Failure], or
// [ErrOverBudget].
func (c *Questions) answerTo(ctx context.Context, by *Asker, q *question) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, &Failure{Cause: err}
	}
	now := c.now()
	var one, network request.Client
	if c.budget.limit.on || c.budget.address.on {
		one, network = by.Client() // The application's code may run: not under the lock.
	}
	c.mu.Lock()
	if refused, ok := c.refusals.get(q.digest); ok && isLately(refused.at, now, c.refusalTTL) {
		c.counts.Remembered++
		c.mu.Unlock()
		return nil, refused.err
	}
	if v, ok := c.verdicts.known.get(q.digest); ok && v.holds(now) {
		c.counts.Kept++
		c.mu.Unlock()
		return v.body, nil
	}
	f := c.flights[q.digest]
	if f == nil && !c.asksFleet(q) {
		c.mu.Unlock()
		if err := by.API.refused(ctx, q.call); err != nil {
			return nil, err // It costs nothing.
		}
		c.mu.Lock()
		f = c.flights[q.digest]
	}
	if f != nil {
		c.counts.Coalesced++
	} else {
		var owed *debt
		if at, ok := c.accepted.get(q.digest); !ok || !isLately(at, now, acceptedTTL) {
			d, bound := c.budget.take(one, network, q.backed, now)
			if bound != noBound {
				c.counts.OverBudget++
				c.mu.Unlock()
				by.OverBudget(ctx, string(bound))
				return nil, ErrOverBudget
			}
			owed = &d
		}
		f = &callFlight{done: make(chan struct{})}
		c.flights[q.digest] = f
		go c.fly(c.carry(ctx), f, q, owed)
	}
	c.mu.Unlock()
	ctx, done := patience.Wait(ctx)
	defer done()
	select {
	case <-f.done:
		return f.answer, f.err
	case <-ctx.Done():
		return nil, &Failure{Cause: fmt.Errorf("gave up waiting: %w", context.Cause(ctx))}
	}
}

// fly makes a call. It belongs to no request: values of one, which some frameworks
// use again, must not reach the transport: ctx has copies of some at most. The transport keeps
// the time.
func (c *Questions) fly(ctx context.Context, f *callFlight, q *question, owed *debt) {
	if c.fromFleet(ctx, f, q, owed) {
		return
	}
	c.mu.Lock()
	c.counts.Made++
	c.mu.Unlock()
	asked := c.now()
	var accepted bool
	f.answer, accepted, f.err = q.safely(ctx, c.timeout)
	var failure *Failure
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
	case errors.As(f.err, &failure) && failure.Answer() == engine.No && (!q.machine || failure.Status != http.StatusUnauthorized):
		c.accepted.remove(q.digest)
		if c.refusalTTL > 0 {
			c.refusals.put(q.digest, refusedCall{failure.brief(), now})
		}
	case f.err == nil:
		c.accepted.remove(q.digest)
	case failure != nil && failure.Refused && owed != nil:
		c.budget.undo(*owed)
	}
	tell := c.ended(ctx, f, q, accepted, f.err == nil || failure != nil && failure.Answer() == engine.No, asked)
	c.mu.Unlock()
	close(f.done)
	tell()
}

// renewalInterval is how often a session that is renewed gives back what that took.
const renewalInterval = 10 * time.Second

// isNews reports whether an accepted question is about a session that was not renewed
// a moment ago, or about none. c.mu is held.
func (c *Questions) isNews(session digest, now time.Time) bool {
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
func (q *question) safely(ctx context.Context, timeout time.Duration) (answer any, accepted bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			answer, accepted, err = nil, false, &Failure{Cause: fmt.Errorf("the call panicked: %v", p)}
		}
	}()
	return q.ask(ctx)
}

// brief is what is remembered of a refusal.
func (e *Failure) brief() *Failure {
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
		short.Items = []Item{{Code: clone(item.Code), Message: clone(item.Message), LongMessage: clone(item.LongMessage)}}
	}
	short.TraceID, short.Cause = clone(e.TraceID), nil
	return &short
}

// tooLong counts what is no credential, and refuses it as Clerk would.
func (c *Questions) tooLong() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.TooLong++
	return errNoCredential
}

// Counts returns what became of the questions so far.
func (c *Questions) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}

// HandshakePayload redeems a nonce for the cookies of a handshake.
func (c *Questions) HandshakePayload(ctx context.Context, by *Asker, nonce string) ([]string, error) {
	if len(nonce) > maxNonce {
		return nil, c.tooLong()
	}
	nonce = strings.Clone(nonce)
	answer, err := c.answerTo(ctx, by, &question{
		digest: digestOf("nonce", nonce),
		call:   nonceCall,
		ask: func(ctx context.Context) (any, bool, error) {
			directives, err := by.API.handshakePayload(ctx, nonce)
			return directives, err == nil, err
		},
	})
	directives, _ := answer.([]string)
	return directives, err
}

// RefreshSession exchanges a refresh token for the cookies of a fresh session. The
// session has a token that Clerk has signed.
func (c *Questions) RefreshSession(ctx context.Context, by *Asker, q engine.Refresh) ([]string, error) {
	if len(q.RefreshToken) > maxRefreshToken || headerBytes(by.Request) > maxRefreshHeaders {
		return nil, c.tooLong()
	}
	q.SessionID, q.ExpiredToken, q.RefreshToken = strings.Clone(q.SessionID), strings.Clone(q.ExpiredToken), strings.Clone(q.RefreshToken)
	q.Origin = strings.Clone(q.Origin)
	headers := fetchHeaders(request.Own(by.Request))
	answer, err := c.answerTo(ctx, by, &question{
		digest:  digestOf("refresh", q.SessionID, strconv.FormatBool(q.Suffixed), q.ExpiredToken, q.RefreshToken, q.Origin),
		call:    refreshCall,
		backed:  true,
		session: digestOf("session", q.SessionID),
		ask: func(ctx context.Context) (any, bool, error) {
			cookies, err := by.API.refreshSession(ctx, q, headers)
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

// DescribeMachine asks what an opaque token stands for. understood says whether a
// description is of a token that is accepted.
func (c *Questions) DescribeMachine(ctx context.Context, by *Asker, kind engine.TokenType, secret string, understood func(body []byte) bool) ([]byte, error) {
	if len(secret) > maxMachineToken {
		return nil, c.tooLong()
	}
	secret = strings.Clone(secret)
	asks := "" // the instance
	if kind == engine.M2MToken {
		asks = by.API.machineKey // Clerk accepts an M2M token only for the machines that it is for.
	}
	answer, err := c.answerTo(ctx, by, &question{
		digest:  digestOf(string(kind), secret, asks),
		call:    machineCall(kind),
		machine: true, secret: secret, understood: understood,
		ask: func(ctx context.Context) (any, bool, error) {
			body, err := by.API.verifyMachine(ctx, kind, secret)
			if err != nil {
				return nil, false, err
			}
			return body, understood(body), nil
		},
	})
	body, _ := answer.([]byte)
	return body, err
}
