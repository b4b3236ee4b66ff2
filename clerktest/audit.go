package clerktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// Route is a route of an application, as its router lists it.
type Route struct {
	// Method is the route's method.
	Method string
	// Path is the route's path in the syntax of its framework.
	Path string
}

// Routes makes the list of routes that [Audit] takes from a router's own:
//
//	clerktest.Routes(r.Routes(), func(x gin.RouteInfo) (string, string) { return x.Method, x.Path })
//	clerktest.Routes(e.Routes(), func(x *echo.Route) (string, string) { return x.Method, x.Path })
//	clerktest.Routes(e.Router().Routes(), func(x echo.RouteInfo) (string, string) { return x.Method, x.Path }) // Echo v5
//	clerktest.Routes(app.GetRoutes(true), func(x fiber.Route) (string, string) { return x.Method, x.Path })
//
// Fiber's GetRoutes, of v3 as of v2, lists middleware as well, unless it is told not to. chi lists its
// routes one by one, to the function that chi.Walk gets. An [http.ServeMux] does not
// list its patterns: register them from a list, and see [MuxPattern].
func Routes[T any](registered []T, route func(T) (method, path string)) []Route {
	routes := make([]Route, 0, len(registered))
	for _, r := range registered {
		method, path := route(r)
		routes = append(routes, Route{Method: method, Path: path})
	}
	return routes
}

// MuxPattern is how [Routes] reads the patterns that are registered with an
// [http.ServeMux]:
//
//	clerktest.Routes([]string{"GET /items/{id}", "/admin/"}, clerktest.MuxPattern)
//
// A pattern without a method is audited for GET. The host of one that has a host is left
// out: [AuditRequest] sets it.
func MuxPattern(pattern string) (method, path string) {
	method, path = http.MethodGet, pattern
	if i := strings.IndexAny(pattern, " \t"); i >= 0 {
		method, path = pattern[:i], strings.TrimLeft(pattern[i:], " \t")
	}
	if i := strings.IndexByte(path, '/'); i > 0 {
		path = path[i:]
	}
	return method, path
}

// Access is who gets past the guards of a route.
type Access uint8

// The kinds of access.
const (
	// Open means that the application itself answered a signed-out caller, or that
	// nothing proves a guard to have done so.
	Open Access = iota
	// Protected means that a guard of Clerk's answered every signed-out caller.
	Protected
)

// String returns "open" or "protected".
func (a Access) String() string {
	if a == Protected {
		return "protected"
	}
	return "open"
}

// Audited is what a route did with signed-out callers.
type Audited struct {
	Route
	// Access sums both callers up: Protected only if both were refused, and got nothing else.
	Access Access
	// WentOn says that a guard inside of the handler refused a caller, and that the handler went on:
	// it ignored what Require returned.
	WentOn bool
	// Browser and API are the answers to a page load and to a call of a program, in
	// words.
	Browser, API string
}

// AuditReport is the result of [Audit], in the order of the routes.
type AuditReport []Audited

// AuditOption changes how [Audit] calls routes.
type AuditOption func(*audit)

// AuditValue is what [Audit] puts into a route's parameter of this name, where
// the value that it makes up ("1", mostly) leads nowhere.
func AuditValue(parameter, value string) AuditOption {
	return func(a *audit) { a.values[parameter] = value }
}

// AuditRequest changes each request before it is sent: to give it a host or a
// header that the application asks for before any guard, such as a CSRF token.
// It must not sign the caller in.
func AuditRequest(change func(*http.Request)) AuditOption {
	return func(a *audit) { a.change = change }
}

// AuditOnRefuse says that the application answers refusals itself, with an adapter's OnRefuse: a
// body behind a 401 is no sign that a handler went on then.
func AuditOnRefuse() AuditOption { return func(a *audit) { a.ownBodies = true } }

