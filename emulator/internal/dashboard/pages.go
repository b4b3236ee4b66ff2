package dashboard

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/clerkgo/clerkgo/core/token"
)

// section is a place in the navigation.
type section struct{ ID, Path, Label string }

var sections = []section{
	{"overview", "/", "Overview"},
	{"users", "/users", "Users"},
	{"organizations", "/organizations", "Organizations"},
	{"sessions", "/sessions", "Sessions"},
	{"tokens", "/tokens", "Tokens"},
	{"outbox", "/outbox", "Outbox"},
	{"webhooks", "/webhooks", "Webhooks"},
	{"requests", "/requests", "Requests"},
	{"faults", "/faults", "Faults & clock"},
}

func pages() []page {
	return []page{
		{"/{$}", "overview", "Overview", "overview", overview},
		{"/users", "users", "Users", "users", users},
		{"/users/{id}", "user", "User", "users", user},
		{"/organizations", "organizations", "Organizations", "organizations", organizations},
		{"/organizations/{id}", "organization", "Organization", "organizations", organization},
		{"/sessions", "sessions", "Sessions", "sessions", sessions},
		{"/tokens", "tokens", "Tokens", "tokens", tokens},
		{"/outbox", "outbox", "Outbox", "outbox", outbox},
		{"/webhooks", "webhooks", "Webhooks", "webhooks", webhooks},
		{"/requests", "requests", "Requests", "requests", requests},
		{"/faults", "faults", "Faults & clock", "faults", faults},
	}
}

func pageAt(path string) page {
	list := pages()
	return list[slices.IndexFunc(list, func(p page) bool { return p.path == path })]
}

const perPage = 25

// all reads several resources at once: name, path, name, path.
func all(v *visit, pairs ...string) (doc, error) {
	out := doc{}
	for i := 0; i+1 < len(pairs); i += 2 {
		d, err := v.get(pairs[i+1])
		if err != nil {
			return nil, err
		}
		out[pairs[i]] = d
	}
	return out, nil
}

func overview(v *visit) (doc, error) {
	out, err := all(v, "Instance", "/", "Users", "/v1/users/count", "Organizations", "/v1/organizations?limit=1", "Sessions", "/sessions", "Failed", "/requests?failed=true&limit=5", "Requests", "/requests?limit=1", "Faults", "/faults")
	if err != nil {
		return nil, err
	}
	sessions, _ := out["Sessions"].(doc)
	live := 0
	for _, s := range list(sessions) {
		if status := text(s, "status"); status == "active" || status == "pending" {
			live++
		}
	}
	out["Live"] = live
	return out, nil
}

func list(d doc) []doc {
	raw, _ := d["data"].([]any)
	return docs(raw)
}

func docs(raw []any) []doc {
	out := make([]doc, 0, len(raw))
	for _, x := range raw {
		if d, is := x.(doc); is {
			out = append(out, d)
		}
	}
	return out
}

// window reads the offset of a list and makes the addresses of its neighbours.
func window(v *visit, total int) doc {
	offset, err := strconv.Atoi(v.URL.Query().Get("offset"))
	if err != nil || offset < 0 {
		offset = 0
	}
	link := func(to int) string {
		q := v.URL.Query()
		q.Del("done")
		q.Set("offset", strconv.Itoa(to))
		return "?" + q.Encode()
	}
	w := doc{"Total": total, "Offset": offset, "First": min(offset+1, total), "Last": min(offset+perPage, total), "Previous": "", "Next": ""}
	if offset > 0 {
		w["Previous"] = link(max(offset-perPage, 0))
	}
	if offset+perPage < total {
		w["Next"] = link(offset + perPage)
	}
	return w
}

func search(v *visit) url.Values {
	q := url.Values{"limit": {strconv.Itoa(perPage)}}
	if text := strings.TrimSpace(v.URL.Query().Get("query")); text != "" {
		q.Set("query", text)
	}
	if n, err := strconv.Atoi(v.URL.Query().Get("offset")); err == nil && n > 0 {
		q.Set("offset", strconv.Itoa(n))
	}
	return q
}

