package clerktest

import (
	"errors"
	"io"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/events"
	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// controlPath is where tests and people steer an instance from outside. Nothing below
// it is logged as a request, or meets a fault.
const controlPath = "/_emulator"

// controlLimit bounds a body: a whole state may be one.
const controlLimit = 1 << 30

func controlRoutes() []route {
	list := []route{ //nolint:prealloc // Made once.
		{"GET /{$}", surfaceOpen, (*Server).controlInstance},
		{"POST /reset", surfaceOpen, (*Server).controlReset},
		{"POST /seed", surfaceOpen, (*Server).controlSeed},
		{"GET /export", surfaceOpen, (*Server).controlExport},
		{"POST /import", surfaceOpen, (*Server).controlImport},
		{"GET /clock", surfaceOpen, (*Server).controlClock},
		{"POST /clock", surfaceOpen, (*Server).controlSetClock},
		{"GET /faults", surfaceOpen, (*Server).controlFaults},
		{"POST /faults", surfaceOpen, (*Server).controlInject},
		{"DELETE /faults", surfaceOpen, (*Server).controlRemoveFaults},
		{"DELETE /faults/{id}", surfaceOpen, (*Server).controlRemoveFaults},
		{"GET /requests", surfaceOpen, (*Server).controlRequests},
		{"DELETE /requests", surfaceOpen, (*Server).controlForgetRequests},
		{"GET /outbox", surfaceOpen, (*Server).controlOutbox},
		{"DELETE /outbox", surfaceOpen, (*Server).controlEmptyOutbox},
		{"GET /events", surfaceOpen, (*Server).controlEvents},
		{"POST /events/{id}/replay", surfaceOpen, (*Server).controlReplay},
		{"GET /sessions", surfaceOpen, (*Server).controlSessions},
		{"POST /tokens", surfaceOpen, (*Server).controlMint},
		{"POST /sign-in", surfaceNavigate, (*Server).controlSignIn},
	}
	webhooks := rest.Collection{Path: "/webhooks", Table: func(in *store.Instance) *store.Table { return in.Webhooks.Table }}
	for _, e := range webhooks.Serve(rest.Pages, rest.Creates, rest.Gets, rest.Updates, rest.Deletes) {
		list = append(list, route{e.Pattern, surfaceOpen, backendRoom(e)})
	}
	for _, rt := range builtBackendRoutes() { // Below /_emulator/v1, without the secret key.
		rt.surface = surfaceOpen
		list = append(list, rt)
	}
	return list
}

func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range append(controlRoutes(), route{"/", surfaceOpen, notFoundEndpoint}) {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) {
			var rep reply
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, controlLimit))
			switch {
			case !s.mayControl(r):
				rep = failure(http.StatusForbidden, "control_forbidden",
					"The control API answers requests to this machine's own names, and none of other sites' pages.", "")
			case err != nil:
				rep = failure(http.StatusBadRequest, "request_body_invalid", "The request body could not be read.", "")
			default:
				if text := strings.TrimSpace(string(body[:min(len(body), 16)])); strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
					r.Header.Set("Content-Type", "application/json") // Whatever curl -d says it is.
				}
				rep = s.run(rt, r, body)
			}
			w.Header().Set("Cache-Control", "no-store")
			rep.write(w)
		})
	}
	return http.StripPrefix(controlPath, mux)
}

