package store

import (
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Webhook is an address that hears of events.
type Webhook struct {
	Record

	URL      string   `api:"url" backend:"create,update" rule:"required,url,max=4096"`
	Secret   string   `api:"secret" backend:"create,update"` // whsec_…, made if it is not given.
	Events   []string `api:"events" backend:"create,update"` // user.created, or user.* for all of users; none means all.
	Disabled bool     `api:"disabled" backend:"create,update"`
}

// eventNames are the events that Clerk documents, by what they are about.
var eventNames = map[string][]string{
	"user":                   {"created", "updated", "deleted"},
	"session":                {"created", "ended", "pending", "removed", "revoked"},
	"organization":           {"created", "updated", "deleted"},
	"organizationDomain":     {"created", "updated", "deleted"},
	"organizationMembership": {"created", "updated", "deleted"},
	"organizationInvitation": {"created", "accepted", "revoked"},
	"invitation":             {"created", "accepted", "revoked"},
	"role":                   {"created", "updated", "deleted"},
	"permission":             {"created", "updated", "deleted"},
	"waitlistEntry":          {"created", "updated"},
	"email":                  {"created"},
	"sms":                    {"created"},
	"paymentAttempt":         {"created", "updated"},
	"subscription":           {"created", "updated", "active", "pastDue"},
	"subscriptionItem":       {"created", "updated", "active", "canceled", "upcoming", "ended", "abandoned", "incomplete", "pastDue", "freeTrialEnding"},
}

// isEvent reports whether Clerk documents an event.
func isEvent(name string) bool {
	about, what, _ := strings.Cut(name, ".")
	return slices.Contains(eventNames[about], what)
}

var webhooks = describe(Resource[Webhook]{
	Object: "webhook", Prefix: "whook", Title: "Webhook", Silent: All,
	Check: func(_ *Write, h *Webhook) error {
		if u, err := url.Parse(h.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") {
			return wire.WrongFormat("url", "an http or https URL")
		}
		if h.Secret == "" {
			var key [24]byte
			_, _ = rand.Read(key[:]) // Never fails: crypto/rand ends the process instead.
			h.Secret = "whsec_" + base64.StdEncoding.EncodeToString(key[:])
		}
		encoded, prefixed := strings.CutPrefix(h.Secret, "whsec_")
		if _, err := base64.StdEncoding.DecodeString(encoded); err != nil || !prefixed || encoded == "" {
			return wire.WrongFormat("secret", "whsec_ and base64")
		}
		for _, name := range h.Events {
			if about, all := strings.CutSuffix(name, ".*"); !isEvent(name) && (!all || eventNames[about] == nil) {
				return wire.WrongFormat("events", "names of Clerk's events, such as user.created or user.*, and "+name+" is none")
			}
		}
		return nil
	},
})

// Wants reports whether a webhook hears of an event.
func (h *Webhook) Wants(event string) bool {
	about, _, _ := strings.Cut(event, ".")
	return !h.Disabled && (len(h.Events) == 0 || slices.Contains(h.Events, event) || slices.Contains(h.Events, about+".*"))
}
