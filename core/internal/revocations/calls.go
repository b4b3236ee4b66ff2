package revocations

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// Done returns what a call to Clerk's Backend API has ended, which has succeeded. path are the
// segments of its path below the version.
func Done(method string, path []string, answer []byte) (e Event, ok bool) {
	at := func(i int) string {
		if i < len(path) {
			return path[i]
		}
		return ""
	}
	e.ID = at(1)
	switch what, action := at(0), at(2); {
	case what == "sessions" && len(path) == 3 && method == http.MethodPost && (action == "revoke" || action == "end" || action == "remove"),
		what == "sessions" && len(path) == 2 && method == http.MethodDelete:
		e.Kind = Session
	case what == "users" && len(path) == 3 && method == http.MethodPost && action == "ban":
		e.Kind = User
	case what == "users" && len(path) == 2 && method == http.MethodDelete:
		e.Kind, e.Stays = User, true
	case what == "organizations" && len(path) == 2 && method == http.MethodDelete:
		if deleted := parse(answer); deleted.ID != "" {
			e.ID = deleted.ID // The path may have its slug.
		}
		e.Kind = Organization
	case what == "organizations" && action == "memberships" && len(path) == 4 && method == http.MethodDelete:
		e.Kind, e.ID, e.OrgID = Membership, at(3), at(1)
	case what == "organizations" && action == "memberships" && len(path) >= 4 && (method == http.MethodPatch || method == http.MethodPut):
		changed := parse(answer)
		e.Kind, e.ID, e.OrgID, e.At = Role, at(3), at(1), changed.updated() // By Clerk's clock, as tokens are.
	}
	return e, e.Valid()
}

// resource is what is read of an answer.
type resource struct {
	Object    string     `json:"object"`
	ID        string     `json:"id"`
	Status    string     `json:"status"`
	Banned    bool       `json:"banned"`
	UpdatedAt int64      `json:"updated_at"`
	Sessions  []resource `json:"sessions"` // of a client
	Data      []resource `json:"data"`     // of a page
}

func parse(answer []byte) (r resource) {
	target := any(&r)
	if bytes.HasPrefix(bytes.TrimLeft(answer, " \t\r\n"), []byte("[")) {
		target = &r.Data
	}
	_ = json.Unmarshal(answer, target) // What is of another form than known says nothing.
	return r
}

func (r *resource) updated() time.Time {
	if r.UpdatedAt <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(r.UpdatedAt)
}

// over are the states of a session that it does not leave. Those that are not known, or in which
// a user has something to do before, end nothing.
var over = []string{"abandoned", "ended", "expired", "removed", "replaced", "revoked"}

// Read returns what an answer of Clerk's Backend API says has ended: users who are banned, and
// sessions that are over. Of lists it is what has changed since a time alone, because no tokens
// are left of those before.
func Read(answer []byte, since time.Time) []Event {
	all := parse(answer)
	events := all.said(nil)
	for _, list := range [...][]resource{all.Data, all.Sessions} {
		for i := range list {
			if at := list[i].updated(); at.IsZero() || !at.Before(since) {
				events = list[i].said(events)
			}
		}
	}
	return events
}

func (r *resource) said(events []Event) []Event {
	e := Event{ID: r.ID, At: r.updated()}
	switch {
	case r.Object == "user" && r.Banned:
		e.Kind = User
	case r.Object == "session" && slices.Contains(over, r.Status):
		e.Kind = Session
	}
	if e.Valid() {
		events = append(events, e)
	}
	return events
}
