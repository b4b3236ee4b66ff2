package clerktest

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/events"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

const bodyLimit = 1 << 20

// surface is the part of the instance that an endpoint belongs to; it decides
// who may call it and how errors look.
type surface int

const (
	surfaceOpen     surface = iota // anybody
	surfaceBackend                 // servers, with the secret key
	surfaceMachine                 // servers, with the secret key or a machine's
	surfaceFrontend                // browsers' scripts
	surfaceNavigate                // browsers' navigations: handshakes, hosted pages
)

// call is one request, read completely, on its way through an endpoint.
type call struct {
	r      *http.Request
	body   []byte
	query  url.Values
	form   url.Values    // fields of a form body
	client *store.Client // who is calling, on the browsers' surfaces; may be nil
	// devBrowser is the known dev browser that the caller presented, or "".
	devBrowser string
	// clientChanged asks for the client's cookies to be set.
	clientChanged bool
}

// reply is what an endpoint answers. It is written when the state is no longer
// locked.
type reply struct {
	status int
	json   any    // encoded, if not nil
	html   []byte // otherwise
	// contentType of html, if it is something else.
	contentType string
	location    string
	cookies     []string
	header      http.Header
}

// endpoint computes the reply to a call. The state is locked meanwhile.
type endpoint func(*Server, *call) reply

type route struct {
	pattern string
	surface surface
	fn      endpoint
}

func (s *Server) handler() http.Handler {
	backend, browsers := http.NewServeMux(), http.NewServeMux()
	built := builtBackendRoutes()
	for _, rt := range slices.Concat(built, unbuiltBackendRoutes(built)) {
		backend.Handle(rt.pattern, s.serve(rt))
	}
	for _, rt := range builtFrontendRoutes() {
		browsers.Handle(rt.pattern, s.serve(rt))
	}
	nothing := s.serve(route{"/", surfaceOpen, notFoundEndpoint})
	unbuilt := s.serve(route{"/", surfaceFrontend, notBuilt})
	control := s.control()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Browsers' scripts send every method but GET as POST with _method.
		if m := strings.ToUpper(r.URL.Query().Get("_method")); r.Method == http.MethodPost &&
			(m == http.MethodPatch || m == http.MethodPut || m == http.MethodDelete) {
			r.Method = m
		}
		if strings.HasPrefix(r.URL.Path, controlPath+"/") {
			control.ServeHTTP(w, r)
			return
		}
		if path, cut := strings.CutSuffix(r.URL.Path, "/"); cut && strings.HasPrefix(path, "/v1/") {
			r.URL.Path = path // As in POST /v1/me/email_addresses/.
		}
		// Both APIs have paths of the same names. A secret key means the Backend API's, a
		// browser's marks the Frontend API's; without either the path decides.
		first, second, rest := backend, browsers, nothing
		if !bearsKey(r) && fromBrowser(r) {
			first, second = browsers, nil
			if strings.HasPrefix(r.URL.Path, "/v1/") {
				rest = unbuilt
			}
		}
		for _, mux := range []*http.ServeMux{first, second} {
			if mux == nil {
				continue
			}
			if _, pattern := mux.Handler(r); pattern != "" {
				mux.ServeHTTP(w, r)
				return
			}
		}
		rest.ServeHTTP(w, r)
	})
}

// bearsKey reports whether a request has the credentials of a server, right or wrong.
func bearsKey(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// fromBrowser reports whether a request is one of a browser's script.
func fromBrowser(r *http.Request) bool {
	if _, err := r.Cookie("__client"); err == nil || r.Header.Get("Origin") != "" {
		return true
	}
	q := r.URL.Query()
	return q.Has("__clerk_api_version") || q.Has("_clerk_js_version") || q.Has("__clerk_db_jwt") || q.Has("_clerk_session_id")
}

func notFoundEndpoint(*Server, *call) reply {
	return failure(http.StatusNotFound, "resource_not_found", "There is no such path in this instance.", "")
}

func (s *Server) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			drop(w)
			return
		}
		s.calls.Add(1)
		s.mu.Unlock()
		defer s.calls.Done()
		if rt.surface != surfaceFrontend { // Browsers reckon with their own clock.
			w.Header().Set("Date", s.clock.Now().UTC().Format(http.TimeFormat))
		}

		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
		entry, flt := s.record(rt.pattern, r, body)
		if flt != nil && !flt.wait(r.Context()) {
			drop(w)
			return
		}
		var rep reply
		var tooLarge *http.MaxBytesError
		switch {
		case flt != nil && flt.replaces():
			rep = flt.answer()
		case errors.As(err, &tooLarge):
			rep = failure(http.StatusRequestEntityTooLarge, "request_body_too_large", "The request body is too large.", "")
		case err != nil:
			rep = failure(http.StatusBadRequest, "request_body_invalid", "The request body could not be read.", "")
		default:
			rep = s.run(rt, r, body)
		}
		if rt.surface == surfaceFrontend || (strings.HasPrefix(r.URL.Path, "/v1/") && !bearsKey(r)) {
			s.allowOrigin(r, &rep)
		}
		if flt != nil {
			flt.deliver(w, &rep, func(status int) { s.setStatus(entry, status, rep.problem()) })
			return
		}
		s.setStatus(entry, rep.status, rep.problem())
		rep.write(w)
	})
}