// mayControl keeps other sites' pages away: by the host, because a name of theirs may
// be made to point here, and by what browsers say about who asks for a change.
func (s *Server) mayControl(r *http.Request) bool {
	host := hostname(r)
	if _, err := netip.ParseAddr(host); err != nil && !s.allowedHost(host) {
		return false
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	from := r.Header.Get("Origin")
	u, err := url.Parse(from)
	return from == "" || (err == nil && u.Host == r.Host)
}

func (s *Server) controlInstance(*call) reply {
	return ok(wire.Doc{
		"object": "emulator", "instance_id": s.instanceID, "production": s.production, "url": s.url,
		"publishable_key": s.publishableKey, "secret_key": s.secretKey, "machine_secret_key": s.machineKey,
		"issuer": s.issuer, "sign_in_url": s.SignInURL(), "sign_up_url": s.SignUpURL(), "sign_in_code": SignInCode,
	})
}

var done = reply{status: http.StatusNoContent}

func (s *Server) controlReset(*call) reply {
	if err := s.reset(); err != nil {
		return refusal(err)
	}
	return done
}

// controlSeed makes what a seed lists. With keep=true it is part of the instance's start,
// with keep=only it is nothing else.
func (s *Server) controlSeed(c *call) reply {
	doc := wire.Doc{}
	if rep, fine := c.decode(&doc); !fine {
		return rep
	}
	err := s.seed(doc, c.query.Get("keep"))
	if wrong, ok := errors.AsType[*store.SeedError](err); ok {
		message := wrong.Err.Error()
		if refused, ok := errors.AsType[*wire.Error](err); ok {
			message = refused.Message
		}
		return failure(http.StatusUnprocessableEntity, "seed_invalid", message, wrong.Path)
	}
	if err != nil {
		return refusal(err)
	}
	return done
}

func (s *Server) controlExport(*call) reply {
	st, err := s.export()
	if err != nil {
		return refusal(err)
	}
	return ok(st)
}

func (s *Server) controlImport(c *call) reply {
	if err := s.restore(c.body); err != nil {
		return failure(http.StatusUnprocessableEntity, "state_invalid", strings.TrimPrefix(err.Error(), "clerktest: "), "")
	}
	return done
}

func (s *Server) controlClock(*call) reply {
	fixed, offset := s.clock.setting()
	return ok(wire.Doc{
		"object": "clock", "now": s.clock.Now().UTC().Format(time.RFC3339Nano), "frozen": !fixed.IsZero(),
		"offset_seconds": offset.Seconds(),
	})
}

// controlSetClock freezes the clock (true, or a time), advances it, or lets it run with
// the system's time again.
func (s *Server) controlSetClock(c *call) reply {
	given, err := s.given(c, wire.Doc{"advance": "", "resume": false, "freeze": any(nil)})
	if err != nil {
		return refusal(err)
	}
	at, by := time.Time{}, time.Duration(0)
	switch text, isText := given["freeze"].(string); {
	case isText && text != "true":
		if at, err = time.Parse(time.RFC3339Nano, text); err != nil || at.IsZero() {
			return refusal(wire.WrongFormat("freeze", "true, or a time like 2026-01-31T12:00:00Z"))
		}
	case given["freeze"] == true || text == "true":
		at = s.clock.Now()
	}
	if text, _ := given["advance"].(string); text != "" {
		if by, err = time.ParseDuration(text); err != nil {
			return refusal(wire.WrongFormat("advance", "a duration like 90s, 15m or -1h30m"))
		}
	}
	if given["resume"] == true {
		s.clock.Set(time.Time{})
	}
	if !at.IsZero() {
		s.clock.Set(at)
	}
	s.clock.Advance(by)
	return s.controlClock(c)
}

// given reads the fields of a body, as [store.Params] does. A field of a nil type takes
// any value.
func (s *Server) given(c *call, takes wire.Doc) (wire.Doc, error) {
	in, err := c.wire()
	if err != nil {
		return nil, err
	}
	body, err := in.Fields()
	if err != nil {
		return nil, err
	}
	rest, loose := wire.Doc{}, wire.Doc{}
	for name, value := range body {
		if of, known := takes[name]; known && of == nil {
			loose[name] = value
			continue
		}
		rest[name] = value
	}
	in.Body = rest
	given, err := store.Params(in, takes)
	for name, value := range loose {
		if given != nil {
			given[name] = value
		}
	}
	return given, err
}

func (s *Server) faultObject(f *fault) wire.Doc {
	doc := wire.Doc{
		"object": "fault", "id": f.number, "endpoint": f.route, "status": f.Status, "delay_ms": f.Delay.Milliseconds(),
		"drop": f.Drop, "rate": f.Rate, "count": f.Times, "met": f.met, "left": nil,
	}
	if f.Times > 0 {
		doc["left"] = max(f.left, 0)
	}
	return doc
}

func (s *Server) controlFaults(*call) reply {
	list := make([]any, 0, len(s.faults))
	for _, f := range s.faults {
		list = append(list, s.faultObject(f))
	}
	return ok(wire.Doc{"data": list, "total_count": len(list)})
}

func (s *Server) controlInject(c *call) reply {
	given, err := s.given(c, wire.Doc{
		"endpoint": "", "status": int64(0), "delay_ms": int64(0), "drop": false, "rate": nil, "count": int64(0), "body": "", "retry_after": int64(0),
	})
	if err != nil {
		return refusal(err)
	}
	whole := func(name string) int { n, _ := given[name].(int64); return int(n) }
	f := Fault{Status: whole("status"), Delay: time.Duration(whole("delay_ms")) * time.Millisecond, Drop: given["drop"] == true, Times: whole("count")}
	rate, _ := given["rate"].(float64)
	if text, isText := given["rate"].(string); isText && text != "" {
		if rate, err = strconv.ParseFloat(text, 64); err != nil {
			rate = math.NaN()
		}
	}
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return refusal(wire.WrongFormat("status", "a status from 200 to 599"))
	case f.Delay < 0 || f.Times < 0:
		return refusal(wire.WrongFormat("delay_ms and count", "numbers that are not negative"))
	case !(rate >= 0 && rate <= 1):
		return refusal(wire.WrongFormat("rate", "a share from 0 to 1"))
	case f.Status == 0 && f.Delay == 0 && !f.Drop:
		return refusal(wire.Refused("form_data_missing", "status", "A fault needs a status, a delay or drop."))
	}
	f.Rate = rate
	if text, _ := given["body"].(string); text != "" {
		f.Body = []byte(text)
	}
	if n := whole("retry_after"); n > 0 {
		f.Header = http.Header{"Retry-After": {strconv.Itoa(n)}}
	}
	endpoint, _ := given["endpoint"].(string)
	return ok(s.faultObject(s.inject(strings.TrimSpace(endpoint), f)))
}

