package core

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/loglimit"
	"github.com/clerkgo/clerkgo/core/internal/request"
)

// delivery is how an outcome is delivered.
type delivery uint8

const (
	deliverNext   delivery = iota // the request goes on
	deliverAnswer                 // Status, Headers and Body
	deliverAbsent                 // the framework's page for a route that does not exist
	deliverFault                  // the framework's handling of internal errors
)

// Outcome is what is to be done with a request. The zero value lets it go on. An
// adapter delivers it:
//
//   - one that is [Outcome.Allowed] goes on, its headers are added to the response;
//   - one that [Outcome.IsAbsent] is answered with the framework's own page for a route
//     that does not exist;
//   - one that [Outcome.IsFault] is handed, as Err, to the framework's handling of
//     internal errors;
//   - every other is answered with Status and Body.
//
// In each case [Outcome.WriteHeaders] comes first, and an application's own handler of
// refusals ([Outcome.Refusal]) before the last three.
type Outcome struct {
	kind delivery
	page bool // the request that is refused is a page load
	// Status is the HTTP status, 0 where the request goes on.
	Status int
	// Headers are for the response: see [Outcome.WriteHeaders]. They may be shared: do
	// not change them.
	Headers []Header
	// SetHeaders are to be set on the response, replacing what it has of that name.
	// They are shared: do not change them.
	SetHeaders []Header
	// Body is the body of the answer, usually empty.
	Body string
	// ContentType is the media type of Body, empty without one. It is no header, so
	// that an application's own answer to a refusal can have another.
	ContentType string
	policy      string // the Content-Security-Policy of Body: see [Outcome.WriteBodyHeaders]
	room        *room  // for the values of Headers; nil without
	// Err says why a guard refused the request, or why it failed, for logs. It is nil
	// where the request goes on and for redirects that nobody's refusal caused.
	Err *Error
}

// Allowed reports whether the request goes on.
func (o Outcome) Allowed() bool { return o.kind == deliverNext }

// IsAbsent reports whether the request is answered as one for a route that does not
// exist.
func (o Outcome) IsAbsent() bool { return o.kind == deliverAbsent }

// IsFault reports whether the request cannot be answered for a fault of the
// application's.
func (o Outcome) IsFault() bool { return o.kind == deliverFault }

// with adds headers in front of an outcome's own.
func (o Outcome) with(headers []Header) Outcome {
	o.Headers = slices.Concat(headers, o.Headers)
	return o
}

// serverError is the outcome of a request that cannot be answered.
func serverError(err error) Outcome {
	failure := AsError(err)
	if failure == nil {
		failure = &Error{class: ErrConfiguration, message: "internal error", cause: err}
	}
	return Outcome{kind: deliverFault, Status: http.StatusInternalServerError, Err: failure}
}

// ResponseHeader is the header of a response. [http.Header] is one; adapters of
// frameworks that are not on net/http make one.
type ResponseHeader interface {
	// Values returns the values of a header. They are read at once and not kept.
	Values(name string) []string
	// Add adds a value, Set replaces all, Del removes all.
	Add(name, value string)
	Set(name, value string)
	Del(name string)
}

// WriteHeaders writes the headers of an outcome into a response that other
// middleware may have written to. A header that may occur once, such as Location or
// Cache-Control, replaces what is there; Set-Cookie and WWW-Authenticate are added;
// where an application's own CORS middleware has decided who may read the response,
// that stands.
//
// An answer that depends on who asks says so: what refuses, redirects or renews a
// session goes with Cache-Control (private, no-store, unless it has one) and with
// Vary, which keeps the names that it has.
func (o Outcome) WriteHeaders(h ResponseHeader) {
	if o.kind != deliverNext || len(o.Headers) > 0 || len(o.SetHeaders) > 0 {
		o.writeHeaders(h) // Apart, so that the usual case costs no copy of o.
	}
}

