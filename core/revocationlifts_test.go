package core_test

import (
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk/clerk-sdk-go/v2/organizationmembership"
	"github.com/clerk/clerk-sdk-go/v2/user"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// lifting is something that revokes, or that may lift it, at one process.
type lifting func(t *testing.T, s *clerktest.Server, c *core.Clerk)

// event is one of Clerk's, which happened some seconds after the token was issued.
func event(kind webhook.Type, data string, seconds int) lifting {
	return func(t *testing.T, _ *clerktest.Server, c *core.Clerk) {
		t.Helper()
		hears(t, c, epoch.Add(time.Duration(seconds)*time.Second), kind, data)
	}
}

// The steps of these tests. The number is the second in which something happened, by Clerk's clock;
// what the application does is in the second in which it does it.
var (
	bannedAt = func(seconds int) lifting {
		return event(webhook.UserUpdated, `{"id":"`+revokedUser+`","banned":true}`, seconds)
	}
	changedAt = func(seconds int) lifting {
		return event(webhook.UserUpdated, `{"id":"`+revokedUser+`","banned":false}`, seconds)
	}
	deletedAt = func(seconds int) lifting {
		return event(webhook.UserDeleted, `{"id":"`+revokedUser+`","deleted":true}`, seconds)
	}
	leftAt   = func(seconds int) lifting { return event(webhook.MembershipDeleted, membershipJSON, seconds) }
	joinedAt = func(seconds int) lifting { return event(webhook.MembershipCreated, membershipJSON, seconds) }
	roleAt   = func(seconds int) lifting { return event(webhook.MembershipUpdated, membershipJSON, seconds) }
	goneAt   = func(seconds int) lifting {
		return event(webhook.OrganizationDeleted, `{"id":"`+revokedOrg+`"}`, seconds)
	}
	startedAt = func(seconds int) lifting {
		return event(webhook.SessionCreated, `{"id":"`+revokedSession+`"}`, seconds)
	}
	touchedAt = func(seconds int) lifting {
		return event("session.updated", `{"id":"`+revokedSession+`","status":"active"}`, seconds)
	}
	endedAt    = func(seconds int) lifting { return event(webhook.SessionEnded, `{"id":"`+revokedSession+`"}`, seconds) }
	revokeUser = lifting(func(t *testing.T, _ *clerktest.Server, c *core.Clerk) {
		t.Helper()
		must(t, c.RevokeUser(t.Context(), revokedUser))
	})
	revokeSession = lifting(func(t *testing.T, _ *clerktest.Server, c *core.Clerk) {
		t.Helper()
		must(t, c.RevokeSession(t.Context(), revokedSession))
	})
	revokeMembership = lifting(func(t *testing.T, _ *clerktest.Server, c *core.Clerk) {
		t.Helper()
		must(t, c.RevokeMembership(t.Context(), revokedUser, revokedOrg))
	})
	callBan = lifting(func(t *testing.T, _ *clerktest.Server, c *core.Clerk) {
		t.Helper()
		_, err := c.Client().Users().Ban(t.Context(), revokedUser)
		must(t, err)
	})
	callUnban = lifting(func(t *testing.T, _ *clerktest.Server, c *core.Clerk) {
		t.Helper()
		_, err := c.Client().Users().Unban(t.Context(), revokedUser)
		must(t, err)
	})
	callRename = lifting(func(t *testing.T, _ *clerktest.Server, c *core.Clerk) {
		t.Helper()
		_, err := c.Client().Users().Update(t.Context(), revokedUser, &user.UpdateParams{FirstName: new("Eve")})
		must(t, err)
	})
	callDelete = lifting(func(t *testing.T, _ *clerktest.Server, c *core.Clerk) {
		t.Helper()
		_, err := c.Client().Users().Delete(t.Context(), revokedUser)
		must(t, err)
	})
	callLeave = lifting(func(t *testing.T, _ *clerktest.Server, c *core.Clerk) {
		t.Helper()
		_, err := organizationmembership.NewClient(c.Client().Config()).Delete(t.Context(), &organizationmembership.DeleteParams{OrganizationID: revokedOrg, UserID: revokedUser})
		must(t, err)
	})
	bannedElsewhere = lifting(func(_ *testing.T, s *clerktest.Server, _ *core.Clerk) {
		s.AddUser(clerktest.User{ID: revokedUser, Banned: true})
	})
	pass = func(seconds int) lifting {
		return func(_ *testing.T, s *clerktest.Server, _ *core.Clerk) {
			s.Clock().Advance(time.Duration(seconds) * time.Second)
		}
	}
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lifts are what may come after what was revoked, and what becomes of a session's token then: of the
// one that was issued before, and of one that Clerk issues last.
var lifts = map[string]struct {
	steps     []lifting
	old, last string
}{
	"the application revokes a user, who changes something":          {steps: []lifting{revokeUser, changedAt(10)}, old: byUser},
	"the application revokes a user, whom it changes":                {steps: []lifting{revokeUser, callRename, changedAt(10)}, old: byUser},
	"the application revokes a user, whose ban Clerk ends":           {steps: []lifting{revokeUser, callUnban, changedAt(10)}, old: byUser},
	"a change that is older than what the application revokes":       {steps: []lifting{pass(20), revokeUser, changedAt(10)}, old: byUser},
	"a change that is told again and again":                          {steps: []lifting{revokeUser, changedAt(10), changedAt(11), changedAt(10), changedAt(11)}, old: byUser},
	"Clerk bans a user, and ends that":                               {steps: []lifting{bannedAt(0), changedAt(10)}, old: passes},
	"Clerk bans a user, and had changed the user before":             {steps: []lifting{bannedAt(10), changedAt(9)}, old: byUser},
	"Clerk ends a ban, and bans again":                               {steps: []lifting{bannedAt(0), changedAt(10), bannedAt(20), changedAt(10)}, old: byUser},
	"Clerk ends a ban, and the application revokes":                  {steps: []lifting{bannedAt(0), changedAt(10), pass(20), revokeUser, changedAt(10), changedAt(30)}, old: byUser},
	"the application revokes who is banned, and the ban ends":        {steps: []lifting{bannedAt(0), revokeUser, changedAt(10)}, old: byUser},
	"the application revokes who is banned then, and the ban ends":   {steps: []lifting{revokeUser, bannedAt(5), changedAt(10)}, old: byUser},
	"two bans end of who was revoked by the application":             {steps: []lifting{bannedAt(0), revokeUser, changedAt(5), bannedAt(6), changedAt(10)}, old: byUser},
	"a ban is told late of who was revoked, and its end was told":    {steps: []lifting{revokeUser, changedAt(10), bannedAt(5)}, old: byUser},
	"a call bans, and Clerk says that it is over":                    {steps: []lifting{callBan, callUnban, changedAt(10)}, old: passes},
	"a call bans, the application revokes, and the ban ends":         {steps: []lifting{callBan, revokeUser, callUnban, changedAt(10)}, old: byUser},
	"the application revokes, a call bans, and the ban ends":         {steps: []lifting{revokeUser, callBan, callUnban, changedAt(10)}, old: byUser},
	"an answer tells of a ban, and Clerk says that it is over":       {steps: []lifting{bannedElsewhere, callRename, changedAt(10)}, old: passes},
	"an answer tells of a ban of who was revoked, and the ban ends":  {steps: []lifting{revokeUser, bannedElsewhere, callRename, changedAt(10)}, old: byUser},
	"a user is deleted, and a change is told":                        {steps: []lifting{deletedAt(0), changedAt(10)}, old: byUser},
	"a banned user is deleted, and the end of the ban is told":       {steps: []lifting{bannedAt(0), deletedAt(5), changedAt(10)}, old: byUser},
	"a call deletes a user, and a change is told":                    {steps: []lifting{callDelete, changedAt(10)}, old: byUser},
	"the application revokes a session, and Clerk goes on with it":   {steps: []lifting{revokeSession, startedAt(5), touchedAt(10), changedAt(10), joinedAt(10)}, old: bySession},
	"a session ends, and its beginning is told":                      {steps: []lifting{endedAt(0), startedAt(5), touchedAt(10)}, old: bySession},
	"the application ends a membership, and the user joins":          {steps: []lifting{revokeMembership, joinedAt(10)}, old: byMembership},
	"the application ends a membership, and its role changes":        {steps: []lifting{revokeMembership, roleAt(10)}, old: byMembership},
	"the application ends a membership, and the user leaves, joins":  {steps: []lifting{revokeMembership, leftAt(5), joinedAt(10)}, old: byMembership},
	"the application ends a membership of who has left, then joins":  {steps: []lifting{leftAt(0), revokeMembership, joinedAt(10)}, old: byMembership},
	"the application ends a membership again of who has come back":   {steps: []lifting{leftAt(0), joinedAt(5), pass(6), revokeMembership, joinedAt(5), joinedAt(10)}, old: byMembership},
	"the application ends a membership, and a ban that is none ends": {steps: []lifting{revokeMembership, changedAt(10)}, old: byMembership},
	"a user leaves, and joins":                                       {steps: []lifting{leftAt(0), joinedAt(10)}, old: byRole, last: passes},
	"a user leaves, and had joined before":                           {steps: []lifting{leftAt(10), joinedAt(5)}, old: byMembership},
	"a call ends a membership, and the user joins":                   {steps: []lifting{callLeave, joinedAt(10)}, old: byRole, last: passes},
	"a call ends a membership, the application too, the user joins":  {steps: []lifting{callLeave, revokeMembership, joinedAt(10)}, old: byMembership},
	"a role changes, and changes again":                              {steps: []lifting{roleAt(5), roleAt(3), joinedAt(4)}, old: byRole, last: passes},
	"an organization is deleted, and a user joins":                   {steps: []lifting{goneAt(0), joinedAt(10)}, old: byMembership},
}

const (
	passes       = "signed-in"
	bySession    = "signed-out session-revoked"
	byUser       = "signed-out user-revoked"
	byMembership = "signed-out membership-revoked"
	byRole       = "signed-out role-changed"
)

// liftingFleet is an instance and n processes with whom these tests revoke. They live in a bubble, where no
// announcement takes long.
func liftingFleet(t *testing.T, n int, test func(t *testing.T, s *clerktest.Server, all []*core.Clerk, another func() *core.Clerk), change ...func(*core.Options)) {
	t.Helper()
	s := newServer(t, true)
	s.AddUser(clerktest.User{ID: revokedUser})
	s.AddOrganization(clerktest.Organization{ID: revokedOrg, Members: []clerktest.Member{{UserID: revokedUser, Role: "org:admin"}}})
	options := plain(s)
	options.JWTKey = s.PEM()
	for _, f := range change {
		f(&options)
	}
	synctest.Test(t, func(t *testing.T) {
		shared := new(sharedtest.Fleet)
		another := func() *core.Clerk {
			o := options
			o.Logger, o.Shared = slog.New(slog.DiscardHandler), shared
			o.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // Nothing outlives the bubble.
			c := newClerk(t, o)
			synctest.Wait() // It hears what is kept.
			return c
		}
		all := make([]*core.Clerk, n)
		for i := range all {
			all[i] = another()
		}
		test(t, s, all, another)
	})
}

// liftingRequest has a token of the session, user and membership that these tests revoke.
func liftingRequest(s *clerktest.Server, issued time.Time) *request {
	return get("/", "Authorization", "Bearer "+s.SessionToken(revokedUser, clerktest.SessionID(revokedSession), clerktest.IssuedAt(issued),
		clerktest.Claim("o", map[string]any{"id": revokedOrg, "slg": "s", "rol": "admin"})))
}

// TestOnlyWhatClerkSaidIsLifted: the end of a ban lifts the ban, and who joins again is a member. What the
// application has revoked stays, whatever users change meanwhile, and so does that somebody is deleted.
func TestOnlyWhatClerkSaidIsLifted(t *testing.T) {
	t.Parallel()
	for name, tt := range lifts {
		last := tt.last
		if last == "" {
			last = tt.old
		}
		expect := func(t *testing.T, s *clerktest.Server, who string, c *core.Clerk, before *request) {
			t.Helper()
			if got := outcome(c.Authenticate(t.Context(), before)); got != tt.old {
				t.Errorf("%s, the token from before: got %s, want %s", who, got, tt.old)
			}
			if got := outcome(c.Authenticate(t.Context(), liftingRequest(s, s.Clock().Now()))); got != last {
				t.Errorf("%s, a new token: got %s, want %s", who, got, last)
			}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("one process", func(t *testing.T) {
				t.Parallel()
				liftingFleet(t, 1, func(t *testing.T, s *clerktest.Server, all []*core.Clerk, _ func() *core.Clerk) { //nolint:thelper // It is the test.
					before := liftingRequest(s, epoch.Add(-time.Second))
					for _, step := range tt.steps {
						step(t, s, all[0])
					}
					s.Clock().Set(epoch.Add(30 * time.Second))
					expect(t, s, "it", all[0], before)
				})
			})
			t.Run("each step at another process", func(t *testing.T) {
				t.Parallel()
				liftingFleet(t, 2, func(t *testing.T, s *clerktest.Server, all []*core.Clerk, another func() *core.Clerk) { //nolint:thelper // It is the test.
					before := liftingRequest(s, epoch.Add(-time.Second))
					for i, step := range tt.steps {
						step(t, s, all[i%2])
					}
					s.Clock().Set(epoch.Add(30 * time.Second))
					expect(t, s, "the first", all[0], before)
					expect(t, s, "the second", all[1], before)
					if slices.Contains([]string{byUser, byMembership, bySession}, tt.old) { // An end that is told first is none.
						expect(t, s, "one that comes later", another(), before)
					}
				})
			})
		})
	}
}

// TestEventsThatDoNotSayWhenLiftNothing: when a message was sent is no help, because it differs when the event
// is delivered again, long after what it tells.
func TestEventsThatDoNotSayWhenLiftNothing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first lifting
		event *webhook.Event
		want  string
	}{
		"a change after a ban":     {first: bannedAt(0), event: eventOf(webhook.UserUpdated, time.Time{}, map[string]any{"id": revokedUser, "banned": false}), want: byUser},
		"a ban":                    {event: eventOf(webhook.UserUpdated, time.Time{}, map[string]any{"id": revokedUser, "banned": true}), want: byUser},
		"a beginning after an end": {first: leftAt(0), event: &webhook.Event{Type: webhook.MembershipCreated, Data: []byte(membershipJSON)}, want: byMembership},
		"an end":                   {event: &webhook.Event{Type: webhook.MembershipDeleted, Data: []byte(membershipJSON)}, want: byMembership},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			liftingFleet(t, 1, func(t *testing.T, s *clerktest.Server, all []*core.Clerk, _ func() *core.Clerk) { //nolint:thelper // It is the test.
				if tt.first != nil {
					tt.first(t, s, all[0])
				}
				e := *tt.event
				e.Time = epoch.Add(10 * time.Second)
				must(t, all[0].HandleEvent(t.Context(), &e))
				if got := outcome(all[0].Authenticate(t.Context(), liftingRequest(s, epoch))); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// TestCallsCountByTheLaterClock: events that are older than what a call has ended lift nothing, also where this
// process's clock is behind Clerk's.
func TestCallsCountByTheLaterClock(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		steps []lifting
		want  string
	}{
		"a change before the ban, told late":         {steps: []lifting{callBan, changedAt(18)}, want: byUser},
		"a change before the deletion, told late":    {steps: []lifting{callDelete, changedAt(18)}, want: byUser},
		"the end of the ban":                         {steps: []lifting{callBan, changedAt(22)}, want: passes},
		"a second ban, and the end of the first one": {steps: []lifting{bannedAt(5), changedAt(19), callBan, changedAt(19)}, want: byUser},
		"a user joined before leaving, told late":    {steps: []lifting{callLeave, joinedAt(18)}, want: byMembership},
		"a user joins afterwards":                    {steps: []lifting{callLeave, joinedAt(22)}, want: byRole},
	} {
		for clock, behind := range map[string]time.Duration{"right": 0, "behind": 4 * time.Second} {
			t.Run(name+"/"+clock, func(t *testing.T) {
				t.Parallel()
				liftingFleet(t, 2, func(t *testing.T, s *clerktest.Server, all []*core.Clerk, _ func() *core.Clerk) { //nolint:thelper // It is the test.
					before := liftingRequest(s, epoch)
					s.Clock().Advance(20 * time.Second)
					for _, step := range tt.steps {
						step(t, s, all[0])
					}
					for i, c := range all {
						if got := outcome(c.Authenticate(t.Context(), before)); got != tt.want {
							t.Errorf("process %d: got %s, want %s", i, got, tt.want)
						}
					}
				}, func(o *core.Options) {
					now := o.Now
					o.Now = func() time.Time { return now().Add(-behind) }
				})
			})
		}
	}
}

// TestWhatTheApplicationRevokesEnds when no token is left that was issued before, not later, because Clerk has
// told of a ban since.
func TestWhatTheApplicationRevokesEnds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		steps []lifting
		want  string
	}{
		"by the application":                        {steps: []lifting{revokeUser}, want: passes},
		"by the application, then a ban that ended": {steps: []lifting{revokeUser, pass(40), bannedAt(40), changedAt(41)}, want: passes},
		"by the application, then a ban":            {steps: []lifting{revokeUser, pass(40), bannedAt(40)}, want: byUser},
		"a ban that ended, then by the application": {steps: []lifting{bannedAt(0), changedAt(1), pass(40), revokeUser}, want: byUser},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			liftingFleet(t, 1, func(t *testing.T, s *clerktest.Server, all []*core.Clerk, _ func() *core.Clerk) { //nolint:thelper // It is the test.
				for _, step := range tt.steps {
					step(t, s, all[0])
				}
				s.Clock().Set(epoch.Add(67 * time.Second)) // a minute, the skew, and two seconds
				if got := outcome(all[0].Authenticate(t.Context(), liftingRequest(s, s.Clock().Now()))); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			})
		})
	}
}