// run answers a call with the state locked.
func (s *Server) run(rt route, r *http.Request, body []byte) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{r: r, body: body, query: r.URL.Query()}
	s.cause = causeOf(c)
	defer func() { s.cause = events.Cause{} }()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		c.form, _ = url.ParseQuery(string(body)) // Bad pairs are left out, as net/http does.
	}
	switch rt.surface {
	case surfaceOpen:
	case surfaceBackend, surfaceMachine:
		if s.isForeign(r) {
			return failure(http.StatusForbidden, "host_not_allowed", "Browsers reach the Backend API by this machine's own names, or that of the setting for it: not by "+hostname(r)+".", "")
		}
		if !s.authorized(r, rt.surface) {
			return failure(http.StatusUnauthorized, "clerk_key_invalid", "The provided Clerk Secret Key is invalid.", "")
		}
	case surfaceFrontend, surfaceNavigate:
		if known := s.identify(c); !known && rt.surface == surfaceFrontend {
			return failure(http.StatusUnauthorized, "dev_browser_unauthenticated", "The dev browser is not known.", "")
		}
		if rt.surface == surfaceNavigate {
			s.adoptClient(c)
		}
	}
	rep := rt.fn(s, c)
	if c.clientChanged {
		rep.cookies = append(rep.cookies, s.clientCookies(c)...)
	}
	return rep
}

// authorized checks the bearer of a Backend API call.
func (s *Server) authorized(r *http.Request, where surface) bool {
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false
	}
	return constantEqual(bearer, s.secretKey) || (where == surfaceMachine && (constantEqual(bearer, s.machineKey) || s.state.MachineOf(bearer) != nil))
}

// identify finds out which browser is calling: by the dev browser in the query of
// a development instance, else by its cookie. It reports false for a dev browser
// that is presented but unknown.
func (s *Server) identify(c *call) bool {
	id := c.query.Get("__clerk_db_jwt")
	if id == "" && c.form != nil {
		id = c.form.Get("__clerk_db_jwt")
	}
	known := true
	if !s.production && id != "" {
		clientID, ok := s.devBrowsers[id]
		if ok {
			c.devBrowser, c.client = id, s.state.Clients.Get(clientID)
			return true
		}
		known = false
	}
	c.client = s.cookieClient(c.r)
	return known
}

// cookieClient returns the client of a request's cookie, or nil.
func (s *Server) cookieClient(r *http.Request) *store.Client {
	if cookie, err := r.Cookie("__client"); err == nil {
		return s.state.ClientBySecret(cookie.Value)
	}
	return nil
}

// needClient returns the caller's client and makes one if there is none.
func (s *Server) needClient(c *call) *store.Client {
	if c.client == nil {
		c.client = s.state.NewClient()
	}
	if c.devBrowser != "" {
		s.devBrowsers[c.devBrowser] = c.client.ID
	}
	c.clientChanged = true
	return c.client
}

// clientCookies returns what the Frontend API sets on its own host: the client's
// handle and, in production, the time of the last change for the whole site.
func (s *Server) clientCookies(c *call) []string {
	if c.client == nil {
		return nil
	}
	secure, sameSite := "", "; SameSite=Lax"
	if isHTTPS(c.r) {
		secure = "; Secure"
		if !s.production {
			sameSite = "; SameSite=None"
		}
	}
	handle := "__client=" + c.client.Secret + "; Path=/; HttpOnly" + cookieYear + secure + sameSite
	if !s.production {
		return []string{handle}
	}
	domain := ""
	if d := siteDomain(hostname(c.r)); d != "" {
		domain = "; Domain=" + d
	}
	rest := "=" + strconv.FormatInt(s.state.ClientUAT(c.client), 10) + "; Path=/" + domain + cookieYear + secure + "; SameSite=Lax"
	return []string{handle, "__client_uat" + rest, "__client_uat_" + s.suffix + rest}
}