func (o Outcome) writeHeaders(h ResponseHeader) {
	native, isNative := h.(http.Header)
	var values []string
	if isNative && len(o.Headers) > 0 {
		values = o.room.strings(len(o.Headers)) // One allocation for all, or none.
	}
	judges, explains, cookies, cached, corsDone := false, false, false, false, false
	for _, header := range o.Headers {
		switch header.Name {
		case headerAuthStatus:
			judges = true
		case headerAuthMessage:
			explains = true
		case headerSetCookie:
			cookies = true
		case headerCacheControl:
			cached = true
		case headerACAO:
			corsDone = len(h.Values(headerACAO)) > 0
		}
	}
	switch {
	case !judges || explains:
	case isNative:
		delete(native, headerAuthMessage) // It explained another verdict.
	default:
		h.Del(headerAuthMessage)
	}
	for i, header := range o.Headers {
		name := canonicalName(header.Name)
		add := false
		switch header.Name {
		case headerSetCookie, headerWWWAuthenticate:
			add = true
		case headerAuthReason:
			add = !judges // A guard adds its reason to that of the state.
		case headerACAO, headerACAC:
			if corsDone {
				continue
			}
		}
		switch {
		case !isNative && add:
			h.Add(name, header.Value)
		case !isNative:
			h.Set(name, header.Value)
		case add && native[name] != nil:
			native[name] = append(native[name], header.Value)
		default:
			values[i] = header.Value
			native[name] = values[i : i+1 : i+1]
		}
	}
	switch {
	case o.Status != 0:
		writePersonal(h, !cached, varyOfAnswers[:])
	case cookies:
		writePersonal(h, !cached, varyOfSessions[:])
	}
	for _, header := range o.SetHeaders {
		h.Set(header.Name, header.Value)
	}
}

// personalOnly is the Cache-Control of answers that are for one client at one time.
const personalOnly = "private, no-store"

// What answers depend on: who asks, and for those of guards whether a page is
// loaded. Forwarded headers are left out, because what sets them stands between
// caches and this server.
var (
	varyOfSessions = [...]string{"Authorization", "Cookie"}
	varyOfAnswers  = [...]string{"Authorization", "Cookie", "Accept", "Sec-Fetch-Dest"}
)

func writePersonal(h ResponseHeader, cacheControl bool, vary []string) {
	if cacheControl {
		h.Set(headerCacheControl, personalOnly)
	}
	addVary(h, vary)
}

// addVary adds names to a Vary header, which keeps those that it has.
func addVary(h ResponseHeader, vary []string) {
	var names []string
	for _, value := range h.Values(headerVary) {
		for name := range strings.SplitSeq(value, ",") {
			if name = request.TrimOWS(name); name != "" {
				names = append(names, strings.Clone(name))
			}
		}
	}
	if slices.Contains(names, "*") {
		return
	}
	for _, name := range vary {
		if name = request.TrimOWS(name); name == "" {
			continue
		}
		if !slices.ContainsFunc(names, func(have string) bool { return strings.EqualFold(have, name) }) {
			names = append(names, name)
		}
	}
	h.Set(headerVary, strings.Join(names, ", "))
}

// canonicalName is [http.CanonicalHeaderKey], without the work for the names that
// responses usually have.
func canonicalName(name string) string {
	switch name {
	case headerAuthReason, headerAuthStatus, headerAuthMessage, headerSetCookie, headerLocation:
		return name
	}
	return http.CanonicalHeaderKey(name)
}

// faults are those of [applicationFault] that were logged.
var faults loglimit.Limit

// applicationFault is the outcome of a request that fails for a fault of the application's
// own, such as a guard without the middleware. The fault is logged: the client
// must not see it, and not every framework would show it to the developer. Strangers can
// cause it over and over: each is logged once a minute.
func applicationFault(err error) Outcome {
	now := time.Now() //nolint:forbidigo // no instance is known, and so no clock
	if leftOut, ok := faults.Allow(err.Error(), now); ok {
		slog.Default().Error(faultText, faultArgs(err, leftOut)...)
	}
	return serverError(err)
}

const faultText = "core: request failed"

func faultArgs(err error, leftOut int) []any {
	args := []any{"error", err}
	if leftOut > 0 {
		args = append(args, "repeated", leftOut)
	}
	return args
}

// bareRefusal is a refusal without a body.
func bareRefusal(status int, failure *Error, headers ...Header) Outcome {
	failure.status = status
	return Outcome{kind: deliverAnswer, Status: status, Err: failure, Headers: slices.Clone(headers)}
}
