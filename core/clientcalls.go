package core

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/patience"
	"github.com/clerkgo/clerkgo/core/internal/revocations"
	"github.com/clerkgo/clerkgo/core/internal/users"
)

// learningTransport learns from the application's own calls: what they end, and what Clerk's
// answers say has ended.
type learningTransport struct {
	clerk *Clerk
	base  http.RoundTripper
}

// RoundTrip performs one call.
func (t learningTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(r)
	path, ok := t.clerk.callOf(r)
	if !ok {
		return resp, err
	}
	if err != nil || resp.StatusCode < 200 || resp.StatusCode > 299 {
		// Clerk may have done it all the same.
		_ = t.clerk.usersChanged(r.Context(), users.ChangedBy(r.Method, path, nil)...)
		return resp, err
	}
	body, err := io.ReadAll(resp.Body) // It is in memory already.
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	_ = t.clerk.usersChanged(r.Context(), users.ChangedBy(r.Method, path, body)...) // They are too old soon.
	if err == nil {
		t.clerk.learn(r.Context(), r.Method, path, body, t.clerk.latest(resp.Header.Get("Date")))
	}
	return resp, nil // Clerk has done it, whatever can be read of the answer.
}

// callOf returns the segments of a call's path below the version. It is not ok where the call is
// about another instance: applications may change what [Client.Config] returns.
func (c *Clerk) callOf(r *http.Request) (path []string, ok bool) {
	base, err := url.Parse(c.backend.BaseURL())
	if err != nil || r.URL.Host != base.Host || r.Header.Get("Authorization") != "Bearer "+c.opts.SecretKey {
		return nil, false
	}
	const mark = "x"
	below, ok := strings.CutPrefix(r.URL.EscapedPath(), strings.TrimSuffix(base.JoinPath(mark).EscapedPath(), mark))
	for segment := range strings.SplitSeq(strings.Trim(below, "/"), "/") {
		segment, err = url.PathUnescape(segment)
		ok = ok && err == nil
		path = append(path, segment)
	}
	return path, ok
}

// latest is when Clerk has done at the latest what it answers, where that is later than this process's
// clock says. Events that are older are about what was before.
func (c *Clerk) latest(date string) time.Time {
	const rest = 999 * time.Millisecond // Events have milliseconds, dates none.
	if at, err := http.ParseTime(date); err == nil && at.After(c.now()) {
		return at.Add(rest)
	}
	return time.Time{}
}

// learn learns from a call that succeeded. What the call itself has ended is told to the fleet
// each time, as with [Clerk.RevokeSession]; what its answer says was ended before, once.
func (c *Clerk) learn(ctx context.Context, method string, path []string, answer []byte, latest time.Time) {
	if c.revocations == nil {
		return
	}
	if did, ok := revocations.Done(method, path, answer); ok && engine.ValidID(did.ID) {
		did.NotBefore = latest
		// Where the fleet cannot be told, the log says so, and more tries follow: the call succeeded.
		_ = c.note(ctx, did, byClient)
		return
	}
	c.noteRead(ctx, revocations.Read(answer, c.now().Add(-c.revocations.LifeOf(revocations.User)-time.Minute))...)
}

// learnUser learns from a user that was read.
func (c *Clerk) learnUser(ctx context.Context, u *clerk.User) {
	if c.revocations == nil || u == nil || !u.Banned {
		return
	}
	e := revocations.Event{Kind: revocations.User, ID: u.ID}
	if u.UpdatedAt > 0 {
		e.At = time.UnixMilli(u.UpdatedAt)
	}
	c.noteRead(ctx, e)
}

// noteRead remembers what answers said, and tells the fleet of what is new. Whoever waits, waits
// no longer for many than for one.
func (c *Clerk) noteRead(ctx context.Context, said ...revocations.Event) {
	if len(said) == 0 {
		return
	}
	const most = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(patience.Held(ctx), most)
	defer cancel()
	for _, e := range said {
		if !engine.ValidID(e.ID) {
			continue
		}
		if e, news := c.revocations.Note(e); news == revocations.Fresh {
			c.revoked(ctx, e, byAnswer)
			_ = c.announce(ctx, e) // as above
		}
	}
}
