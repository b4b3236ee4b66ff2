package store

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Message is an email or an SMS that Clerk would have sent. Fill in what there is
// and give it to [Instance.Send].
type Message struct {
	ID  string // ema_… or sms_…; Send makes it.
	At  Time   // Send sets it.
	SMS bool   // An email otherwise.
	To  string // An email address or a phone number.
	// Slug is the name that Clerk has for this kind of message: verification_code,
	// magic_link_sign_in, magic_link_sign_up, reset_password_code, invitation,
	// organization_invitation, password_changed, waitlist_confirmation and so on.
	Slug    string
	Subject string // Of an email.
	Text    string // What is written in it. Empty: the code, or the link.
	Code    string // To be typed in, "" for none.
	Link    string // To be followed, "" for none.
	UserID  string // Who gets it, "" if nobody is registered yet.
	// AddressID is the id of the email address or the phone number, if it has one.
	AddressID string
}

// maxMessages bounds the outbox: the oldest messages are forgotten.
const maxMessages = 1000

// Send puts a message into the outbox and tells of it: email.created or sms.created.
// It returns what was sent.
func (in *Instance) Send(m Message) Message {
	m.At = in.Now()
	kind, prefix := "email", "ema"
	if m.SMS {
		kind, prefix = "sms", "sms"
	}
	m.ID = in.NewID(prefix)
	if m.Text == "" {
		m.Text = m.Code + m.Link
	}
	if len(in.outbox) >= maxMessages {
		in.outbox = slices.Delete(in.outbox, 0, len(in.outbox)-maxMessages+1)
	}
	in.outbox = append(in.outbox, m)
	in.Emit(kind+".created", m.doc())
	return m
}

// Outbox returns the messages that were sent last, oldest first. The caller must
// not change the slice.
func (in *Instance) Outbox() []Message { return in.outbox }

// EmptyOutbox forgets the messages.
func (in *Instance) EmptyOutbox() { in.outbox = nil }

// doc shows a message as webhooks do.
func (m *Message) doc() wire.Doc {
	data := wire.Doc{}
	if m.Code != "" {
		data["otp_code"] = m.Code
	}
	if m.Link != "" {
		data["action_url"] = m.Link
		if m.Slug == "magic_link_sign_in" || m.Slug == "magic_link_sign_up" || m.Slug == "magic_link_user_profile" {
			data["magic_link"] = m.Link
		}
	}
	orNull := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	doc := wire.Doc{
		"id": m.ID, "slug": orNull(m.Slug), "user_id": orNull(m.UserID), "status": "queued", "data": data, "delivered_by_clerk": true,
	}
	if m.SMS {
		doc["object"], doc["from_phone_number"], doc["to_phone_number"], doc["phone_number_id"], doc["message"] = "sms_message", "", m.To, orNull(m.AddressID), m.Text
		return doc
	}
	doc["object"], doc["from_email_name"], doc["to_email_address"], doc["email_address_id"] = "email", "notifications", m.To, orNull(m.AddressID)
	doc["subject"], doc["body"], doc["body_plain"], doc["suppression_reason"] = m.Subject, m.Text, m.Text, nil
	return doc
}
