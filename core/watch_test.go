package core_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// watchWorld is an instance in a bubble, whose clock is the bubble's, and that needs no network.
type watchWorld struct {
	*clerktest.Server

	clerk *core.Clerk
}

// inBubble runs f with an instance.
func inBubble(t *testing.T, f func(t *testing.T, w *watchWorld), change ...func(*core.Options)) {
	t.Helper()
	s := newServer(t, true)
	synctest.Test(t, func(t *testing.T) { f(t, newWatchWorld(t, s, change...)) })
}

func newWatchWorld(t *testing.T, s *clerktest.Server, change ...func(*core.Options)) *watchWorld {
	t.Helper()
	o := plain(s)
	o.JWTKey, o.Now, o.Logger = s.PEM(), time.Now, slog.New(slog.DiscardHandler)
	for _, f := range change {
		f(&o)
	}
	return &watchWorld{s, newClerk(t, o)}
}

// token is one of this moment, of the session that these tests revoke, as an admin of the organization.
func (w *watchWorld) token(opts ...clerktest.TokenOption) string {
	return w.SessionToken(revokedUser, append([]clerktest.TokenOption{
		clerktest.IssuedAt(time.Now()), clerktest.SessionID(revokedSession), roleIn(revokedOrg, "admin"),
		clerktest.AuthorizedParty("https://app.example"),
	}, opts...)...)
}

func roleIn(org, role string) clerktest.TokenOption {
	return clerktest.Claim("o", map[string]any{"id": org, "slg": "s", "rol": role})
}

func (w *watchWorld) auth(t *testing.T, token string) *core.Auth {
	t.Helper()
	state := w.clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+token))
	if !state.IsSignedIn() {
		t.Fatalf("got %s", outcome(state))
	}
	return state.Auth()
}

func (w *watchWorld) watch(t *testing.T, opts ...core.WatchOption) *core.Watch {
	t.Helper()
	return w.auth(t, w.token()).Watch(t.Context(), opts...)
}

// cause is why a watch has ended, in words: its class and its reason, "" while it has not.
func cause(w *core.Watch) string { return inWords(context.Cause(w.Context())) }

func inWords(err error) string {
	if err == nil {
		return ""
	}
	var words []string
	for class, name := range map[error]string{
		core.ErrUnauthenticated: "unauthenticated", core.ErrUnavailable: "unavailable", core.ErrForbidden: "forbidden",
		core.ErrConfiguration: "configuration", core.ErrWatchStopped: "stopped",
	} {
		if errors.Is(err, class) {
			words = append(words, name)
		}
	}
	if len(words) == 0 {
		return err.Error()
	}
	if e := core.AsError(err); e != nil && e.Reason() != "" {
		words = append(words, string(e.Reason()))
	}
	return strings.Join(words, " ")
}

const watchExpired = "unauthenticated token-expired"

// eventOf is an event of Clerk's webhooks, which happened at a time.
func eventOf(kind webhook.Type, at time.Time, data map[string]any) *webhook.Event {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return &webhook.Event{Type: kind, Data: text, OccurredAt: at}
}

// revocation is a way to revoke what these tests watch, and who is not concerned.
type revocation struct {
	do     func(ctx context.Context, c *core.Clerk) error
	want   reason.Reason
	spares string // of the watches of [watchAll]
}

func revocationsOfAllKinds() map[string]revocation {
	event := func(kind webhook.Type, data map[string]any) func(context.Context, *core.Clerk) error {
		return func(ctx context.Context, c *core.Clerk) error {
			return c.HandleEvent(ctx, eventOf(kind, time.Now(), data))
		}
	}
	membership := map[string]any{"organization": map[string]any{"id": revokedOrg}, "public_user_data": map[string]any{"user_id": revokedUser}}
	const otherUser, otherOrg, otherSession = "user", "organization", "session"
	return map[string]revocation{
		"RevokeSession": {
			want: reason.SessionRevoked, spares: otherUser + otherOrg + otherSession,
			do: func(ctx context.Context, c *core.Clerk) error { return c.RevokeSession(ctx, revokedSession) },
		},
		"RevokeUser": {
			want: reason.UserRevoked, spares: otherUser,
			do: func(ctx context.Context, c *core.Clerk) error { return c.RevokeUser(ctx, revokedUser) },
		},
		"RevokeMembership": {
			want: reason.MembershipRevoked, spares: otherUser + otherOrg,
			do: func(ctx context.Context, c *core.Clerk) error {
				return c.RevokeMembership(ctx, revokedUser, revokedOrg)
			},
		},
		"session.ended":                  {want: reason.SessionRevoked, spares: otherUser + otherOrg + otherSession, do: event(webhook.SessionEnded, map[string]any{"id": revokedSession})},
		"session.removed":                {want: reason.SessionRevoked, spares: otherUser + otherOrg + otherSession, do: event(webhook.SessionRemoved, map[string]any{"id": revokedSession})},
		"session.revoked":                {want: reason.SessionRevoked, spares: otherUser + otherOrg + otherSession, do: event(webhook.SessionRevoked, map[string]any{"id": revokedSession})},
		"user.deleted":                   {want: reason.UserRevoked, spares: otherUser, do: event(webhook.UserDeleted, map[string]any{"id": revokedUser})},
		"user.updated, banned":           {want: reason.UserRevoked, spares: otherUser, do: event(webhook.UserUpdated, map[string]any{"id": revokedUser, "banned": true})},
		"user.updated":                   {spares: otherUser + otherOrg + otherSession, do: event(webhook.UserUpdated, map[string]any{"id": revokedUser, "banned": false, "locked": true})},
		"organization.deleted":           {want: reason.MembershipRevoked, spares: otherOrg, do: event(webhook.OrganizationDeleted, map[string]any{"id": revokedOrg})},
		"organizationMembership.deleted": {want: reason.MembershipRevoked, spares: otherUser + otherOrg, do: event(webhook.MembershipDeleted, membership)},
		"organizationMembership.updated": {want: reason.RoleChanged, spares: otherUser + otherOrg, do: event(webhook.MembershipUpdated, membership)},
		"organizationMembership.created": {spares: otherUser + otherOrg + otherSession, do: event(webhook.MembershipCreated, membership)},
	}
}

