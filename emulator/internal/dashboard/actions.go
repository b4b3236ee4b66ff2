package dashboard

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// formError is what is wrong with a form before the instance has seen it.
type formError struct{ message string }

func (e *formError) Error() string { return e.message }

func isForm(err error) bool {
	var f *formError
	return errors.As(err, &f)
}

// action is what a form does: one call to the instance, then a page.
type action struct {
	path   string   // of the form
	call   string   // "PATCH /v1/users/{id}"
	fields []string // "first_name", "public_metadata:json", "email_address:list", "banned:bool", "count:int"; "!" before one that is sent even if empty
	on     string   // the page that shows a refusal
	to     string   // the page that follows; {new} is the id of what was made
	done   string   // what it says, of doneMessages
}

var doneMessages = map[string]string{
	"created": "Created.", "saved": "Saved.", "deleted": "Deleted.", "removed": "Removed.", "added": "Added.",
	"banned": "Banned: nobody can sign in as this user, and all sessions have ended.", "unbanned": "The user may sign in again.",
	"locked": "Locked.", "unlocked": "Unlocked.", "revoked": "Revoked.", "clock": "The clock is set.", "reset": "Everything is as it was at the start.",
	"fault": "The fault is on.", "faultoff": "The fault is off.", "forgotten": "The log is empty.", "emptied": "The outbox is empty.", "invited": "Invited.", "replayed": "Sent again.",
}

func actions() []action {
	user, organization := "/users/{id}", "/organizations/{id}"
	one := func(path, call, on, done string, fields ...string) action {
		return action{path, call, fields, on, on, done}
	}
	return []action{
		{"/users", "POST /v1/users", []string{"email_address:list", "phone_number:list", "username", "first_name", "last_name", "password", "skip_password_checks:bool", "external_id"}, "/users", "/users/{new}", "created"},
		one(user, "PATCH /v1/users/{id}", user, "saved", "!first_name", "!last_name", "!username", "!external_id", "password", "skip_password_checks:bool"),
		one(user+"/metadata", "PUT /v1/users/{id}/metadata", user, "saved", "!public_metadata:json", "!private_metadata:json", "!unsafe_metadata:json"),
		one(user+"/ban", "POST /v1/users/{id}/ban", user, "banned"),
		one(user+"/unban", "POST /v1/users/{id}/unban", user, "unbanned"),
		one(user+"/lock", "POST /v1/users/{id}/lock", user, "locked"),
		one(user+"/unlock", "POST /v1/users/{id}/unlock", user, "unlocked"),
		{user + "/delete", "DELETE /v1/users/{id}", nil, user, "/users", "deleted"},
		one(user+"/emails", "POST /v1/email_addresses", user, "added", "user_id", "email_address", "verified:bool", "primary:bool"),
		{user + "/emails/{other}/delete", "DELETE /v1/email_addresses/{other}", nil, user, user, "removed"},
		{user + "/sessions/{other}/revoke", "POST /v1/sessions/{other}/revoke", nil, user, user, "revoked"},

		{"/organizations", "POST /v1/organizations", []string{"name", "slug", "created_by", "max_allowed_memberships:int"}, "/organizations", "/organizations/{new}", "created"},
		one(organization, "PATCH /v1/organizations/{id}", organization, "saved", "name", "slug", "max_allowed_memberships:int", "admin_delete_enabled:bool"),
		one(organization+"/metadata", "PUT /v1/organizations/{id}/metadata", organization, "saved", "!public_metadata:json", "!private_metadata:json"),
		{organization + "/delete", "DELETE /v1/organizations/{id}", nil, organization, "/organizations", "deleted"},
		one(organization+"/members", "POST /v1/organizations/{id}/memberships", organization, "added", "user_id", "role"),
		one(organization+"/members/{other}", "PATCH /v1/organizations/{id}/memberships/{other}", organization, "saved", "role"),
		one(organization+"/members/{other}/delete", "DELETE /v1/organizations/{id}/memberships/{other}", organization, "removed"),
		one(organization+"/invitations", "POST /v1/organizations/{id}/invitations", organization, "invited", "email_address", "role"),
		one(organization+"/invitations/{other}/revoke", "POST /v1/organizations/{id}/invitations/{other}/revoke", organization, "revoked"),

		{"/sessions/{other}/revoke", "POST /v1/sessions/{other}/revoke", nil, "/sessions", "/sessions", "revoked"},
		one("/faults", "POST /faults", "/faults", "fault", "endpoint", "status:int", "delay_ms:int", "drop:bool", "rate", "count:int", "retry_after:int"),
		{"/faults/{other}/delete", "DELETE /faults/{other}", nil, "/faults", "/faults", "faultoff"},
		{"/faults/delete", "DELETE /faults", nil, "/faults", "/faults", "faultoff"},
		one("/clock", "POST /clock", "/faults", "clock", "freeze", "advance", "resume:bool"),
		{"/reset", "POST /reset", nil, "/faults", "/faults", "reset"},
		{"/outbox/delete", "DELETE /outbox", nil, "/outbox", "/outbox", "emptied"},
		one("/webhooks", "POST /webhooks", "/webhooks", "added", "url", "secret", "events:list"),
		{"/webhooks/{other}/delete", "DELETE /webhooks/{other}", nil, "/webhooks", "/webhooks", "removed"},
		{"/events/{other}/replay", "POST /events/{other}/replay", nil, "/webhooks", "/webhooks", "replayed"},
		{"/requests/delete", "DELETE /requests", nil, "/requests", "/requests", "forgotten"},
	}
}

// follow makes the call of an action from its form.
func (a action) follow(v *visit) (doc, error) {
	body, err := a.body(v.PostForm)
	if err != nil {
		return nil, err
	}
	method, path, _ := strings.Cut(a.call, " ")
	for _, name := range []string{"id", "other"} {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(v.PathValue(name)))
	}
	var in any
	if method != http.MethodDelete && len(a.fields) > 0 {
		in = body
	}
	out := doc{}
	return out, v.api.Do(v.Context(), method, path, in, &out)
}

// body reads the fields of a form as JSON has them.
func (a action) body(form url.Values) (doc, error) {
	out := doc{}
	for _, f := range a.fields {
		f, always := strings.CutPrefix(f, "!")
		name, kind, _ := strings.Cut(f, ":")
		value := strings.TrimSpace(form.Get(name))
		if kind == "bool" { // An unticked box sends nothing.
			if form.Has(name) {
				out[name] = value == "true" || value == "on"
			}
			continue
		}
		if value == "" {
			if always && form.Has(name) {
				out[name] = nil
				if kind == "json" {
					out[name] = doc{}
				}
			}
			continue
		}
		switch kind {
		case "json":
			var v map[string]any
			if err := json.Unmarshal([]byte(value), &v); err != nil || v == nil {
				return nil, &formError{name + ` must be a JSON object, such as {"plan": "pro"}.`}
			}
			out[name] = v
		case "list":
			list := []string{}
			for one := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' }) {
				list = append(list, one)
			}
			out[name] = list
		case "int":
			n, err := strconv.Atoi(value)
			if err != nil {
				return nil, &formError{name + " must be a whole number."}
			}
			out[name] = n
		default:
			out[name] = value
		}
	}
	return out, nil
}
