package store_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// TestOutbox: messages are kept, the oldest are forgotten, and webhooks hear of each in Clerk's shape.
func TestOutbox(t *testing.T) {
	t.Parallel()
	in := store.New("ins_1", "one.clerk.accounts.dev", func() time.Time { return time.UnixMilli(1_700_000_000_000) })
	var events []store.Event
	in.Notify = func(e store.Event) { events = append(events, e) }

	in.Send(store.Message{To: "ada@example.com", Slug: "verification_code", Subject: "Your code", Code: "424242", UserID: "user_ada", AddressID: "idn_1"})
	in.Send(store.Message{To: "ada@example.com", Slug: "magic_link_sign_in", Link: "http://127.0.0.1/v1/verify?token=x"})
	in.Send(store.Message{SMS: true, To: "+15555550100", Slug: "verification_code", Text: "424242 is your code", Code: "424242"})
	if len(events) != 3 || events[0].Type != "email.created" || events[2].Type != "sms.created" {
		t.Fatalf("got %+v", events)
	}
	for _, want := range []struct {
		event int
		name  string
		value any
	}{
		{0, "object", "email"},
		{0, "to_email_address", "ada@example.com"},
		{0, "slug", "verification_code"},
		{0, "subject", "Your code"},
		{0, "user_id", "user_ada"},
		{0, "email_address_id", "idn_1"},
		{0, "delivered_by_clerk", true},
		{1, "email_address_id", nil},
		{1, "body_plain", "http://127.0.0.1/v1/verify?token=x"},
		{2, "object", "sms_message"},
		{2, "to_phone_number", "+15555550100"},
		{2, "message", "424242 is your code"},
	} {
		if got, has := events[want.event].Data[want.name]; !has || got != want.value {
			t.Errorf("event %d: %s is %v, want %v", want.event, want.name, got, want.value)
		}
	}
	if data, _ := events[0].Data["data"].(wire.Doc); data["otp_code"] != "424242" {
		t.Errorf("the email's data are %v", data)
	}
	if data, _ := events[1].Data["data"].(wire.Doc); data["magic_link"] != "http://127.0.0.1/v1/verify?token=x" {
		t.Errorf("the link's data are %v", data)
	}

	for i := range 1100 {
		in.Send(store.Message{To: "ada@example.com", Code: strconv.Itoa(i)})
	}
	sent := in.Outbox()
	if len(sent) != 1000 || sent[0].Code != "100" || sent[999].Code != "1099" || sent[999].At != 1_700_000_000_000 {
		t.Errorf("%d messages are kept, from %+v to %+v", len(sent), sent[0], sent[len(sent)-1])
	}
}
