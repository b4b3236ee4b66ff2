package clerktest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core/webhook"
)

const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// receiver is an application with a webhook, as core/webhook reads it.
func receiver(t *testing.T, clock *clerktest.Clock) (url string, received chan *webhook.Event, answer chan int) {
	t.Helper()
	hook := webhook.Must(webhook.Options{Secret: webhookSecret, Now: clock.Now})
	received, answer = make(chan *webhook.Event, 100), make(chan int, 100)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := hook.Receive(r.Header, r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		status := http.StatusOK
		select {
		case status = <-answer:
		default:
		}
		w.WriteHeader(status)
		received <- event
	}))
	t.Cleanup(app.Close)
	return app.URL, received, answer
}

func next[T any](t *testing.T, received chan T) T {
	t.Helper()
	select {
	case e := <-received:
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("no webhook came")
		panic("unreachable")
	}
}

// until waits until the sender has noted an answer that it got.
func until(t *testing.T, noted func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !noted(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("the answer was not noted")
		}
	}
}

// backendCall calls the Backend API, and returns the answer's id.
func backendCall(t *testing.T, s *clerktest.Server, method, path, body string) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.SecretKey())
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "the test")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var doc map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s answered %d %v, %v", method, path, resp.StatusCode, doc, err)
	}
	return doc
}

// TestWebhooksTellWhatHappens: each change is an event of Clerk's, and core/webhook reads it.
func TestWebhooksTellWhatHappens(t *testing.T) {
	t.Parallel()
	clock := clerktest.NewClock(time.UnixMilli(1_800_000_000_000))
	url, received, _ := receiver(t, clock)
	s := clerktest.New(t, clerktest.Config{Clock: clock, Webhooks: []clerktest.Webhook{{URL: url, Secret: webhookSecret}}, Users: []clerktest.User{{ID: "user_first"}}})

	text := func(e *webhook.Event, name string) any {
		var doc map[string]any
		if err := json.Unmarshal(e.Data, &doc); err != nil {
			t.Fatal(err)
		}
		return doc[name]
	}
	expect := func(want webhook.Type) *webhook.Event {
		t.Helper()
		e := next(t, received)
		if e.Type != want || e.InstanceID != s.InstanceID() || !e.OccurredAt.Equal(clock.Now()) || !strings.HasPrefix(e.ID, "msg_") {
			t.Fatalf("got %s of %s at %s, want %s", e.Type, e.InstanceID, e.OccurredAt, want)
		}
		return e
	}

	ada, _ := backendCall(t, s, "POST", "/v1/users", `{"email_address":["ada@example.com"],"external_id":"ext-1","first_name":"Ada"}`)["id"].(string)
	e := expect(webhook.UserCreated)
	if e.Attributes.HTTPRequest.UserAgent != "the test" || e.Attributes.HTTPRequest.ClientIP != "127.0.0.1" {
		t.Errorf("the attributes are %+v", e.Attributes)
	}
	if u, err := webhook.As[clerk.User](e); err != nil || u.ID != ada || *u.FirstName != "Ada" || u.EmailAddresses[0].EmailAddress != "ada@example.com" {
		t.Errorf("the user is %+v, %v", u, err)
	}
	backendCall(t, s, "PATCH", "/v1/users/"+ada, `{"last_name":"Lovelace"}`)
	expect(webhook.UserUpdated)

	org, _ := backendCall(t, s, "POST", "/v1/organizations", `{"name":"Acme","created_by":"`+ada+`"}`)["id"].(string)
	got := []webhook.Type{next(t, received).Type, next(t, received).Type}
	slices.Sort(got)
	if !slices.Equal(got, []webhook.Type{webhook.OrganizationCreated, webhook.MembershipCreated}) {
		t.Errorf("a new organization sends %q", got)
	}
	backendCall(t, s, "PATCH", "/v1/organizations/"+org+"/memberships/"+ada, `{"role":"org:member"}`)
	if m, err := webhook.As[clerk.OrganizationMembership](expect(webhook.MembershipUpdated)); err != nil || m.Role != "org:member" || m.PublicUserData.UserID != ada {
		t.Errorf("the membership is %+v, %v", m, err)
	}

	s.SessionToken("user_first")
	e = expect(webhook.SessionCreated)
	if sess, err := webhook.As[clerk.Session](e); err != nil || sess.UserID != "user_first" || sess.Status != "active" {
		t.Errorf("the session is %+v, %v", sess, err)
	}
	if user, _ := text(e, "user").(map[string]any); user["id"] != "user_first" {
		t.Errorf("the session's user is %v", user)
	}
	id, _ := text(e, "id").(string)
	backendCall(t, s, "POST", "/v1/sessions/"+id+"/revoke", "")
	expect(webhook.SessionRevoked)

	backendCall(t, s, "DELETE", "/v1/users/"+ada, "")
	for {
		e = next(t, received)
		if e.Type == webhook.UserDeleted {
			break
		}
	}
	if d, err := webhook.As[webhook.Deleted](e); err != nil || d.ID != ada || !d.Deleted || text(e, "external_id") != "ext-1" {
		t.Errorf("the deleted user is %s, %v", e.Data, err)
	}
	s.AddUser(clerktest.User{ID: "user_second"})
	expect(webhook.UserCreated)
	s.AddUser(clerktest.User{ID: "user_second", FirstName: "Grace"})
	expect(webhook.UserUpdated)
}