// Audit calls every route of an application as two callers who are signed out, a
// browser that loads a page and a program that calls an API, and reports who got
// past the guards. app answers a request as the application does: a router's
// ServeHTTP with a recorder, or Fiber's app.Test. The application's middleware
// must use s, which must not be a production instance.
//
// A route counts as protected only where the answer carries a mark that guards of
// package core leave on responses of development instances, never because of its
// status alone: an application has 401, 403 and 404 of its own.
//
//	| answer                                   | mark                                       |
//	|------------------------------------------|--------------------------------------------|
//	| 303, 307 to sign in, UnauthenticatedURL  | X-Clerk-Redirect-To                        |
//	| 404                                      | X-Clerk-Auth-Reason: protect-rewrite       |
//	| 401 of a route for machines              | the instance's challenge, when called      |
//	|                                          | again with an OAuth token that is unknown  |
//	| 401 with Options.APIStatus               | Bearer, and the browser's mark             |
//
// Everything else is open: 2xx of course, and 403, 404 or 500 of the application's
// own. So is a route whose handler goes on after Require has refused, because what it
// writes is sent with the refusal: a body behind a redirect or a 401, which a guard leaves
// empty, or behind net/http's and Gin's text for 404. An OnRefuse of the application's own
// that writes a body for 401 looks the same: [AuditOnRefuse] tells the audit of it. So is a guard's 400, for a path that can be read in several ways, and 503,
// for a token that cannot be checked, which callers without a token do not get. A
// guard that the audit cannot recognise, because a handler of OnRefuse removes its
// headers, say, shows as open too: errors are on the safe side.
//
// Audit calls handlers that are open, with made-up parameters and empty bodies:
// give it an application that can bear it.
func Audit(s *Server, app func(*http.Request) (*http.Response, error), routes []Route, opts ...AuditOption) (AuditReport, error) {
	if s.production {
		return nil, errors.New("clerktest: guards of production instances leave no marks: audit the application with a development instance")
	}
	a := &audit{app: app, issuer: s.Issuer(), values: map[string]string{}, change: func(*http.Request) {}}
	for _, opt := range opts {
		opt(a)
	}
	report := make(AuditReport, 0, len(routes))
	for _, route := range routes {
		if strings.HasPrefix(route.Method, "echo_") {
			continue // Echo's own, for what is not found.
		}
		audited, err := a.route(route)
		if err != nil {
			return nil, fmt.Errorf("clerktest: %s %s: %w", route.Method, route.Path, err)
		}
		report = append(report, audited)
	}
	return report, nil
}

// Check fails the test for each open route that is not listed in public, and for
// each entry of public that is no route, or is protected: a list that claims more
// than the application does misleads its readers. An entry is a path as it is
// registered, for all of its methods, or a method, a space and a path. The
// failure shows the whole report.
func (r AuditReport) Check(tb testing.TB, public ...string) {
	tb.Helper()
	if faults := r.faults(public); len(faults) > 0 {
		tb.Errorf("%s\n\n%s", strings.Join(faults, "\n"), r)
	}
}

// faults lists where the report and the list of public routes differ.
func (r AuditReport) faults(public []string) []string {
	var faults []string
	for _, route := range r {
		name := route.Method + " " + route.Path
		if route.Access == Open && !slices.Contains(public, route.Path) && !slices.Contains(public, name) {
			why := r.siblings(route)
			if route.WentOn {
				why = ": " + goesOn
			}
			faults = append(faults, name+" is open and not listed as public"+why)
		}
	}
	for _, entry := range public {
		var found, open bool
		for _, route := range r {
			if entry == route.Path || entry == route.Method+" "+route.Path {
				found, open = true, open || route.Access == Open
			}
		}
		switch {
		case !found:
			faults = append(faults, entry+" is listed as public and is no route")
		case !open:
			faults = append(faults, entry+" is listed as public and is protected")
		}
	}
	return faults
}

// goesOn says why a route is open whose handler ignores what a guard in it says.
const goesOn = "the handler went on after Require refused"

// siblings names the methods for which the path of an open route is protected.
func (r AuditReport) siblings(open Audited) string {
	var methods []string
	for _, route := range r {
		if route.Path == open.Path && route.Access == Protected {
			methods = append(methods, route.Method)
		}
	}
	if len(methods) == 0 {
		return ""
	}
	return ", although the path is protected for " + strings.Join(methods, ", ")
}

