package store

import (
	"crypto/subtle"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Code is in every email and every text message, and always right.
const Code = "424242"

// SendCode tells who would get a message that it has been sent: by an email or a
// text message, as the strategy says, with the code or, if there is one, a link.
func (in *Instance) SendCode(strategy, to, slug, link string) {
	m := Message{SMS: strings.Contains(strategy, "phone"), To: to, Slug: slug, Subject: "Your code is " + Code, Code: Code}
	if link != "" {
		m.Subject, m.Code, m.Link = "Your link", "", link
	}
	if u := in.UserByIdentifier(to); u != nil {
		m.UserID = u.ID
	}
	in.Send(m)
}

// CheckCode refuses a code that is not right, or of a verification that has not
// been prepared (0) or is over.
func (in *Instance) CheckCode(code string, until Time) error {
	switch {
	case until == 0:
		return wire.Refused("verification_missing", "strategy", "The verification has not been prepared.")
	case in.Now() >= until:
		return wire.Refused("verification_expired", "code", "The verification has expired. Ask for another code.")
	case subtle.ConstantTimeCompare([]byte(code), []byte(Code)) != 1:
		return wire.Refused("form_code_incorrect", "code", "The code is not right.")
	default:
		return nil
	}
}