func isHTTPS(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

// hostname is the host that the request is for, without a port.
func hostname(r *http.Request) string {
	u := url.URL{Host: r.Host}
	return strings.ToLower(u.Hostname())
}

// pageOrigin is the origin of the page that made a call, for the claim azp.
// Browsers send no Origin with a GET to the page's own origin, as through a proxy.
func (c *call) pageOrigin() string {
	for _, name := range []string{"Origin", "Clerk-Proxy-Url", "Referer"} {
		if o := originOf(c.r.Header.Get(name)); o != "" {
			return o
		}
	}
	return ""
}

// allowOrigin lets the pages of allowed origins read a Frontend API answer.
func (s *Server) allowOrigin(r *http.Request, rep *reply) {
	if rep.header == nil {
		rep.header = http.Header{}
	}
	rep.header.Set("Cache-Control", "no-store")
	rep.header.Add("Vary", "Origin")
	if o := r.Header.Get("Origin"); o != "" && s.allowedOrigin(o) {
		rep.header.Set("Access-Control-Allow-Origin", o)
		rep.header.Set("Access-Control-Allow-Credentials", "true")
		rep.header.Set("Access-Control-Expose-Headers", "Authorization, Clerk-Db-Jwt, X-Country, Retry-After")
	}
}

// content returns the body of a reply and its type. JSON is application/json
// without parameters: Clerk's own SDK compares the whole header.
func (rep *reply) content() (body []byte, contentType string) {
	switch {
	case rep.json != nil:
		return mustJSON(rep.json), "application/json"
	case rep.contentType != "":
		return rep.html, rep.contentType
	case rep.html != nil:
		return rep.html, "text/html; charset=utf-8"
	default:
		return nil, ""
	}
}

func (rep *reply) writeHeader(h http.Header) {
	maps.Copy(h, rep.header)
	for _, c := range rep.cookies {
		h.Add("Set-Cookie", c)
	}
	if rep.location != "" {
		h.Set("Location", rep.location)
		h.Set("Cache-Control", "no-store")
	}
	h.Set("X-Content-Type-Options", "nosniff")
}

func (rep *reply) write(w http.ResponseWriter) {
	body, contentType := rep.content()
	rep.writeHeader(w.Header())
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.WriteHeader(rep.status)
	_, _ = w.Write(body) //nolint:gosec // JSON, or HTML from html/template. A caller who went away has no use for the error.
}

func ok(v any) reply { return reply{status: http.StatusOK, json: v} }

type apiError struct {
	Code        string         `json:"code"`
	Message     string         `json:"message"`
	LongMessage string         `json:"long_message"`
	Meta        map[string]any `json:"meta"`
}

type apiErrors struct {
	Errors  []apiError `json:"errors"`
	TraceID string     `json:"clerk_trace_id"`
}

// failure is an error in Clerk's envelope. param names the field at fault.
func failure(status int, code, message, param string) reply {
	meta := map[string]any{}
	if param != "" {
		meta["param_name"] = param
	}
	return reply{status: status, json: apiErrors{
		Errors:  []apiError{{Code: code, Message: message, LongMessage: message, Meta: meta}},
		TraceID: newHex(32),
	}}
}

// problem is what a refusal says, or "".
func (rep *reply) problem() string {
	if errs, is := rep.json.(apiErrors); is && len(errs.Errors) > 0 {
		return errs.Errors[0].Code + ": " + errs.Errors[0].Message
	}
	return ""
}

func notFound(what string) reply {
	return failure(http.StatusNotFound, "resource_not_found", what+" not found", "")
}

// decode reads a JSON body into v. An empty body leaves v as it is.
func (c *call) decode(v any) (reply, bool) {
	if len(c.body) == 0 {
		return reply{}, true
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return failure(http.StatusBadRequest, "request_body_invalid", "The request body is not the JSON that is expected here.", ""), false
	}
	return reply{}, true
}

func millis(t time.Time) int64 { return t.UnixMilli() }

// millisOrNull shows the zero time as null.
func millisOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// textOrNull shows an empty text as null.
func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