// String returns the report as a table.
func (r AuditReport) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { _, _ = io.WriteString(w, strings.Join(cells, "\t")+"\n") } // A Builder does not fail.
	row("METHOD", "PATH", "ACCESS", "BROWSER", "API")
	for _, route := range r {
		access := route.Access.String()
		switch {
		case route.WentOn:
			access = "open (" + goesOn + ")"
		case route.Access == Open && r.siblings(route) != "":
			access = "open (other methods are protected)"
		}
		row(route.Method, route.Path, access, route.Browser, route.API)
	}
	_ = w.Flush() // Nor does this.
	return b.String()
}

// audit calls the routes of one application.
type audit struct {
	app    func(*http.Request) (*http.Response, error)
	issuer string
	values map[string]string
	change func(*http.Request)

	ownBodies bool // of 401
}

// route calls a route as each caller.
func (a *audit) route(route Route) (Audited, error) {
	audited := Audited{Route: route}
	target := a.target(route.Path)
	browser, err := a.call(route.Method, target,
		"Sec-Fetch-Dest", "document", "Accept", "text/html", "Cookie", "__clerk_db_jwt=dvb_clerktest_audit")
	if err != nil {
		return audited, err
	}
	api, err := a.call(route.Method, target, "Accept", "application/json")
	if err != nil {
		return audited, err
	}
	if browser.status == http.StatusUnauthorized || api.status == http.StatusUnauthorized {
		machine, err := a.call(route.Method, target, "Accept", "application/json", "Authorization", "Bearer oat_clerktest_audit")
		if err != nil {
			return audited, err
		}
		if machine.status == http.StatusUnauthorized && strings.Contains(machine.challenge, a.issuer+"/") {
			browser.guarded = browser.guarded || browser.status == http.StatusUnauthorized
			api.guarded = api.guarded || api.status == http.StatusUnauthorized
		}
	}
	audited.WentOn = browser.wentOn() || api.wentOn()
	if browser.guarded && api.guarded && !audited.WentOn {
		audited.Access = Protected
	}
	audited.Browser, audited.API = browser.String(), api.String()
	return audited, nil
}

// auditReply is what the audit needs of a response.
type auditReply struct {
	status    int
	guarded   bool // a mark proves that a guard refused
	more      bool // than a guard would write
	location  string
	challenge string
}

// wentOn reports whether a handler went on after a guard in it had refused.
func (r auditReply) wentOn() bool { return r.guarded && r.more }

// String says what was answered.
func (r auditReply) String() string {
	text := fmt.Sprintf("%d %s", r.status, http.StatusText(r.status))
	if r.location != "" {
		path, _, _ := strings.Cut(r.location, "?")
		text += " to " + path
	}
	switch {
	case r.wentOn():
		return text + ", guard, then the handler"
	case r.guarded:
		return text + ", guard"
	}
	return text + ", application"
}

const (
	// absentText is what net/http and Gin write for a route that is absent, and so for one that a
	// guard hides. With Echo and Fiber, handlers that go on answer something else than 404.
	absentText = "404 page not found"
	// maxRefusal is more than that.
	maxRefusal = 64
)

// call sends a request of a caller who is signed out.
func (a *audit) call(method, target string, headers ...string) (auditReply, error) {
	r, err := http.NewRequestWithContext(context.Background(), method, "http://localhost"+target, http.NoBody)
	if err != nil {
		return auditReply{}, err
	}
	r.RequestURI, r.RemoteAddr = target, "127.0.0.1:40000"
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a.change(r)
	resp, err := a.app(r)
	if err != nil {
		return auditReply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal)) // No more: it may be an endless stream.
	if err != nil {
		return auditReply{}, err
	}
	h := resp.Header
	answer := auditReply{status: resp.StatusCode, location: h.Get("Location"), challenge: strings.Join(h.Values("WWW-Authenticate"), ", ")}
	switch resp.StatusCode {
	case http.StatusTemporaryRedirect, http.StatusSeeOther:
		answer.guarded = h.Get("X-Clerk-Redirect-To") == "true"
		answer.more = len(body) > 0
	case http.StatusNotFound:
		answer.guarded = slices.Contains(h.Values("X-Clerk-Auth-Reason"), "protect-rewrite")
		rest, isAbsent := strings.CutPrefix(string(body), absentText)
		answer.more = isAbsent && strings.TrimSpace(rest) != ""
	case http.StatusUnauthorized:
		answer.more = len(body) > 0 && !a.ownBodies
	}
	return answer, nil
}