// watchAll watches the session that is revoked, and the neighbours who differ in one thing.
func (w *watchWorld) watchAll(t *testing.T) map[string]*core.Watch {
	t.Helper()
	other := w.SessionToken("user_b", clerktest.IssuedAt(time.Now()), clerktest.SessionID("sess_b"), roleIn(revokedOrg, "admin"))
	return map[string]*core.Watch{
		"revoked":      w.watch(t),
		"session":      w.auth(t, w.token(clerktest.SessionID("sess_other"))).Watch(t.Context()),
		"organization": w.auth(t, w.token(clerktest.SessionID("sess_org"), roleIn("org_b", "admin"))).Watch(t.Context()),
		"user":         w.auth(t, other).Watch(t.Context()),
	}
}

// expectEnds checks who has been told what.
func expectEnds(t *testing.T, watches map[string]*core.Watch, r revocation) {
	t.Helper()
	for name, watch := range watches {
		want := ""
		if !strings.Contains(r.spares, name) && r.want != "" {
			want = "unauthenticated " + string(r.want)
		}
		if got := cause(watch); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestWatchEndsWithEachRevocation at once, in this process and by the fleet in another one.
func TestWatchEndsWithEachRevocation(t *testing.T) {
	t.Parallel()
	for name, r := range revocationsOfAllKinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
				watches := w.watchAll(t)
				time.Sleep(2 * time.Second) // A changed role concerns what was issued before.
				if err := r.do(t.Context(), w.clerk); err != nil {
					t.Fatal(err)
				}
				expectEnds(t, watches, r)
			})
		})
		t.Run(name+"/by the fleet", func(t *testing.T) {
			t.Parallel()
			s := newServer(t, true)
			synctest.Test(t, func(t *testing.T) {
				fleet := new(sharedtest.Fleet)
				share := func(o *core.Options) { o.Shared = fleet }
				w, elsewhere := newWatchWorld(t, s, share), newWatchWorld(t, s, share)
				synctest.Wait()
				watches := w.watchAll(t)
				time.Sleep(2 * time.Second)
				if err := r.do(t.Context(), elsewhere.clerk); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				expectEnds(t, watches, r)
			})
		})
	}
}

// TestWatchOfWhoWasRevokedMeanwhile ends before it has begun.
func TestWatchOfWhoWasRevokedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, r := range revocationsOfAllKinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
				auth := w.auth(t, w.token())
				time.Sleep(2 * time.Second)
				if err := r.do(t.Context(), w.clerk); err != nil {
					t.Fatal(err)
				}
				expectEnds(t, map[string]*core.Watch{"revoked": auth.Watch(t.Context())}, r)
				if got := w.clerk.Stats().Watches; r.want != "" && got != 0 {
					t.Errorf("got %d watches", got)
				}
			})
		})
	}
}

// TestWatchWithoutRevocations ends with its token.
func TestWatchWithoutRevocations(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
		watch := w.watch(t)
		if err := w.clerk.RevokeSession(t.Context(), revokedSession); err != nil {
			t.Fatal(err)
		}
		time.Sleep(79 * time.Second)
		if got := cause(watch); got != "" {
			t.Errorf("got %s", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := cause(watch); got != watchExpired {
			t.Errorf("got %q", got)
		}
	}, func(o *core.Options) { o.Revocations.Off = true })
}

