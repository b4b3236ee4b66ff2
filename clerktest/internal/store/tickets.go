package store

import (
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Ticket is a one-time way to sign in that a server gave out: a sign-in token, an
// actor token, or the task of an agent.
type Ticket struct {
	Record
	Offer

	UserID         string   `api:"user_id" of:"users"`
	OrganizationID string   `api:"org_id" show:"never" of:"organizations"` // Where the session starts.
	Actor          wire.Doc `api:"actor" show:"never"`
	MaxDuration    int64    `api:"session_max_duration_in_seconds" show:"never"`
	RedirectURL    string   `api:"redirect_url" show:"never"`
	Agent          string   `api:"agent_name" show:"never"`
}

const (
	ticketLifetime = 30 * day
	actorLifetime  = 60 * 60
	taskDuration   = 30 * 60
)

// ticketKind describes one of the kinds of tickets, which differ in what they take.
func ticketKind(object, prefix, title string, params []Param, check func(*Write, *Ticket) error, show func(*Instance, *Ticket, wire.Doc)) *Kind {
	lifetime := int64(ticketLifetime)
	if object != "sign_in_token" {
		lifetime = actorLifetime
	}
	return describe(Resource[Ticket]{
		Object: object, Prefix: prefix, Title: title, Silent: All, Params: params,
		Check: func(w *Write, t *Ticket) error {
			t.UserID, t.OrganizationID, t.RedirectURL, t.Agent = w.Text("user_id"), w.Text("org_id"), w.Text("redirect_url"), w.Text("agent_name")
			t.Actor, _ = w.Given["actor"].(wire.Doc)
			t.MaxDuration, _ = w.Given["session_max_duration_in_seconds"].(int64)
			seconds, _ := w.Given["expires_in_seconds"].(int64)
			if seconds == 0 {
				seconds = lifetime
			}
			for name, n := range map[string]int64{"expires_in_seconds": seconds, "session_max_duration_in_seconds": t.MaxDuration} {
				if n < 0 {
					return wire.WrongFormat(name, "a number of seconds that is not negative")
				}
			}
			if check != nil {
				if err := check(w, t); err != nil {
					return err
				}
			}
			switch {
			case t.UserID == "":
				return wire.Missing("user_id")
			case w.Users.Get(t.UserID) == nil:
				return wire.Refused("resource_not_found", "user_id", "There is no such user.")
			case t.OrganizationID != "" && (w.Organizations.Get(t.OrganizationID) == nil || w.Organizations.Get(t.OrganizationID).Member(t.UserID) == nil):
				return wire.Refused("resource_not_found", "org_id", "The user is no member of such an organization.")
			}
			w.open(&t.Offer, seconds)
			return nil
		},
		Show: func(in *Instance, t *Ticket, _ View, doc wire.Doc) {
			delete(doc, "expires_at")
			doc["status"], doc["url"] = t.Status, in.TicketURL(&t.Offer)
			show(in, t, doc)
		},
	})
}

var signInTokens = ticketKind("sign_in_token", "sit", "Sign-in token",
	[]Param{{"user_id", Create, Backend, ""}, {"expires_in_seconds", Create, Backend, int64(0)}, {"org_id", Create, Backend, ""}}, nil,
	func(_ *Instance, t *Ticket, doc wire.Doc) { doc["token"] = t.Secret })

var actorTokens = ticketKind("actor_token", "act", "Actor token",
	[]Param{
		{"user_id", Create, Backend, ""},
		{"expires_in_seconds", Create, Backend, int64(0)},
		{"actor", Create, Backend, wire.Doc(nil)},
		{"session_max_duration_in_seconds", Create, Backend, int64(0)},
	},
	func(_ *Write, t *Ticket) error {
		if sub, isText := t.Actor["sub"].(string); !isText || sub == "" {
			return wire.Refused("form_param_nil", "actor", "actor.sub is required.")
		}
		return nil
	},
	func(_ *Instance, t *Ticket, doc wire.Doc) { doc["token"], doc["actor"] = t.Secret, t.Actor })

var agentTasks = ticketKind("agent_task", "agtask", "Agent task",
	[]Param{
		{"on_behalf_of", Create, Backend, wire.Doc(nil)},
		{"permissions", Create, Backend, ""},
		{"agent_name", Create, Backend, ""},
		{"task_description", Create, Backend, ""},
		{"redirect_url", Create, Backend, ""},
		{"session_max_duration_in_seconds", Create, Backend, int64(0)},
	},
	func(w *Write, t *Ticket) error {
		for _, name := range []string{"permissions", "agent_name", "task_description", "redirect_url"} {
			if w.Text(name) == "" {
				return wire.Missing(name)
			}
		}
		if w.Text("permissions") != "*" {
			return wire.WrongValue("permissions", "*")
		}
		if !isURL(t.RedirectURL) || !w.RedirectsTo(t.RedirectURL) {
			return wire.WrongFormat("redirect_url", "an absolute URL that the instance redirects to")
		}
		whom, _ := w.Given["on_behalf_of"].(wire.Doc)
		t.UserID, _ = whom["user_id"].(string)
		if identifier, _ := whom["identifier"].(string); t.UserID == "" && identifier != "" {
			if u := w.UserByIdentifier(identifier); u != nil {
				t.UserID = u.ID
			}
		}
		if w.Users.Get(t.UserID) == nil {
			return wire.Refused("resource_not_found", "on_behalf_of", "on_behalf_of names no user: it has a user_id or an identifier.")
		}
		if t.MaxDuration == 0 {
			t.MaxDuration = taskDuration
		}
		return nil
	},
	func(_ *Instance, t *Ticket, doc wire.Doc) {
		doc["agent_task_id"], doc["task_id"], doc["agent_id"] = t.ID, t.ID, "agent_"+SlugOf(t.Agent)
		if t.Status != Pending {
			delete(doc, "url")
		}
	})
