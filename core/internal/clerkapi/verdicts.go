package clerkapi

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/fleet"
	"github.com/clerkgo/clerkgo/core/internal/sealed"
)

// Bounds of the verdicts on machine tokens that are kept, in each of two generations.
const (
	maxVerdicts     = 2 << 10
	maxVerdictBytes = 4 << 10
)

// kindVerdict is the kind of the fleet's entries that hold verdicts.
const kindVerdict = "verdict"

// verdicts are what Clerk has said of machine tokens that it accepts, for a short time. Its
// owner's lock guards what this process knows itself.
type verdicts struct {
	maxAge time.Duration // not positive: none is kept
	fleet  *fleet.Fleet
	known  generations[digest, verdict]
}

// verdict is Clerk's description of a token, without the token.
type verdict struct {
	body      []byte // shared: do not change it
	at, until time.Time
}

func (v verdict) holds(now time.Time) bool { return !now.Before(v.at) && now.Before(v.until) }

// verdictFields are what is read of a description. Whatever else it has is not kept.
var verdictFields = [...]string{
	"object", "id", "subject", "scopes", "claims", "name", "client_id", "revoked", "expired", "expiration", "aud", "act",
}

// newVerdict returns what is kept of a description of a token that Clerk was asked about at a
// time. It is not ok where nothing is.
func (s *verdicts) newVerdict(body []byte, secret string, at time.Time) (v verdict, ok bool) {
	var all map[string]json.RawMessage
	if s.maxAge <= 0 || json.Unmarshal(body, &all) != nil {
		return verdict{}, false
	}
	kept := make(map[string]json.RawMessage, len(verdictFields))
	for _, name := range verdictFields {
		if value, has := all[name]; has {
			kept[name] = value
		}
	}
	short, err := json.Marshal(kept)
	if err != nil || len(short) > maxVerdictBytes || bytes.Contains(short, []byte(secret)) {
		return verdict{}, false
	}
	return s.read(short, at)
}

// read returns the verdict that a kept description is.
func (s *verdicts) read(body []byte, at time.Time) (v verdict, ok bool) {
	var token struct {
		Expiration *float64 `json:"expiration"` // Unix milliseconds
	}
	if json.Unmarshal(body, &token) != nil {
		return verdict{}, false
	}
	until := at.Add(s.maxAge)
	if e := token.Expiration; e != nil && *e < float64(until.UnixMilli()) {
		until = time.UnixMilli(int64(*e))
	}
	return verdict{body: body, at: at, until: until}, at.Before(until)
}

func (d digest) name() string { return hex.EncodeToString(d[:]) }

// ofFleet returns the verdict on a token that another process has asked for.
func (s *verdicts) ofFleet(ctx context.Context, d digest, now time.Time) (v verdict, ok bool) {
	if s.maxAge <= 0 {
		return verdict{}, false
	}
	e, ok := s.fleet.Get(ctx, kindVerdict, d.name())
	if !ok {
		return verdict{}, false
	}
	body, ok := s.fleet.Show(ctx, kindVerdict, d.name(), e.Content)
	if !ok {
		return verdict{}, false
	}
	at := e.At
	if at.After(now) { // Clocks of a fleet differ. It is no older than it says.
		at = now
	}
	v, ok = s.read(body, at)
	if e.Expires.Before(v.until) {
		v.until = e.Expires
	}
	return v, ok && v.holds(now)
}

// tell makes a verdict known to the fleet.
func (s *verdicts) tell(ctx context.Context, d digest, v verdict) {
	if s.fleet == nil {
		return
	}
	s.fleet.Set(fleet.Unhurried(ctx), kindVerdict, d.name(),
		sealed.Entry{At: v.at, Expires: v.until, Content: s.fleet.Hide(kindVerdict, d.name(), v.body)})
}

// withdraw makes the fleet forget a verdict.
func (s *verdicts) withdraw(ctx context.Context, d digest) {
	if s.maxAge > 0 {
		s.fleet.Delete(fleet.Unhurried(ctx), kindVerdict, d.name())
	}
}

// fromFleet answers a question about a machine's token by what another process was told.
func (c *Questions) fromFleet(ctx context.Context, f *callFlight, q *question, owed *debt) bool {
	if !c.asksFleet(q) {
		return false
	}
	now := c.now()
	v, ok := c.verdicts.ofFleet(ctx, q.digest, now)
	if !ok || !q.understood(v.body) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flights, q.digest)
	c.counts.Kept++
	c.verdicts.known.put(q.digest, v)
	c.accepted.put(q.digest, now)
	if owed != nil {
		c.budget.giveBack(*owed, now)
	}
	f.answer = v.body
	close(f.done)
	return true
}

func (c *Questions) asksFleet(q *question) bool {
	return q.machine && c.verdicts.maxAge > 0 && c.verdicts.fleet != nil
}

// ended is what is kept of Clerk's answer, for this process, under the lock, and what is to be
// told to the fleet without it. asked is when the question was.
func (c *Questions) ended(ctx context.Context, f *callFlight, q *question, accepted, refused bool, asked time.Time) (tell func()) {
	if !q.machine || c.verdicts.maxAge <= 0 {
		return func() {}
	}
	body, _ := f.answer.([]byte)
	v, ok := verdict{}, false
	if accepted {
		v, ok = c.verdicts.newVerdict(body, q.secret, asked)
	}
	switch {
	case ok:
		c.verdicts.known.put(q.digest, v)
		return func() { c.verdicts.tell(ctx, q.digest, v) }
	case accepted, refused:
		c.verdicts.known.remove(q.digest)
		return func() { c.verdicts.withdraw(ctx, q.digest) }
	}
	return func() {} // Nothing was learnt.
}
