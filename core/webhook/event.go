package webhook

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
)

// Type is the type of an event, as Clerk spells it. Clerk sends more types than the constants name.
type Type string

// Types whose data [As] knows: users are [clerk.User], sessions [clerk.Session], organizations
// [clerk.Organization], memberships (deleted ones too) [clerk.OrganizationMembership], deleted
// users and organizations [Deleted].
const (
	UserCreated Type = "user.created"
	UserUpdated Type = "user.updated"
	UserDeleted Type = "user.deleted"

	SessionCreated Type = "session.created"
	SessionEnded   Type = "session.ended"
	SessionRemoved Type = "session.removed"
	SessionRevoked Type = "session.revoked"

	OrganizationCreated Type = "organization.created"
	OrganizationUpdated Type = "organization.updated"
	OrganizationDeleted Type = "organization.deleted"

	MembershipCreated Type = "organizationMembership.created"
	MembershipUpdated Type = "organizationMembership.updated"
	MembershipDeleted Type = "organizationMembership.deleted"
)

// Event is a verified webhook.
type Event struct {
	// ID identifies the message (svix-id). It stays the same when Clerk delivers the event again.
	ID string
	// Time is when the message was sent, in seconds. It differs when Clerk delivers the event
	// again.
	Time time.Time
	// OccurredAt is when the event happened: messages may arrive in another order. It is zero where
	// the body does not say.
	OccurredAt time.Time
	// Type says what happened.
	Type Type
	// InstanceID is the Clerk instance that it happened in; it may be empty.
	InstanceID string
	// Data is the subject of the event in JSON, always an object: see [As].
	Data json.RawMessage
	// Attributes tell about the request that caused the event.
	Attributes Attributes
	// Raw is the whole body.
	Raw json.RawMessage
}

// Attributes tell what is known of the request that caused an event.
type Attributes struct {
	HTTPRequest struct {
		ClientIP  string `json:"client_ip"`
		UserAgent string `json:"user_agent"`
	} `json:"http_request"`
}

// Deleted is the data of an event about something that exists no longer.
type Deleted struct {
	Object  string `json:"object"`
	ID      string `json:"id"`
	Slug    string `json:"slug,omitempty"`
	Deleted bool   `json:"deleted"`
}

// newEvent parses a body that was verified.
func newEvent(s *signature, body []byte) (*Event, error) {
	var parsed struct {
		Type       Type            `json:"type"`
		InstanceID string          `json:"instance_id"`
		Data       json.RawMessage `json:"data"`
		Timestamp  json.RawMessage `json:"timestamp"`
		Attributes Attributes      `json:"event_attributes"`
	}
	// An event is an object: brackets in brackets are not worth a stack.
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) || json.Unmarshal(body, &parsed) != nil {
		return nil, &Error{kind: ErrPayload} // The cause would quote the body.
	}
	if parsed.Type == "" || !bytes.HasPrefix(parsed.Data, []byte("{")) {
		return nil, &Error{kind: ErrPayload, detail: "type or data is missing"}
	}
	e := &Event{
		ID: s.id, Time: s.time, Type: parsed.Type, InstanceID: parsed.InstanceID,
		Data: parsed.Data, Attributes: parsed.Attributes, Raw: body,
	}
	if ms, err := strconv.ParseInt(string(parsed.Timestamp), 10, 64); err == nil {
		e.OccurredAt = time.UnixMilli(ms)
	}
	return e, nil
}

// As decodes an event's data. Types that belong to other events than this one are an error
// ([ErrType]): a user's JSON would decode as an organization of the same id. Types of your own are
// decoded as they are.
func As[T any](e *Event) (*T, error) {
	data := new(T)
	if want := nameOf(reflect.TypeFor[T]()); want != "" && want != e.dataType() {
		return nil, &Error{kind: ErrType, detail: string(e.Type)}
	}
	if err := json.Unmarshal(e.Data, data); err != nil {
		return nil, &Error{kind: ErrPayload, detail: string(e.Type)} // The cause would quote the body.
	}
	return data, nil
}

// nameOf names the types of data that belong to certain events.
func nameOf(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[clerk.User]():
		return "user"
	case reflect.TypeFor[clerk.Session]():
		return "session"
	case reflect.TypeFor[clerk.Organization]():
		return "organization"
	case reflect.TypeFor[clerk.OrganizationMembership]():
		return "organizationMembership"
	case reflect.TypeFor[Deleted]():
		return "deleted"
	}
	return ""
}

// dataType names what e.Data is, in the words of nameOf.
func (e *Event) dataType() string {
	subject, action, _ := strings.Cut(string(e.Type), ".")
	if action == "deleted" && subject != "organizationMembership" {
		return "deleted"
	}
	return subject
}
