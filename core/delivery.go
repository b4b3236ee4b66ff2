package core

import (
	"net/http"
	"slices"
	"strings"
)

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
	native, isNative := h.(http.Header)
	var values []string
	if isNative && len(o.Headers) > 0 {
		values = make([]string, len(o.Headers)) // One allocation for all.
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
	if judges && !explains {
		h.Del(headerAuthMessage) // It explained another verdict.
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

// WriteAbsent gives the answer of a route that does not exist the headers of a
// guard's: otherwise they would tell a hidden route from an absent one. An adapter
// calls it where its framework is about to answer so.
func (ra *RequestAuth) WriteAbsent(h ResponseHeader) {
	if !ra.skipped {
		writePersonal(h, true, varyOfAnswers[:])
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
	var names []string
	for _, value := range h.Values(headerVary) {
		for name := range strings.SplitSeq(value, ",") {
			if name = trimOWS(name); name != "" {
				names = append(names, strings.Clone(name))
			}
		}
	}
	if slices.Contains(names, "*") {
		return
	}
	for _, name := range vary {
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