// controlRemoveFaults removes the fault that the path names, or all.
func (s *Server) controlRemoveFaults(c *call) reply {
	id := c.r.PathValue("id")
	before := len(s.faults)
	s.faults = slices.DeleteFunc(s.faults, func(f *fault) bool { return id == "" || strconv.Itoa(f.number) == id })
	if id != "" && len(s.faults) == before {
		return notFound("Fault")
	}
	return done
}

// controlRequests lists requests, newest first: all, or those that failed.
func (s *Server) controlRequests(c *call) reply {
	limit := 100
	if text := c.query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return refusal(wire.WrongFormat("limit", "a number above 0"))
		}
		limit = n
	}
	text, failed := strings.ToLower(c.query.Get("query")), c.query.Get("failed") == "true"
	list, total := []any{}, 0
	for _, r := range slices.Backward(s.log) {
		if failed && r.Error == "" && r.Status < 400 {
			continue
		}
		if !store.Contains(r.Method+" "+r.Path+" "+r.Error, text) {
			continue
		}
		if total++; len(list) < limit {
			list = append(list, wire.Doc{
				"object": "request", "id": r.number, "method": r.Method, "path": r.Path, "endpoint": r.Route, "query": r.Query.Encode(),
				"status": r.Status, "error": textOrNull(r.Error), "created_at": millis(r.Time), "user_agent": r.Header.Get("User-Agent"),
				"origin": textOrNull(r.Header.Get("Origin")), "body_bytes": len(r.Body),
			})
		}
	}
	return ok(wire.Doc{"data": list, "total_count": total})
}

func (s *Server) controlForgetRequests(*call) reply {
	s.log = nil
	return done
}

// controlOutbox lists the emails and SMS that would have been sent, newest first; to one
// address or number only if that is asked for.
func (s *Server) controlOutbox(c *call) reply {
	list, to := []any{}, c.query.Get("to")
	for _, m := range slices.Backward(s.state.Outbox()) {
		if to != "" && !strings.EqualFold(to, m.To) {
			continue
		}
		kind := "email"
		if m.SMS {
			kind = "sms"
		}
		list = append(list, wire.Doc{
			"object": "message", "id": m.ID, "type": kind, "to": m.To, "slug": m.Slug, "subject": textOrNull(m.Subject), "text": m.Text,
			"code": textOrNull(m.Code), "link": textOrNull(m.Link), "user_id": textOrNull(m.UserID), "created_at": m.At,
		})
	}
	return ok(wire.Doc{"data": list, "total_count": len(list)})
}

func (s *Server) controlEmptyOutbox(*call) reply {
	s.state.EmptyOutbox()
	return done
}

// controlEvents lists what happened, newest first, with its deliveries to webhooks.
func (s *Server) controlEvents(*call) reply {
	messages := s.hooks.Messages()
	list := make([]any, 0, len(messages))
	for _, m := range slices.Backward(messages) {
		deliveries := make([]any, 0, len(m.Deliveries))
		for _, d := range m.Deliveries {
			doc := wire.Doc{"webhook_id": d.Webhook, "state": d.State, "attempts": len(d.Attempts), "status": nil, "error": nil, "next_at": nil}
			if n := len(d.Attempts); n > 0 {
				doc["status"], doc["error"] = d.Attempts[n-1].Status, textOrNull(d.Attempts[n-1].Error)
			}
			if d.State == events.Waiting {
				doc["next_at"] = millisOrNull(d.Next)
			}
			deliveries = append(deliveries, doc)
		}
		list = append(list, wire.Doc{
			"object": "event", "id": m.ID, "type": m.Type, "created_at": millis(m.At), "body": m.Body, "deliveries": deliveries,
		})
	}
	return ok(wire.Doc{"data": list, "total_count": len(list)})
}

