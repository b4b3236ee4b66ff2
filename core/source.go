package core

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/loglimit"
	"github.com/clerkgo/clerkgo/core/token"
)

// source is what instances with the same keys at the same Backend API have in common:
// the signing keys, the calls that strangers can cause, with their budget, and how often
// they log. An instance that [New] makes has its own.
type source struct {
	mu     sync.Mutex
	remote *token.Remote
	calls  *clerkapi.Questions

	sound atomic.Bool // a session passed since the last token that a wrong key would explain
	logs  loglimit.Limit
}

// remoteOf returns the signing keys, which c fetches if it is the first.
func (s *source) remoteOf(c *Clerk) *token.Remote {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.remote == nil {
		s.remote = token.NewRemote(token.RemoteConfig{
			Fetch:        c.fetchKeys,
			RetryAfter:   askedToWait,
			Attempts:     c.opts.Retry.Attempts,
			RetryDelay:   c.opts.Retry.BaseDelay,
			Now:          c.now,
			TTL:          c.opts.KeyRefresh.TTL,
			StaleIfError: c.opts.KeyRefresh.StaleIfError,
			FetchTimeout: c.opts.Outage.within(token.DefaultFetchTimeout),
			Logger:       c.log,
		})
	}
	return s.remote
}

// callsOf returns the calls.
func (s *source) callsOf(c *Clerk) *clerkapi.Questions {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = clerkapi.NewQuestions(clerkapi.QuestionsConfig{
			Budget: clerkapi.Budget(c.opts.CallBudget), Now: c.now, Timeout: c.opts.Outage.within(clerkapi.CallTimeout),
		})
	}
	return s.calls
}

// sources are those of the instances that are kept, by what makes two the same. All
// of them have one HTTP client, one clock and one logger.
type sources struct {
	mu    sync.Mutex
	byKey map[string]*countedSource
}

// countedSource is a source and how many instances have it.
type countedSource struct {
	source

	key  string
	uses int
}

// acquire returns the source for an instance, until release.
func (s *sources) acquire(c *Clerk) *countedSource {
	o := &c.opts
	key := string(appendValue(nil, reflect.ValueOf(struct {
		SecretKey, MachineSecretKey, APIURL, APIVersion string
		Retry                                           Retry
		KeyRefresh                                      KeyRefresh
		CallBudget                                      CallBudget
		Outage                                          Outage
	}{o.SecretKey, o.MachineSecretKey, o.APIURL, o.APIVersion, o.Retry, o.KeyRefresh, o.CallBudget, o.Outage})))
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byKey[key]
	if found == nil {
		found = &countedSource{key: key}
		if s.byKey == nil {
			s.byKey = make(map[string]*countedSource)
		}
		s.byKey[key] = found
	}
	found.uses++
	return found
}

// release gives a source back. Instances that still have it go on with it.
func (s *sources) release(one *countedSource) {
	if one == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.uses--; one.uses == 0 {
		delete(s.byKey, one.key)
	}
}

func (s *sources) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byKey)
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
	switch {
	case !ok:
		return nil, err
	case failure.answer == engine.KeyRefused:
		return nil, &token.Error{Reason: token.ReasonSecretKeyInvalid, Action: contactSupport, Message: failure.Items[0].Message, Err: failure}
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
func askedToWait(err error) time.Duration {
	switch failure, ok := errors.AsType[*BackendError](err); {
	case !ok:
		return 0
	case failure.Status != 0 && failure.Status != http.StatusTooManyRequests && failure.Status < http.StatusInternalServerError:
		return -1
	default:
		return failure.RetryAfter
	}
}
