package clerktest

import "time"

// Message is an email or an SMS that Clerk would have sent.
type Message struct {
	ID  string
	At  time.Time // By the instance's clock.
	SMS bool      // An email otherwise.
	To  string    // An email address or a phone number.
	// Kind is Clerk's name for such messages, for example verification_code,
	// reset_password_code, magic_link_sign_in or organization_invitation.
	Kind    string
	Subject string // Of an email.
	Text    string
	Code    string // To be typed in, "" for none.
	Link    string // To be followed, "" for none.
	UserID  string // Who gets it, "" if nobody is registered yet.
}

// Outbox returns the emails and SMS that the instance would have sent, oldest
// first. The last 1,000 are kept.
func (s *Server) Outbox() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent := s.state.Outbox()
	list := make([]Message, 0, len(sent))
	for _, m := range sent {
		list = append(list, Message{
			ID: m.ID, At: time.UnixMilli(int64(m.At)), SMS: m.SMS, To: m.To, Kind: m.Slug,
			Subject: m.Subject, Text: m.Text, Code: m.Code, Link: m.Link, UserID: m.UserID,
		})
	}
	return list
}