// controlReplay sends an event again, to one webhook if webhook_id names one.
func (s *Server) controlReplay(c *call) reply {
	given, err := s.given(c, wire.Doc{"webhook_id": ""})
	if err != nil {
		return refusal(err)
	}
	only, _ := given["webhook_id"].(string)
	if err := s.hooks.Replay(c.r.PathValue("id"), only); err != nil {
		return failure(http.StatusNotFound, "resource_not_found", strings.TrimPrefix(err.Error(), "clerktest: "), "")
	}
	return done
}

// controlSessions lists the sessions of all users, newest first.
func (s *Server) controlSessions(c *call) reply {
	list := []any{}
	for sess := range s.state.Sessions.All {
		s.state.Live(s.state.Clients.Get(sess.ClientID)) // Lets overdue sessions expire.
		if user := c.query.Get("user_id"); user != "" && user != sess.UserID {
			continue
		}
		doc := s.state.Sessions.Show(sess, store.Backend)
		doc["public_user_data"] = s.state.PublicUserData(sess.UserID)
		list = append(list, doc)
	}
	slices.Reverse(list)
	return ok(wire.Doc{"data": list, "total_count": len(list)})
}

// controlMint mints a token of any kind.
func (s *Server) controlMint(c *call) reply {
	given, err := s.given(c, wire.Doc{
		"type": "", "user_id": "", "organization_id": "", "template": "", "session_id": "", "authorized_party": "", "subject": "",
		"scopes": []string(nil), "claims": wire.Doc(nil), "lifetime_seconds": int64(0), "version": int64(0),
	})
	if err != nil {
		return refusal(err)
	}
	text := func(name string) string { v, _ := given[name].(string); return v }
	claims, _ := given["claims"].(wire.Doc)
	spec := &tokenSpec{azp: text("authorized_party"), claims: claims}
	seconds, _ := given["lifetime_seconds"].(int64)
	if lifetime := time.Duration(seconds) * time.Second; lifetime != 0 {
		spec.lifetime = &lifetime
	}
	if v, _ := given["version"].(int64); v != 0 {
		if v != 1 && v != 2 {
			return refusal(wire.WrongValue("version", "1", "2"))
		}
		spec.version = int(v)
	}
	scopes, _ := given["scopes"].([]string)
	machine := MachineToken{Subject: text("subject"), Scopes: scopes, Claims: claims, Lifetime: time.Duration(seconds) * time.Second}
	minted := func(kind, token string) reply { return ok(wire.Doc{"object": "token", "type": kind, "token": token}) }
	switch kind := text("type"); kind {
	case "", "session_token", "jwt_template":
		u := s.state.Users.Get(text("user_id"))
		if u == nil {
			return refusal(wire.Refused("resource_not_found", "user_id", "There is no such user."))
		}
		orgID := ""
		if key := text("organization_id"); key != "" {
			o := s.state.Organizations.Get(key)
			if o == nil || o.Member(u.ID) == nil {
				return refusal(wire.Refused("resource_not_found", "organization_id", "The user is no member of such an organization."))
			}
			orgID = o.ID
		}
		sess := s.state.Sessions.Get(text("session_id"))
		switch {
		case sess == nil && text("session_id") != "", sess != nil && sess.UserID != u.ID:
			return refusal(wire.Refused("resource_not_found", "session_id", "The user has no such session."))
		case sess == nil:
			sess = s.state.MintedSession(u, orgID)
		case orgID != "":
			spec.orgKey = &orgID
		}
		name := text("template")
		if name == "" {
			return minted("session_token", s.mintSession(sess, spec))
		}
		tmpl := s.state.Templates.By("name", name)
		if tmpl == nil {
			return refusal(wire.Refused("resource_not_found", "template", "There is no JWT template of that name."))
		}
		return minted("jwt_template", s.mintTemplate(sess, tmpl, spec))
	case "m2m_token":
		return minted(kind, s.issueM2M(machine))
	case "oauth_token":
		return minted(kind, s.issueOAuth(machine))
	case "api_key":
		return minted(kind, s.issueAPIKey(machine))
	default:
		return refusal(wire.WrongValue("type", "session_token", "jwt_template", "m2m_token", "oauth_token", "api_key"))
	}
}

// controlSignIn signs the browser in as a user, as if through the hosted page, and
// sends it to redirect_url.
func (s *Server) controlSignIn(c *call) reply {
	target, err := s.checkRedirect(c.form.Get("redirect_url"))
	if err != nil {
		return failure(http.StatusUnprocessableEntity, "form_param_value_invalid", "redirect_url must be an address of this machine, or of an allowed host.", "redirect_url")
	}
	u := s.state.Users.Get(c.form.Get("user_id"))
	if u == nil || u.Banned || u.Locked {
		return failure(http.StatusUnprocessableEntity, "resource_not_found", "There is no such user who may sign in.", "user_id")
	}
	s.state.StartSession(s.needClient(c), u)
	return s.sendBack(c, target)
}
