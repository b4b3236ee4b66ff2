package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	clientTimeout = 12 * time.Second
	requests      = 10 // of a cell
	requestsHalf  = 20 // where chance decides
	pollEvery     = 100 * time.Millisecond
	pollLimit     = 40 * time.Second
)

// The kinds of places to which an application sends a browser.
const (
	toHandshake = "handshake"
	toSignIn    = "sign-in"
	toElsewhere = "elsewhere"
)

// answer is what a client got.
type answer struct {
	status   int // 0: none within the client's time-out, or the connection broke
	to       string
	user     string
	unknown  bool
	readable bool // it has a body and says when to come again
	wait     time.Duration
}

// String names the answer in few words.
func (a answer) String() string {
	switch {
	case a.status == 0 && a.wait >= clientTimeout:
		return fmt.Sprintf("over %.0f s", clientTimeout.Seconds())
	case a.status == 0:
		return "broken"
	case a.to != "":
		return a.to
	case a.unknown:
		return fmt.Sprintf("%d unknown", a.status)
	}
	return strconv.Itoa(a.status)
}

// verdict is what an answer is worth.
type verdict int

const (
	wanted     verdict = iota
	truthful           // not what is wanted, or too late
	unanswered         // none within the client's time-out
	untruthful         // what could not be checked is called signed out, or sent where Clerk is down
)

// judge judges an answer during a fault, or in calm times.
func (r *row) judge(a answer, f *fault, ours bool) verdict {
	down := f.name != calm.name
	switch {
	case a.status == 0:
		return unanswered
	case a.status == http.StatusTooManyRequests, a.status == http.StatusRequestTimeout:
		return truthful // A handler handed on what Clerk said.
	case a.status >= http.StatusInternalServerError:
		judgeable := r.served || !down || f.name == "renewal" && !r.renews
		if a.wait > r.within || judgeable || a.status != http.StatusServiceUnavailable {
			return truthful // Nobody is called anything.
		}
		return wanted
	case a.to == toHandshake && down:
		return untruthful
	case r.name == rowPublicExpired && a.status == http.StatusOK && a.user == "":
		if !a.unknown && ours {
			return untruthful // It could say so.
		}
	case !r.right(a):
		return untruthful
	case r.name == rowKids && down && !f.tells(a.wait):
		return untruthful // Nobody can know.
	}
	if a.wait > r.within {
		return truthful
	}
	return wanted
}

// tells reports whether Clerk can have had a say in an answer after such a wait. A
// request that came late into a crowd may wait less than the call of the first.
func (f *fault) tells(wait time.Duration) bool {
	switch f.name {
	case "half", "renewal":
		return true
	case "slow":
		return wait >= bound
	}
	return false
}

// result is a cell of the table.
type result struct {
	answers  []answer
	verdicts []verdict
	calls    int64
	recovery time.Duration // negative: not within pollLimit
}

// cell is one subject in one fault with one kind of request.
type cell struct {
	subject *subject
	fault   *fault
	row     *row
	number  int

	result result
	// cannot says that the answer is not right in calm times either.
	cannot bool
}

// visitor is the client of a cell.
type visitor struct {
	stage *stage
	app   application
	http  *http.Client
}