func number(v any) int { n, _ := v.(float64); return int(n) }

func users(v *visit) (doc, error) {
	q := search(v)
	found, err := v.list("/v1/users?" + q.Encode())
	if err != nil {
		return nil, err
	}
	q.Del("offset")
	q.Del("limit")
	count, err := v.get("/v1/users/count?" + q.Encode())
	if err != nil {
		return nil, err
	}
	return doc{"Users": docs(found), "Window": window(v, number(count["total_count"]))}, nil
}

func user(v *visit) (doc, error) {
	path := "/v1/users/" + id(v.Request)
	out, err := all(v, "User", path, "Memberships", path+"/organization_memberships?limit=100", "Sessions", "/sessions?user_id="+id(v.Request))
	if err != nil {
		return nil, err
	}
	u, _ := out["User"].(doc)
	out["Heading"], out["Live"] = name(u), list(out["Sessions"].(doc)) //nolint:errcheck,forcetypeassert // As all makes it.
	return out, nil
}

func organizations(v *visit) (doc, error) {
	found, err := v.get("/v1/organizations?include_members_count=true&" + search(v).Encode())
	if err != nil {
		return nil, err
	}
	return doc{"Organizations": list(found), "Window": window(v, number(found["total_count"]))}, nil
}

func organization(v *visit) (doc, error) {
	path := "/v1/organizations/" + id(v.Request)
	out, err := all(v, "Organization", path, "Members", path+"/memberships?limit=100", "Roles", "/v1/organization_roles?limit=100")
	if err != nil {
		return nil, err
	}
	if out["Invitations"], err = v.optional(path + "/invitations?limit=100"); err != nil {
		return nil, err
	}
	o, _ := out["Organization"].(doc)
	out["Heading"] = text(o, "name")
	return out, nil
}

func sessions(v *visit) (doc, error) {
	out, err := all(v, "Sessions", "/sessions")
	if err != nil {
		return nil, err
	}
	only := v.URL.Query().Get("show") != "all"
	var shown []doc
	for _, s := range list(out["Sessions"].(doc)) { //nolint:errcheck,forcetypeassert // As all makes it.
		if status := text(s, "status"); !only || status == "active" || status == "pending" {
			shown = append(shown, s)
		}
	}
	out["Shown"], out["All"] = first(shown, 200), !only
	return out, nil
}

// tokens shows the page of tokens. What its forms make is shown by the answer to them.
func tokens(v *visit) (doc, error) {
	templates, err := v.list("/v1/jwt_templates")
	if err != nil {
		return nil, err
	}
	out := doc{"Templates": docs(templates)}
	raw := strings.TrimSpace(v.PostForm.Get("token"))
	if raw != "" {
		out["Decoded"] = v.decode(raw)
	}
	return out, nil
}

// decode takes a token apart and says what the instance thinks of it.
func (v *visit) decode(raw string) doc {
	out := doc{"Token": raw}
	if _, err := token.Decode(raw); err != nil {
		out["Verdict"] = "This is not a JWT. An opaque machine token (mt_…, oat_…, ak_…) says nothing by itself: the instance has to be asked."
		return out
	}
	parts := strings.Split(raw, ".")
	for i, name := range []string{"Header", "Claims"} {
		out[name] = pretty(decodePart(parts[i]))
	}
	var keys struct {
		Keys []jwk `json:"keys"`
	}
	if err := v.api.Do(v.Context(), http.MethodGet, "/v1/jwks", nil, &keys); err != nil {
		out["Verdict"] = err.Error()
		return out
	}
	clock, err := v.get("/clock")
	if err != nil {
		out["Verdict"] = err.Error()
		return out
	}
	now, _ := time.Parse(time.RFC3339Nano, text(clock, "now")) // The zero time for none.
	out["Verdict"], out["Good"] = verdict(parts, keys.Keys, now)
	return out
}

