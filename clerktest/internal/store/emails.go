package store

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Email is a message that an application sent through the Backend API.
type Email struct {
	Record

	Key   string   `api:"idempotency_key" rule:"unique"`
	Given wire.Doc `api:"given"` // What was asked for.
	Doc   wire.Doc `api:"doc"`   // What is shown.
}

var emails = describe(Resource[Email]{Object: "email", Prefix: "email", Title: "Email", Silent: All})

// EmailFields are those of an email that is to be sent.
var EmailFields = wire.Doc{
	"to": wire.Doc(nil), "from": wire.Doc(nil), "reply_to": wire.Doc(nil), "subject": "", "html": "", "text": "",
	"cc": []string(nil), "bcc": []string(nil), "headers": map[string]string(nil), "attachments": []wire.Doc(nil),
}

const (
	maxSubject    = 998
	maxEmailBody  = 50_000
	maxRecipients = 50
)

// SendEmail sends what an application wrote, once for each key ("" for none).
func (in *Instance) SendEmail(given wire.Doc, key string) (wire.Doc, error) {
	if before := in.Emails.By("idempotency_key", key); before != nil {
		if !reflect.DeepEqual(before.Given, given) {
			return nil, &wire.Error{Status: http.StatusConflict, Code: "idempotency_key_reused", Message: "The idempotency key was used for another email."}
		}
		return before.Doc, nil
	}
	to, _ := given["to"].(wire.Doc)
	from, _ := given["from"].(wire.Doc)
	address, _ := to["address"].(string)
	userID, _ := to["user_id"].(string)
	sender, _ := from["address"].(string)
	subject, _ := given["subject"].(string)
	html, _ := given["html"].(string)
	plain, _ := given["text"].(string)
	m := Message{To: address, Subject: subject, UserID: userID, Text: html}
	if html == "" {
		m.Text = plain
	}
	if u := in.Users.Get(userID); u != nil {
		m.To, m.AddressID = u.Email(), u.PrimaryEmailAddressID
	}
	others, _ := given["cc"].([]string)
	hidden, _ := given["bcc"].([]string)
	recipients := append([]string{m.To}, append(append([]string{}, others...), hidden...)...)
	switch {
	case (address == "") == (userID == ""):
		return nil, wire.Refused("form_param_missing", "to", "to needs an address or a user_id, and not both.")
	case m.To == "":
		return nil, wire.Refused("resource_not_found", "to", "There is no such user, or none with an email address.")
	case !emailAddress.MatchString(sender):
		return nil, wire.WrongFormat("from", "an object with an email address")
	case subject == "":
		return nil, wire.Missing("subject")
	case len([]rune(subject)) > maxSubject:
		return nil, wire.TooLong("subject", maxSubject)
	case html+plain == "":
		return nil, wire.Missing("html")
	case len(html)+len(plain) > maxEmailBody:
		return nil, wire.TooLong("html", maxEmailBody)
	case len(recipients) > maxRecipients:
		return nil, wire.WrongFormat("cc", "a list with which the email has at most 50 recipients")
	}
	seen := map[string]bool{}
	for _, r := range recipients {
		if !emailAddress.MatchString(r) || seen[strings.ToLower(r)] {
			return nil, wire.WrongFormat("to", "an email address, as cc and bcc, each once")
		}
		seen[strings.ToLower(r)] = true
	}
	sent := in.Send(m)
	e := &Email{Record: Record{ID: sent.ID}, Key: key, Given: given, Doc: sent.doc()}
	e.Doc["body_plain"], e.Doc["from_email_name"] = nullText(plain), strings.Split(sender, "@")[0]
	in.Emails.Put(e)
	return e.Doc, nil
}
