package adaptertest

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// Who the sessions of these rows are.
const (
	endingSession, endingUser, endingOrg = "sess_ending", "user_ending", "org_ending"
)

// checkRevocations sends sessions that were valid until a webhook said otherwise.
func checkRevocations(t *testing.T, newApp NewApp) {
	t.Helper()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	member := `{"organization":{"id":"` + endingOrg + `"},"public_user_data":{"user_id":"` + endingUser + `"},"role":"org:member"}`
	for _, tt := range []struct {
		event, data string
		age         time.Duration // of the event
		want        string        // why the session does not count, "" where it does
	}{
		{event: "session.ended", data: `{"id":"` + endingSession + `"}`, want: "session-revoked"},
		{event: "session.removed", data: `{"id":"` + endingSession + `"}`, want: "session-revoked"},
		{event: "session.revoked", data: `{"id":"` + endingSession + `"}`, want: "session-revoked"},
		{event: "session.revoked", data: `{"id":"sess_another"}`},
		{event: "session.created", data: `{"id":"` + endingSession + `"}`},
		{event: "user.deleted", data: `{"id":"` + endingUser + `","deleted":true}`, want: "user-revoked"},
		{event: "user.updated", data: `{"id":"` + endingUser + `","banned":true}`, want: "user-revoked"},
		{event: "user.updated", data: `{"id":"` + endingUser + `","banned":false,"locked":true}`},
		{event: "user.updated", data: `{"id":"` + endingUser + `","locked":true}`},
		{event: "user.deleted", data: `{"id":"user_another","deleted":true}`},
		{event: "organization.deleted", data: `{"id":"` + endingOrg + `","deleted":true}`, want: "membership-revoked"},
		{event: "organization.updated", data: `{"id":"` + endingOrg + `"}`},
		{event: "organizationMembership.deleted", data: member, want: "membership-revoked"},
		{event: "organizationMembership.created", data: member},
		{event: "organizationMembership.updated", data: member, want: "role-changed"},
		{event: "organizationMembership.updated", data: member, age: 11 * time.Second}, // The token is younger.
		{event: "organizationMembership.updated", data: member, age: 10 * time.Second}, // It is of the same second.
		{event: "organizationMembership.updated", data: member, age: 9 * time.Second, want: "role-changed"},
	} {
		t.Run(fmt.Sprint(tt.event, " ", tt.data, " ", tt.age), func(t *testing.T) {
			s := clerktest.New(t, clerktest.Config{Clock: clerktest.NewClock(now), Production: true})
			clerk := newClerk(t, options(s))
			app := newApp(t, Setup{
				Middleware: []*core.Clerk{clerk},
				Routes: []Route{{Path: "/guarded", Protect: Protected(), Handler: func(c Context) error {
					return c.Text(c.Auth().UserID)
				}}},
			})
			session := s.SessionToken(endingUser, clerktest.IssuedAt(now.Add(-10*time.Second)), clerktest.SessionID(endingSession),
				clerktest.Claim("o", map[string]any{"id": endingOrg, "slg": "ending", "rol": "admin"}))
			cookies := "__client_uat=1; __session=" + session
			scripted := []string{"Cookie", cookies, "Sec-Fetch-Dest", "empty"}
			socket := []string{"Cookie", cookies, "Sec-Fetch-Dest", "websocket", "Connection", "Upgrade", "Upgrade", "websocket"}
			ways := map[string][]string{"bearer": bearer(session), "script": scripted, "websocket": socket, "page": page("Cookie", cookies)}
			for way, headers := range ways {
				if status, reason, user := revokedAnswer(t, app, headers); status != http.StatusOK || user != endingUser {
					t.Fatalf("%s: before: got %d %s %s", way, status, reason, user)
				}
			}
			body := fmt.Sprintf(`{"type":%q,"timestamp":%d,"data":%s}`, tt.event, now.Add(-tt.age).UnixMilli(), tt.data)
			for range 2 { // Clerk may deliver an event again.
				if err := deliverEvent(t, clerk, now, body); err != nil {
					t.Fatal(err)
				}
			}
			for way, headers := range ways {
				status, reason, user := revokedAnswer(t, app, headers)
				switch {
				case tt.want == "" && (status != http.StatusOK || user != endingUser):
					t.Errorf("%s: got %d %s %s, want it to pass", way, status, reason, user)
				case tt.want == "":
				case reason != tt.want || user != "" || (status == http.StatusTemporaryRedirect) != (way == "page"):
					t.Errorf("%s: got %d %s %s, want %s", way, status, reason, user, tt.want)
				}
			}
		})
	}
}

// deliverEvent gives an instance an event as its webhooks do.
func deliverEvent(t *testing.T, clerk *core.Clerk, now time.Time, body string) error {
	t.Helper()
	receiver, err := webhook.New(webhook.Options{
		Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Clerk: clerk,
		Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	header, err := receiver.Sign("msg_1", now, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	_, err = receiver.Verify(header, []byte(body))
	return err
}

// revokedAnswer is an answer of the guarded route: its status, why the session does not count,
// and what the handler wrote.
func revokedAnswer(t *testing.T, app App, headers []string) (status int, reason, user string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, appURL+"/guarded", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.RequestURI = "/guarded"
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	resp, err := app(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode == http.StatusOK {
		user = string(body)
	}
	return resp.StatusCode, resp.Header.Get("X-Clerk-Auth-Reason"), user
}