// TestWatchHeedsTheOrderOfEvents as requests do: a ban that is over ends nothing, and neither does a
// role that changed before the token was issued.
func TestWatchHeedsTheOrderOfEvents(t *testing.T) {
	t.Parallel()
	banned := func(at time.Time, banned bool) *webhook.Event {
		return eventOf(webhook.UserUpdated, at, map[string]any{"id": revokedUser, "banned": banned})
	}
	changed := func(at time.Time) *webhook.Event {
		return eventOf(webhook.MembershipUpdated, at, map[string]any{"organization": map[string]any{"id": revokedOrg}, "public_user_data": map[string]any{"user_id": revokedUser}})
	}
	for name, tt := range map[string]struct {
		before, after func(now time.Time) []*webhook.Event
		want          string
	}{
		"a ban that is over, told late": {
			before: func(now time.Time) []*webhook.Event {
				return []*webhook.Event{banned(now.Add(-30*time.Second), true), banned(now.Add(-10*time.Second), false)}
			},
			after: func(now time.Time) []*webhook.Event { return []*webhook.Event{banned(now.Add(-20*time.Second), true)} },
		},
		"a ban after a ban that is over": {
			before: func(now time.Time) []*webhook.Event {
				return []*webhook.Event{banned(now.Add(-30*time.Second), true), banned(now.Add(-10*time.Second), false)}
			},
			after: func(now time.Time) []*webhook.Event { return []*webhook.Event{banned(now, true)} },
			want:  "unauthenticated user-revoked",
		},
		"a role that changed before the token": {
			after: func(now time.Time) []*webhook.Event { return []*webhook.Event{changed(now.Add(-time.Second))} },
		},
		"a role that changed in the second of the token": {
			after: func(now time.Time) []*webhook.Event {
				return []*webhook.Event{changed(now.Add(999 * time.Millisecond))}
			},
		},
		"a role that changed a second after the token": {
			after: func(now time.Time) []*webhook.Event { return []*webhook.Event{changed(now.Add(time.Second))} },
			want:  "unauthenticated role-changed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
				tell := func(events func(time.Time) []*webhook.Event) {
					if events == nil {
						return
					}
					for _, e := range events(time.Now()) {
						if err := w.clerk.HandleEvent(t.Context(), e); err != nil {
							t.Fatal(err)
						}
					}
				}
				tell(tt.before)
				watch := w.watch(t)
				tell(tt.after)
				if got := cause(watch); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// TestWatchOutlivesARoleThatItsTokenKnows: a fresher token counts from when it is taken.
func TestWatchOutlivesARoleThatItsTokenKnows(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
		watch := w.watch(t)
		changed := time.Now().Add(20 * time.Second)
		time.Sleep(30 * time.Second)
		if err := watch.Renew(w.token()); err != nil {
			t.Fatal(err)
		}
		event := eventOf(webhook.MembershipUpdated, changed, map[string]any{"organization": map[string]any{"id": revokedOrg}, "public_user_data": map[string]any{"user_id": revokedUser}})
		if err := w.clerk.HandleEvent(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		if got := cause(watch); got != "" {
			t.Errorf("got %s", got)
		}
	})
}

// TestWatchEndsWithItsToken to the second.
func TestWatchEndsWithItsToken(t *testing.T) {
	t.Parallel()
	none := time.Duration(0)
	for name, tt := range map[string]struct {
		change func(*core.Options)
		opts   []core.WatchOption
		token  []clerktest.TokenOption
		want   time.Duration
	}{
		"as it is":        {want: 80 * time.Second},
		"no grace":        {opts: []core.WatchOption{core.WatchGrace(0)}, want: 65 * time.Second},
		"less than none":  {opts: []core.WatchOption{core.WatchGrace(-time.Hour), nil}, want: 65 * time.Second},
		"another grace":   {opts: []core.WatchOption{core.WatchGrace(time.Minute)}, want: 125 * time.Second},
		"another skew":    {change: func(o *core.Options) { o.ClockSkew = &none }, want: 75 * time.Second},
		"a longer token":  {token: []clerktest.TokenOption{clerktest.Lifetime(10 * time.Minute)}, want: 620 * time.Second},
		"grace of others": {change: withGrace, want: 80 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.change == nil {
				tt.change = func(*core.Options) {}
			}
			inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
				begin := time.Now()
				watch := w.auth(t, w.token(tt.token...)).Watch(t.Context(), tt.opts...)
				if got := watch.Expires().Sub(begin); got != tt.want {
					t.Errorf("expires after %v, want %v", got, tt.want)
				}
				<-watch.Context().Done()
				if got := time.Since(begin); got != tt.want {
					t.Errorf("ended after %v, want %v", got, tt.want)
				}
				if got := cause(watch); got != watchExpired {
					t.Errorf("got %q", got)
				}
				if got := core.AsError(context.Cause(watch.Context())).StatusCode(); got != http.StatusUnauthorized {
					t.Errorf("got status %d", got)
				}
			}, tt.change)
		})
	}
}

// TestWatchOfATokenThatHasExpired has ended already: nobody knows any more what was revoked.
func TestWatchOfATokenThatHasExpired(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
		auth := w.auth(t, w.token())
		time.Sleep(65 * time.Second)
		watch := auth.Watch(t.Context())
		if got := cause(watch); got != watchExpired {
			t.Errorf("got %q", got)
		}
		if err := watch.Renew(w.token()); inWords(err) != watchExpired {
			t.Errorf("got %v", err)
		}
		watch.Stop()
	})
}

// TestWatchIsRenewed for as long as the client sends its tokens, and not a moment longer.
func TestWatchIsRenewed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
		watch := w.watch(t)
		for range 100 {
			time.Sleep(50 * time.Second)
			if err := watch.Renew(w.token()); err != nil {
				t.Fatal(err)
			}
		}
		begin := time.Now()
		<-watch.Context().Done()
		if got := time.Since(begin); got != 80*time.Second {
			t.Errorf("ended after %v", got)
		}
		if err := watch.Renew(w.token()); inWords(err) != watchExpired {
			t.Errorf("got %v", err)
		}
	})
}