func TestWebhooksAreSentAgain(t *testing.T) {
	t.Parallel()
	clock := clerktest.NewClock(time.Unix(1_800_000_000, 0))
	url, received, answer := receiver(t, clock)
	s := clerktest.New(t, clerktest.Config{Clock: clock})
	id, secret, err := s.AddWebhook(clerktest.Webhook{URL: url, Secret: webhookSecret, Events: []string{"user.*"}})
	if err != nil || secret != webhookSecret {
		t.Fatal(id, secret, err)
	}
	s.AddOrganization(clerktest.Organization{}) // Not asked for.
	answer <- http.StatusServiceUnavailable
	s.AddUser(clerktest.User{ID: "user_1"})
	first := next(t, received)
	until(t, func() bool {
		return !s.Events()[1].Deliveries[0].Next.IsZero() && s.Events()[1].Deliveries[0].Attempts == 1
	})
	if d := s.Events()[1].Deliveries[0]; d.Status != http.StatusServiceUnavailable || d.Attempts != 1 || d.Webhook != id || !d.Next.Equal(clock.Now().Add(5*time.Second)) {
		t.Errorf("after a failure: %+v", d)
	}
	clock.Advance(5 * time.Second)
	if again := next(t, received); again.ID != first.ID || !again.Time.Equal(first.Time.Add(5*time.Second)) || !again.OccurredAt.Equal(first.OccurredAt) {
		t.Errorf("got %+v, then %+v", first, again)
	}
	until(t, func() bool { return s.Events()[1].Deliveries[0].Status == http.StatusOK })
	if err := s.ReplayEvent(first.ID); err != nil {
		t.Fatal(err)
	}
	if again := next(t, received); again.ID != first.ID {
		t.Errorf("the replay has id %s, not %s", again.ID, first.ID)
	}
	if err := s.Reset(); err != nil || len(s.Events()) != 0 {
		t.Errorf("after a reset: %v, %v", s.Events(), err)
	}
}

func TestWebhooksAreChecked(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	for _, tt := range []struct {
		webhook clerktest.Webhook
		want    string
	}{
		{clerktest.Webhook{}, "url"},
		{clerktest.Webhook{URL: "ftp://example.com"}, "http or https"},
		{clerktest.Webhook{URL: "http://127.0.0.1/", Secret: "secret"}, "whsec_"},
		{clerktest.Webhook{URL: "http://127.0.0.1/", Secret: "whsec_"}, "whsec_"},
		{clerktest.Webhook{URL: "http://127.0.0.1/", Events: []string{"user.create"}}, "user.create is none"},
		{clerktest.Webhook{URL: "http://127.0.0.1/", Events: []string{"users.*"}}, "users.* is none"},
	} {
		if _, _, err := s.AddWebhook(tt.webhook); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt.webhook, err)
		}
	}
	if _, secret, err := s.AddWebhook(clerktest.Webhook{URL: "http://127.0.0.1/", Events: []string{"user.*", "subscription.pastDue"}}); err != nil || !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("got %q, %v", secret, err)
	}
	if _, err := clerktest.NewServer(clerktest.Config{Webhooks: []clerktest.Webhook{{URL: "x"}}}); err == nil || !strings.Contains(err.Error(), "Config.Webhooks") {
		t.Errorf("a wrong config: %v", err)
	}
}
