package store

import (
	"crypto/subtle"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Code is in every email and every text message, and always right.
const Code = "424242"

// SendCode tells who would get a message that it has been sent: by an email or a
// text message, as the strategy says, with the code or, if there is one, a link.
func (in *Instance) SendCode(strategy, to, slug, link string) {
	doc := wire.Doc{"id": in.NewID("ema"), "object": "email", "slug": slug, "status": "queued", "delivered_by_clerk": true, "data": wire.Doc{"otp_code": Code}}
	if link != "" {
		doc["data"] = wire.Doc{"magic_link": link}
	}
	if strategy == "phone_code" || strategy == "reset_password_phone_code" {
		doc["object"], doc["id"], doc["to_phone_number"] = "sms_message", in.NewID("sms"), to
		doc["message"] = "Your code is " + Code + "."
		in.Emit("sms.created", doc)
		return
	}
	doc["to_email_address"], doc["subject"] = to, "Your code is "+Code
	if link != "" {
		doc["subject"] = "Your link"
	}
	in.Emit("email.created", doc)
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