// TestWatchTakesTheLastMoment in which a fresher token is waited for.
func TestWatchTakesTheLastMoment(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
		watch := w.watch(t)
		time.Sleep(80*time.Second - time.Millisecond)
		if err := watch.Renew(w.token()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := cause(watch); got != "" {
			t.Errorf("got %s", got)
		}
	})
}

// TestRenewJudgesTokens: what becomes of the watch with each, and until when it lasts then.
func TestRenewJudgesTokens(t *testing.T) {
	t.Parallel()
	const asBefore, renewed = 80 * time.Second, 110 * time.Second
	forger, err := clerktest.OtherKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		token func(w *watchWorld) string
		want  string // the error
		lasts time.Duration
		ends  bool // the watch, with the error
	}{
		"a fresher one": {token: func(w *watchWorld) string { return w.token() }, lasts: renewed},
		"one that was issued before": {lasts: asBefore, token: func(w *watchWorld) string {
			return w.token(clerktest.IssuedAt(time.Now().Add(-40 * time.Second)))
		}},
		"one from before, as somebody else in the organization": {lasts: asBefore, token: func(w *watchWorld) string {
			return w.token(clerktest.IssuedAt(time.Now().Add(-40*time.Second)), roleIn(revokedOrg, "member"))
		}},
		"a fresher one that expires before": {lasts: asBefore, token: func(w *watchWorld) string { return w.token(clerktest.Lifetime(time.Second)) }},
		"one that has expired":              {want: watchExpired, lasts: asBefore, token: func(w *watchWorld) string { return w.token(clerktest.IssuedAt(time.Now().Add(-2 * time.Minute))) }},
		"one of tomorrow":                   {want: "unauthenticated session-token-nbf", lasts: asBefore, token: func(w *watchWorld) string { return w.token(clerktest.IssuedAt(time.Now().Add(24 * time.Hour))) }},
		"nothing":                           {want: "unauthenticated token-invalid", lasts: asBefore, token: func(*watchWorld) string { return "" }},
		"something else":                    {want: "unauthenticated token-invalid", lasts: asBefore, token: func(*watchWorld) string { return "a.b.c" }},
		"too much":                          {want: "unauthenticated token-invalid", lasts: asBefore, token: func(*watchWorld) string { return strings.Repeat("a", 1<<20) }},
		"a forged one":                      {want: "unauthenticated token-invalid-signature", lasts: asBefore, token: func(w *watchWorld) string { return w.token(clerktest.SignedWith(forger, w.KeyID())) }},
		"one of another origin":             {want: "unauthenticated token-invalid-authorized-parties", lasts: asBefore, token: func(w *watchWorld) string { return w.token(clerktest.AuthorizedParty("https://evil.example")) }},
		"one of a template":                 {want: "unauthenticated token-type-mismatch", lasts: asBefore, token: func(w *watchWorld) string { return w.token(clerktest.Category(clerktest.CategoryTemplate)) }},
		"a machine's":                       {want: "unauthenticated token-type-mismatch", lasts: asBefore, token: func(w *watchWorld) string { return w.M2MJWT(clerktest.MachineToken{}) }},
		"of another session":                {want: "forbidden", lasts: asBefore, token: func(w *watchWorld) string { return w.token(clerktest.SessionID("sess_b")) }},
		"of another user": {want: "forbidden", lasts: asBefore, token: func(w *watchWorld) string {
			return w.SessionToken("user_b", clerktest.IssuedAt(time.Now()), clerktest.SessionID(revokedSession), roleIn(revokedOrg, "admin"), clerktest.AuthorizedParty("https://app.example"))
		}},
		"of another organization": {want: "forbidden", lasts: asBefore, token: func(w *watchWorld) string { return w.token(roleIn("org_b", "admin")) }},
		"of no organization":      {want: "forbidden", lasts: asBefore, token: func(w *watchWorld) string { return w.token(clerktest.Claim("o", nil)) }},
		"with another role":       {want: "unauthenticated role-changed", ends: true, token: func(w *watchWorld) string { return w.token(roleIn(revokedOrg, "member")) }},
		"that is pending":         {want: "unauthenticated", ends: true, token: func(w *watchWorld) string { return w.token(clerktest.Pending()) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
				begin := time.Now()
				watch := w.watch(t)
				time.Sleep(30 * time.Second)
				token := tt.token(w)
				err := watch.Renew(token)
				if got := inWords(err); got != tt.want {
					t.Errorf("got %q (%v), want %q", got, err, tt.want)
				}
				if err != nil && len(token) > 5 && strings.Contains(err.Error(), token[len(token)-5:]) {
					t.Errorf("the error holds the token: %v", err)
				}
				if is := errors.Is(err, core.ErrOtherSession); is != (tt.want == "forbidden") {
					t.Errorf("of another session: got %t", is)
				}
				if tt.ends {
					if !errors.Is(context.Cause(watch.Context()), err) {
						t.Errorf("got %v, want %v", context.Cause(watch.Context()), err)
					}
					return
				}
				if got := watch.Expires().Sub(begin); got != tt.lasts {
					t.Errorf("expires after %v, want %v", got, tt.lasts)
				}
				<-watch.Context().Done()
				if got := time.Since(begin); got != tt.lasts || cause(watch) != watchExpired {
					t.Errorf("ended after %v, want %v: %s", got, tt.lasts, cause(watch))
				}
			}, func(o *core.Options) { o.AuthorizedParties = []string{"https://app.example"} })
		})
	}
}