func requests(v *visit) (doc, error) {
	q := url.Values{"limit": {"100"}}
	for _, name := range []string{"failed", "query"} {
		if value := v.URL.Query().Get(name); value != "" {
			q.Set(name, value)
		}
	}
	found, err := v.get("/requests?" + q.Encode())
	if err != nil {
		return nil, err
	}
	return doc{"Requests": list(found), "Total": number(found["total_count"])}, nil
}

func outbox(v *visit) (doc, error) {
	found, err := v.get("/outbox")
	if err != nil {
		return nil, err
	}
	return doc{"Messages": first(list(found), 100), "Total": number(found["total_count"])}, nil
}

func webhooks(v *visit) (doc, error) {
	out, err := all(v, "Webhooks", "/webhooks?limit=100", "Events", "/events")
	if err != nil {
		return nil, err
	}
	happened, _ := out["Events"].(doc)
	out["Shown"], out["Total"] = first(list(happened), 100), number(happened["total_count"])
	return out, nil
}

func first(list []doc, most int) []doc { return list[:min(len(list), most)] }

func faults(v *visit) (doc, error) {
	found, err := v.get("/faults")
	if err != nil {
		return nil, err
	}
	return doc{"Faults": list(found)}, nil
}

// functions are what templates call.
var functions = template.FuncMap{
	"name": name, "email": email, "time": moment, "pretty": pretty, "docs": func(v any) []doc {
		if d, is := v.(doc); is {
			return list(d)
		}
		raw, _ := v.([]any)
		return docs(raw)
	},
	"number": number, "initials": initials,
	"args": func(pairs ...any) (doc, error) {
		out := doc{}
		for i := 0; i+1 < len(pairs); i += 2 {
			key, is := pairs[i].(string)
			if !is {
				return nil, fmt.Errorf("args: %v is no name", pairs[i])
			}
			out[key] = pairs[i+1]
		}
		return out, nil
	},
	// entered is what a form's field should show: what was just sent, or what there is.
	"entered": func(form url.Values, name string, there any) string {
		if form.Has(name) {
			return form.Get(name)
		}
		if there == nil {
			return ""
		}
		if n, is := there.(float64); is {
			return strconv.FormatFloat(n, 'f', -1, 64)
		}
		return fmt.Sprint(there)
	},
}

// name is what a person is called, as much of it as there is.
func name(u doc) string {
	if data, is := u["public_user_data"].(doc); is {
		u = data
	}
	full := strings.TrimSpace(text(u, "first_name") + " " + text(u, "last_name"))
	for _, s := range []string{full, email(u), text(u, "identifier"), text(u, "username"), text(u, "id"), text(u, "user_id")} {
		if s != "" {
			return s
		}
	}
	return "?"
}

// email is the primary address of a user.
func email(u doc) string {
	raw, _ := u["email_addresses"].([]any)
	for _, e := range docs(raw) {
		if text(e, "id") == text(u, "primary_email_address_id") {
			return text(e, "email_address")
		}
	}
	return ""
}

// initials are the first letters of at most two words.
func initials(s string) string {
	var out strings.Builder
	for i, word := range strings.Fields(s) {
		if first, _ := utf8.DecodeRuneInString(word); i < 2 {
			out.WriteRune(unicode.ToUpper(first))
		}
	}
	return out.String()
}

// moment shows milliseconds since 1970 by the clock on the wall of Greenwich.
func moment(v any) string {
	ms, is := v.(float64)
	if !is || ms == 0 {
		return "never"
	}
	return time.UnixMilli(int64(ms)).UTC().Format("2006-01-02 15:04:05")
}

func pretty(v any) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // The template does that.
	if err := encoder.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(out.String(), "\n")
}
