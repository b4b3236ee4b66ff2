package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"

	"github.com/clerkgo/clerkgo/core/webhook"
)

// exampleOptions are those of an endpoint at a time of the past. An application leaves all three
// out: the secret comes from CLERK_WEBHOOK_SIGNING_SECRET.
func exampleOptions() webhook.Options {
	return webhook.Options{
		Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		Now:    func() time.Time { return time.Unix(1767323045, 0) },
		Logger: slog.New(slog.DiscardHandler),
	}
}

// A handler of net/http. Clerk delivers again what is not answered with a 2xx status.
func ExampleReceiver_Receive() {
	receiver := webhook.Must(exampleOptions())
	handler := func(w http.ResponseWriter, r *http.Request) {
		event, err := receiver.Receive(r.Header, r.Body)
		if err != nil {
			w.WriteHeader(webhook.StatusOf(err))
			return
		}
		switch event.Type {
		case webhook.UserCreated, webhook.UserUpdated:
			user, err := webhook.As[clerk.User](event)
			if err != nil {
				w.WriteHeader(webhook.StatusOf(err))
				return
			}
			fmt.Println("save", user.ID)
		case webhook.UserDeleted:
			deleted, err := webhook.As[webhook.Deleted](event)
			if err != nil {
				w.WriteHeader(webhook.StatusOf(err))
				return
			}
			fmt.Println("delete", deleted.ID)
		default: // What the application does not know is no error.
		}
	}

	for _, body := range []string{
		`{"type":"user.created","data":{"id":"user_ada"}}`,
		`{"type":"user.deleted","data":{"id":"user_ada","deleted":true}}`,
		`{"type":"email.created","data":{"id":"ema_1"}}`,
	} {
		header, err := receiver.Sign("msg_1", time.Unix(1767323045, 0), []byte(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		request := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/api/webhooks", strings.NewReader(body))
		request.Header = header
		response := httptest.NewRecorder()
		handler(response, request)
		fmt.Println(response.Code)
	}
	// Output:
	// save user_ada
	// 200
	// delete user_ada
	// 200
	// 200
}

// A webhook is refused where its signature is not over exactly this body, and where it is older
// than five minutes.
func ExampleReceiver_Verify() {
	receiver := webhook.Must(exampleOptions())
	body := []byte(`{"type":"user.created","data":{"id":"user_ada"}}`)
	now := time.Unix(1767323045, 0)
	for _, test := range []struct {
		name string
		sent time.Time
		body string
	}{
		{name: "as it was sent", sent: now, body: string(body)},
		{name: "another body", sent: now, body: strings.Replace(string(body), "ada", "eve", 1)},
		{name: "replayed later", sent: now.Add(-6 * time.Minute), body: string(body)},
	} {
		header, err := receiver.Sign("msg_1", test.sent, body)
		if err != nil {
			fmt.Println(err)
			return
		}
		event, err := receiver.Verify(header, []byte(test.body))
		switch {
		case errors.Is(err, webhook.ErrSignature), errors.Is(err, webhook.ErrTimestamp):
			fmt.Printf("%s: %d, %v\n", test.name, webhook.StatusOf(err), err)
		case err == nil:
			fmt.Printf("%s: %s %s\n", test.name, event.ID, event.Type)
		}
	}
	// Output:
	// as it was sent: msg_1 user.created
	// another body: 400, webhook: no matching webhook signature
	// replayed later: 400, webhook: webhook timestamp outside the window: too old
}

// Types that belong to another event are an error, not a half-empty value.
func ExampleAs() {
	receiver := webhook.Must(exampleOptions())
	body := []byte(`{"type":"organization.created","data":{"id":"org_acme","name":"Acme"}}`)
	header, err := receiver.Sign("msg_1", time.Unix(1767323045, 0), body)
	if err != nil {
		fmt.Println(err)
		return
	}
	event, err := receiver.Verify(header, body)
	if err != nil {
		fmt.Println(err)
		return
	}
	organization, err := webhook.As[clerk.Organization](event)
	fmt.Println(organization.Name, err)
	_, err = webhook.As[clerk.User](event)
	fmt.Println(errors.Is(err, webhook.ErrType))
	// Output:
	// Acme <nil>
	// true
}