// TestWatchKnowsWhatTheFreshestTokenSays about the user.
func TestWatchKnowsWhatTheFreshestTokenSays(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
		feature := func(plan string) clerktest.TokenOption { return clerktest.Claim("pla", "u:"+plan) }
		watch := w.auth(t, w.token(feature("pro"))).Watch(t.Context())
		if !watch.Auth().Has(core.Plan("pro")) {
			t.Error("the plan of the first token is not known")
		}
		time.Sleep(time.Second)
		if err := watch.Renew(w.token(feature("free"))); err != nil {
			t.Fatal(err)
		}
		if auth := watch.Auth(); auth.Has(core.Plan("pro")) || auth.UserID != revokedUser || !auth.IsAuthenticated() {
			t.Errorf("got %+v", auth)
		}
	})
}

// TestWatchOfAPendingSession is for who takes those for signed in.
func TestWatchOfAPendingSession(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
		state := w.clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+w.token(clerktest.Pending())))
		if got := cause(state.Auth().Watch(t.Context())); got != "unauthenticated" {
			t.Errorf("as signed out: got %q", got)
		}
		watch := state.Auth(core.PendingAsSignedIn).Watch(t.Context())
		time.Sleep(50 * time.Second)
		for _, token := range []string{w.token(clerktest.Pending()), w.token()} {
			if err := watch.Renew(token); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		if got := cause(watch); got != "" || watch.Auth().UserID != revokedUser {
			t.Errorf("got %q, %+v", got, watch.Auth())
		}
	})
}

// TestWatchOfNobodyHasEnded with what is known about that.
func TestWatchOfNobodyHasEnded(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	calm := newClerk(t, plain(s))
	o := plain(s)
	o.HTTPClient = &http.Client{Transport: roundTrip(down)}
	away := newClerk(t, o)
	for name, tt := range map[string]struct {
		auth *core.Auth
		want string
	}{
		"no token":         {auth: calm.Authenticate(t.Context(), get("/")).Auth(), want: "unauthenticated session-token-and-uat-missing"},
		"a damaged one":    {auth: calm.Authenticate(t.Context(), get("/", "Authorization", "Bearer a.b.c")).Auth(), want: "unauthenticated token-invalid"},
		"a handshake":      {auth: calm.Authenticate(t.Context(), page("/", "Cookie", inCookies(s, "", 1, ""))).Auth(), want: "unauthenticated client-uat-but-no-session-token"},
		"not checked":      {auth: away.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_a"))).Auth(), want: "unavailable unexpected-error"},
		"the zero value":   {auth: new(core.Auth), want: "unauthenticated"},
		"an unasked guard": {auth: attach(t, calm, get("/", "Authorization", "Bearer "+s.APIKey(clerktest.MachineToken{}))).Auth(), want: "unauthenticated token-type-mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			watch := tt.auth.Watch(t.Context())
			if got := cause(watch); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if err := watch.Renew(s.SessionToken("user_a")); inWords(err) != tt.want {
				t.Errorf("got %v", err)
			}
			if !watch.Expires().IsZero() {
				t.Errorf("got %v", watch.Expires())
			}
			watch.Stop()
		})
	}
}