func newVisitor(s *stage, a application) *visitor {
	return &visitor{stage: s, app: a, http: &http.Client{
		Timeout:       clientTimeout,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 4},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (v *visitor) visit(a ask) (answer, error) {
	req, err := a.request(v.stage, v.app.address())
	if err != nil {
		return answer{}, err
	}
	began := time.Now()
	resp, err := v.http.Do(req)
	if err != nil {
		return answer{wait: time.Since(began)}, nil //nolint:nilerr // It is what is measured.
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	_ = resp.Body.Close() // It was read.
	got := answer{
		status: resp.StatusCode, wait: time.Since(began),
		user: resp.Header.Get(headerUser), unknown: resp.Header.Get(headerUnknown) == "true",
		readable: len(body) > 0 && resp.Header.Get("Retry-After") != "",
	}
	if err != nil {
		got.status = 0
	}
	if location := resp.Header.Get("Location"); location != "" {
		got.to = v.stage.kindOf(location)
	}
	return got, nil
}

// kindOf tells where a location leads.
func (s *stage) kindOf(location string) string {
	u, err := url.Parse(location)
	switch {
	case err != nil:
		return toElsewhere
	case u.Host == s.frontendAPI && u.Path == "/v1/client/handshake":
		return toHandshake
	case u.Path == pageSignIn:
		return toSignIn
	}
	return toElsewhere
}

// run measures the cell.
func (c *cell) run(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s, %s, %s: %w", c.subject.name, c.fault.name, c.row.name, err)
		}
	}()
	s, err := newStage(c.number) //nolint:contextcheck // It ends with close.
	if err != nil {
		return err
	}
	defer s.close()
	next, err := c.row.asks(s)
	if err != nil {
		return err
	}
	app, err := c.subject.start(ctx, s)
	if err != nil {
		return err
	}
	defer app.stop()
	v := newVisitor(s, app)
	defer v.http.CloseIdleConnections()

	if !c.row.cold {
		if err := warm(ctx, s, v); err != nil {
			return err
		}
	}
	if c.row.later > 0 {
		s.clerk.Clock().Advance(c.row.later)
		if err := app.later(c.row.later); err != nil {
			return err
		}
	}
	if err := s.proxy.meet(*c.fault); err != nil { //nolint:contextcheck // It ends with the proxy.
		return err
	}
	before, err := app.calls()
	if err != nil {
		return err
	}
	if c.result.answers, err = c.visits(ctx, v, next); err != nil {
		return err
	}
	for _, a := range c.result.answers {
		c.result.verdicts = append(c.result.verdicts, c.row.judge(a, c.fault, c.subject.ours))
	}
	after, err := app.calls()
	if err != nil {
		return err
	}
	c.result.calls = after - before
	if c.fault.name == calm.name {
		return nil
	}
	if err := s.proxy.meet(calm); err != nil { //nolint:contextcheck // It ends with the proxy.
		return err
	}
	c.result.recovery, err = c.recover(ctx, v, next)
	return err
}

// warm makes the application serve a signed-in user. On a busy machine that may take
// more than one request.
func warm(ctx context.Context, s *stage, v *visitor) error {
	next, err := valid(pathGuarded)(s)
	if err != nil {
		return err
	}
	for began := time.Now(); ; {
		a, err := next()
		if err != nil {
			return err
		}
		got, err := v.visit(a)
		switch {
		case err != nil || isUser(got):
			return err
		case time.Since(began) > pollLimit:
			return fmt.Errorf("in calm times a valid session gets %s", got)
		case !pause(ctx, time.Second):
			return ctx.Err()
		}
	}
}

// visits makes the requests of the cell.
func (c *cell) visits(ctx context.Context, v *visitor, next func() (ask, error)) ([]answer, error) {
	n := max(requests, c.row.crowd)
	if c.row.crowd == 0 && c.fault.name == "half" {
		n = requestsHalf
	}
	asks := make([]ask, n)
	answers, errs := make([]answer, n), make([]error, n)
	if c.row.crowd == 0 {
		for i := range answers {
			var err error
			if asks[i], err = next(); err != nil {
				return nil, err
			}
			if answers[i], err = v.visit(asks[i]); err != nil {
				return nil, err
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
		return answers, nil
	}
	for i := range asks {
		var err error
		if asks[i], err = next(); err != nil {
			return nil, err
		}
	}
	var wg sync.WaitGroup
	for i, a := range asks {
		wg.Go(func() { answers[i], errs[i] = v.visit(a) })
	}
	wg.Wait()
	return answers, errors.Join(errs...)
}

// recover returns how long it takes until an answer is right again.
func (c *cell) recover(ctx context.Context, v *visitor, next func() (ask, error)) (time.Duration, error) {
	began := time.Now()
	for {
		a, err := next()
		if err != nil {
			return 0, err
		}
		got, err := v.visit(a)
		took := time.Since(began)
		switch {
		case err != nil:
			return 0, err
		case c.row.right(got):
			return took, nil
		case took > pollLimit || c.cannot:
			return -1, nil
		case !pause(ctx, pollEvery):
			return 0, ctx.Err()
		}
	}
}

// waits returns the median and the longest wait.
func (r *result) waits() (median, longest time.Duration) {
	waits := make([]time.Duration, 0, len(r.answers))
	for _, a := range r.answers {
		waits = append(waits, a.wait)
	}
	slices.Sort(waits)
	return waits[len(waits)/2], waits[len(waits)-1]
}

func (r *result) count(v verdict) int {
	n := 0
	for _, x := range r.verdicts {
		if x == v {
			n++
		}
	}
	return n
}