// TestWatchOfMachines ends with their credential and whom it speaks for.
func TestWatchOfMachines(t *testing.T) {
	t.Parallel()
	revokeUser := func(ctx context.Context, c *core.Clerk) error { return c.RevokeUser(ctx, "user_m") }
	deleteOrg := func(ctx context.Context, c *core.Clerk) error {
		return c.HandleEvent(ctx, eventOf(webhook.OrganizationDeleted, time.Now(), map[string]any{"id": "org_m"}))
	}
	for name, tt := range map[string]struct {
		subject string
		life    time.Duration // of a key, none for ever
		jwt     bool
		revoke  func(ctx context.Context, c *core.Clerk) error
		lasts   time.Duration
		want    string
	}{
		"a JWT":                           {jwt: true, life: 10 * time.Minute, lasts: 605 * time.Second, want: watchExpired},
		"a key that expires":              {life: 10 * time.Minute, lasts: 605 * time.Second, want: "unavailable token-expired"},
		"a key without an end":            {lasts: time.Hour, want: "unavailable token-expired"},
		"a key of a user who is banned":   {subject: "user_m", revoke: revokeUser, want: "unauthenticated user-revoked"},
		"a key of another user":           {subject: "user_n", revoke: revokeUser, lasts: time.Hour, want: "unavailable token-expired"},
		"a key of a deleted organization": {subject: "org_m", revoke: deleteOrg, want: "unauthenticated membership-revoked"},
		"a key of another organization":   {subject: "org_n", revoke: deleteOrg, lasts: time.Hour, want: "unavailable token-expired"},
		"a JWT of a user who is banned":   {jwt: true, subject: "user_m", revoke: revokeUser, want: "unauthenticated user-revoked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, true)
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(epoch)) // The server's clock stands there.
				subject, key, expires := cmp.Or(tt.subject, "user_a"), "ak_one", "null"
				if tt.jwt {
					key = s.OAuthJWT(clerktest.MachineToken{Subject: subject, Lifetime: tt.life})
				}
				if tt.life > 0 {
					expires = strconv.FormatInt(time.Now().Add(tt.life).UnixMilli(), 10)
				}
				w := newWatchWorld(t, s, func(o *core.Options) {
					o.AcceptsToken = core.AnyToken()
					o.HTTPClient = answers{http.StatusOK, "application/json", `{"object":"api_key","id":"ak_1","subject":"` + subject + `","scopes":[],"expiration":` + expires + `}`}.client()
				})
				auth := w.auth(t, key)
				begin := time.Now()
				watch := auth.Watch(t.Context())
				if err := watch.Renew(w.token()); inWords(err) != "forbidden token-type-mismatch" {
					t.Errorf("got %v", err)
				}
				if tt.revoke != nil {
					if err := tt.revoke(t.Context(), w.clerk); err != nil {
						t.Fatal(err)
					}
				}
				<-watch.Context().Done()
				if got := time.Since(begin); got != tt.lasts || cause(watch) != tt.want {
					t.Errorf("got %q after %v, want %q after %v", cause(watch), got, tt.want, tt.lasts)
				}
			})
		})
	}
}

// TestWatchOfAMachineThatWasRevokedLongAgo: between its check and the watch a key's user is banned,
// and that is forgotten.
func TestWatchOfAMachineThatWasRevokedLongAgo(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	for after, want := range map[time.Duration]string{
		50 * time.Second: "unauthenticated user-revoked",
		70 * time.Second: "unavailable token-expired",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWatchWorld(t, s, func(o *core.Options) {
				o.AcceptsToken = core.AnyToken()
				o.HTTPClient = answers{http.StatusOK, "application/json", `{"object":"api_key","id":"ak_1","subject":"user_m","scopes":[],"expiration":null}`}.client()
			})
			auth := w.auth(t, "ak_one")
			if err := w.clerk.RevokeUser(t.Context(), "user_m"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(after)
			watch := auth.Watch(t.Context())
			defer watch.Stop()
			if got := cause(watch); got != want {
				t.Errorf("after %v: got %q, want %q", after, got, want)
			}
		})
	}
}

// TestWatchAndClocksThatAreSet: nobody gets more time, and who has too much is found within a minute.
func TestWatchAndClocksThatAreSet(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		by      time.Duration
		token   time.Duration // its lifetime
		atLeast time.Duration
		atMost  time.Duration
	}{
		"a little forward": {by: 3 * time.Second, token: time.Minute, atLeast: 77 * time.Second, atMost: 80 * time.Second},
		"an hour forward":  {by: time.Hour, token: 30 * time.Minute, atLeast: 10 * time.Second, atMost: 70 * time.Second},
		"a little back":    {by: -3 * time.Second, token: time.Minute, atLeast: 80 * time.Second, atMost: 80 * time.Second},
		"an hour back":     {by: -time.Hour, token: time.Minute, atLeast: 80 * time.Second, atMost: 80 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var off atomic.Int64
			inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
				begin := time.Now()
				watch := w.auth(t, w.token(clerktest.Lifetime(tt.token))).Watch(t.Context())
				time.Sleep(10 * time.Second)
				off.Store(int64(tt.by))
				<-watch.Context().Done()
				if got := time.Since(begin); got < tt.atLeast || got > tt.atMost || cause(watch) != watchExpired {
					t.Errorf("got %q after %v, want from %v to %v", cause(watch), got, tt.atLeast, tt.atMost)
				}
			}, func(o *core.Options) { o.Now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) } })
		})
	}
}

// TestRenewIsTooLate where the clock says so before the timer does.
func TestRenewIsTooLate(t *testing.T) {
	t.Parallel()
	var off atomic.Int64
	inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
		watch := w.watch(t)
		off.Store(int64(80 * time.Second))
		fresh := w.token(clerktest.IssuedAt(time.Now().Add(80 * time.Second)))
		if err := watch.Renew(fresh); inWords(err) != watchExpired || cause(watch) != watchExpired {
			t.Errorf("got %v, and the watch %q", err, cause(watch))
		}
	}, func(o *core.Options) { o.Now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) } })
}

// TestRenewThatCannotBeChecked says so, and does not end the watch.
func TestRenewThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(epoch))
		ow := newOutageWorld(t, s, func(o *core.Options) { o.Now = time.Now }).warm(t)
		w := &watchWorld{s, ow.clerk}
		ow.breaks("", down)
		watch, begin := w.watch(t), time.Now()
		time.Sleep(50 * time.Second)
		if err := watch.Renew(w.token()); err != nil {
			t.Fatalf("with the keys in memory: %v", err)
		}
		if _, err := s.RotateKey(); err != nil {
			t.Fatal(err)
		}
		calls := ow.of("jwks")
		time.Sleep(50 * time.Second)
		err := watch.Renew(w.token())
		if !errors.Is(err, core.ErrUnavailable) || errors.Is(err, core.ErrUnauthenticated) || core.AsError(err).StatusCode() != http.StatusServiceUnavailable {
			t.Errorf("got %v", err)
		}
		if got := cause(watch); got != "" {
			t.Errorf("the watch has ended: %s", got)
		}
		if ow.of("jwks") == calls {
			t.Error("nobody asked for the new key: the test shows nothing")
		}
		<-watch.Context().Done()
		if got := time.Since(begin); got != 130*time.Second || cause(watch) != "unavailable token-expired" {
			t.Errorf("got %q after %v", cause(watch), got)
		}

		ow.breaks("", nil)
		ow.breaks("jwks", func(r *http.Request) (*http.Response, error) {
			return answers{http.StatusOK, "application/json", string(s.JWKS())}.RoundTrip(r)
		})
		time.Sleep(time.Minute)
		if err := w.watch(t).Renew(w.token()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// TestWatchInAnOutage: nobody is called signed out who could not get a fresher token.
func TestWatchInAnOutage(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	for name, tt := range map[string]struct {
		change func(*core.Options)
		grace  bool
		back   time.Duration // when Clerk is
		lasts  time.Duration
		want   string
	}{
		"the token ends":           {change: func(*core.Options) {}, lasts: 80 * time.Second, want: "unavailable token-expired"},
		"a token that has expired": {change: withGrace, grace: true, lasts: 525 * time.Second, want: "unavailable token-expired"},
		"Clerk comes back":         {change: withGrace, grace: true, back: 100 * time.Second, lasts: 120 * time.Second, want: "unavailable token-expired"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(epoch))
				ow := newOutageWorld(t, s, func(o *core.Options) { o.Now = time.Now; tt.change(o); o.Outage.ProbeInterval = 5 * time.Second }).warm(t)
				w := &watchWorld{s, ow.clerk}
				ow.breaks("", down)
				issued := time.Now()
				if tt.grace {
					issued = issued.Add(-2 * time.Minute)
				}
				var watch *core.Watch
				stop := make(chan struct{})
				keepAsking(t, w, stop)
				time.Sleep(20 * time.Second)
				begin := time.Now()
				if tt.grace {
					state := w.clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+w.token(clerktest.IssuedAt(issued))))
					if !state.Auth().InGrace() {
						t.Fatalf("not in grace: %s", outcome(state))
					}
					watch = state.Auth().Watch(t.Context())
				} else {
					watch = w.watch(t)
				}
				if tt.back > 0 {
					time.AfterFunc(tt.back, func() { ow.breaks("", nil) })
				}
				<-watch.Context().Done()
				got := time.Since(begin)
				if got < tt.lasts-16*time.Second || got > tt.lasts+16*time.Second || cause(watch) != tt.want {
					t.Errorf("got %q after %v, want %q after about %v", cause(watch), got, tt.want, tt.lasts)
				}
				close(stop)
				synctest.Wait()
			})
		})
	}
}

// TestWatchEndsWhileNobodyAsksClerk: what the last probe said counts, though the next is due.
func TestWatchEndsWhileNobodyAsksClerk(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(epoch))
		ow := newOutageWorld(t, s, func(o *core.Options) { o.Now = time.Now; o.Outage.ProbeInterval = 5 * time.Second }).warm(t)
		w := &watchWorld{s, ow.clerk}
		watch := w.watch(t)
		time.Sleep(65 * time.Second)
		ow.breaks("", down)
		stop := make(chan struct{})
		keepAsking(t, w, stop)
		time.Sleep(5 * time.Second)
		close(stop)
		<-watch.Context().Done()
		if got := cause(watch); got != "unavailable token-expired" {
			t.Errorf("got %q", got)
		}
		synctest.Wait()
	})
}

// TestWatchForgetsThatATokenCouldNotBeChecked as soon as one can.
func TestWatchForgetsThatATokenCouldNotBeChecked(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	forger, err := clerktest.OtherKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, issued := range map[string]time.Duration{"one that has expired": -time.Hour, "one from before": -10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(epoch))
			ow := newOutageWorld(t, s, func(o *core.Options) { o.Now = time.Now }).warm(t)
			w := &watchWorld{s, ow.clerk}
			watch, begin := w.watch(t), time.Now()
			ow.breaks("", down)
			time.Sleep(10 * time.Second)
			if err := watch.Renew(w.token(clerktest.SignedWith(forger, "ins_unknown"))); !errors.Is(err, core.ErrUnavailable) {
				t.Fatalf("got %v", err)
			}
			ow.breaks("", nil)
			time.Sleep(30 * time.Second)
			if err := watch.Renew(w.token(clerktest.IssuedAt(begin.Add(issued)))); errors.Is(err, core.ErrUnavailable) {
				t.Fatalf("%s: got %v", name, err)
			}
			<-watch.Context().Done()
			if got := cause(watch); got != watchExpired {
				t.Errorf("%s: got %s", name, got)
			}
		})
	}
}

// keepAsking makes somebody need Clerk now and then, so that it is known whether it is there.
func keepAsking(t *testing.T, w *watchWorld, stop <-chan struct{}) {
	t.Helper()
	expired := w.token(clerktest.IssuedAt(time.Now().Add(-time.Hour)))
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Second):
				w.clerk.Authenticate(t.Context(), get("/", "Cookie", inCookies(w.Server, expired, 1, "refresh")))
			}
		}
	}()
}

// TestWatchEndsWithItsContext and with Stop, and all is freed.
func TestWatchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
		type key struct{}
		over := errors.New("the client has gone")
		parent, leave := context.WithCancelCause(context.WithValue(t.Context(), key{}, "value"))
		first, second := w.auth(t, w.token()).Watch(parent), w.watch(t)
		if got := first.Context().Value(key{}); got != "value" {
			t.Errorf("got the value %v", got)
		}
		if got := w.clerk.Stats().Watches; got != 2 {
			t.Errorf("got %d watches", got)
		}
		leave(over)
		synctest.Wait()
		if got := context.Cause(first.Context()); !errors.Is(got, over) {
			t.Errorf("got %v", got)
		}
		if err := first.Renew(w.token()); !errors.Is(err, over) {
			t.Errorf("got %v", err)
		}
		if got := w.clerk.Stats().Watches; got != 1 {
			t.Errorf("got %d watches", got)
		}
		second.Stop()
		second.Stop()
		first.Stop()
		if got := context.Cause(second.Context()); !errors.Is(got, core.ErrWatchStopped) || !errors.Is(got, context.Canceled) {
			t.Errorf("got %v", got)
		}
		third := w.auth(t, w.token()).Watch(parent)
		synctest.Wait()
		if got := context.Cause(third.Context()); !errors.Is(got, over) {
			t.Errorf("of a context that has ended: got %v", got)
		}
		if got := w.clerk.Stats().Watches; got != 0 {
			t.Errorf("got %d watches", got)
		}
	})
}

// TestManyWatches cost no goroutine, are told in an instant, and leave nothing behind.
func TestManyWatches(t *testing.T) {
	t.Parallel()
	const users, each = 100, 100
	inBubble(t, func(t *testing.T, w *watchWorld) { //nolint:thelper // It is the test.
		parent, leave := context.WithCancel(t.Context())
		before := runtime.NumGoroutine()
		watches := make([]*core.Watch, 0, users*each)
		for i := range users {
			user := fmt.Sprintf("user_%d", i)
			auth := w.auth(t, w.SessionToken(user, clerktest.IssuedAt(time.Now()), clerktest.SessionID("sess_"+user)))
			for range each {
				watches = append(watches, auth.Watch(parent))
			}
		}
		if got := runtime.NumGoroutine() - before; got > users {
			t.Errorf("got %d goroutines more", got)
		}
		if err := w.clerk.RevokeUser(t.Context(), "user_7"); err != nil {
			t.Fatal(err)
		}
		ended := 0
		for i, watch := range watches {
			switch got := cause(watch); {
			case got == "unauthenticated user-revoked" && i/each == 7:
				ended++
			case got != "":
				t.Fatalf("%d: got %s", i, got)
			}
		}
		if ended != each || w.clerk.Stats().Watches != users*each-each {
			t.Errorf("got %d ended, and %d left", ended, w.clerk.Stats().Watches)
		}
		leave()
		synctest.Wait()
		if got := w.clerk.Stats().Watches; got != 0 {
			t.Errorf("got %d watches", got)
		}
	})
}

// TestWatchFromEverySide: renewed, revoked, stopped and asked at the same time.
func TestWatchFromEverySide(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	w := newWatchWorld(t, s)
	var all sync.WaitGroup
	for i := range 50 {
		session := fmt.Sprintf("sess_%d", i)
		token := w.token(clerktest.SessionID(session))
		auth := w.auth(t, token)
		ctx, leave := context.WithCancel(t.Context())
		watch := auth.Watch(ctx)
		all.Go(func() { _ = w.clerk.RevokeSession(t.Context(), session) })
		all.Go(func() { _ = watch.Renew(token) })
		all.Go(func() { _ = watch.Auth().UserID; _ = watch.Expires() })
		all.Go(func() { auth.Watch(ctx).Stop() })
		if i%2 == 0 {
			all.Go(leave)
		} else {
			all.Go(watch.Stop)
		}
		all.Go(func() { <-watch.Context().Done() })
		t.Cleanup(leave)
	}
	all.Wait()
	for range 1000 { // Who left is freed by a goroutine of the context's.
		if w.clerk.Stats().Watches == 0 {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("got %d watches", w.clerk.Stats().Watches)
}

// BenchmarkWatch shows what a watch takes, while it lasts.
func BenchmarkWatch(b *testing.B) {
	s := newServer(b, true)
	o := plain(s)
	o.JWTKey = s.PEM()
	clerk := newClerk(b, o)
	auth := clerk.Authenticate(b.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_a"))).Auth()
	ctx, leave := context.WithCancel(b.Context())
	defer leave()
	b.ReportAllocs()
	for b.Loop() {
		auth.Watch(ctx)
	}
}
