package core

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What a request is answered that could not be checked.

// Clients are asked to come back after this time at least, and at most this one before it
// is spread.
const (
	shortestWait = 5 * time.Second
	longestWait  = time.Minute
)

// comeBack returns after how many seconds a client should ask again: when Clerk asks to,
// within bounds, and somewhat later, each client at another time. Those who wait together
// must not come back together.
func comeBack(err error) int {
	wait := shortestWait
	if failure, ok := errors.AsType[*BackendError](err); ok {
		wait = min(max(failure.RetryAfter, shortestWait), longestWait)
	}
	spread := max(wait/2, 2*shortestWait)
	wait += rand.N(spread + 1) //nolint:gosec // spreads load; nothing depends on its secrecy
	return int((wait + time.Second - 1) / time.Second)
}

// uncheckedAnswer answers a request that could not be checked: a page load with a page
// that tries again by itself, everything else with JSON in the shape of Clerk's errors.
func (ra *RequestAuth) uncheckedAnswer(failure *Error, isPage bool) Outcome {
	seconds := comeBack(failure)
	o := Outcome{
		kind: deliverAnswer, page: isPage, Status: http.StatusServiceUnavailable,
		Headers: []Header{{headerRetryAfter, strconv.Itoa(seconds)}}, Err: failure,
	}
	if method := ra.request.Method(); isPage {
		o.Body, o.ContentType, o.policy = waitingPage(seconds, method == http.MethodGet), "text/html; charset=utf-8", waitingPolicy
	} else {
		o.Body, o.ContentType = uncheckedJSON(failure, seconds), "application/json" // Exactly: Clerk's SDKs compare it.
	}
	if ra.request.Method() == http.MethodHead {
		o.Body = ""
	}
	return o
}

// uncheckedState is why a guard cannot tell who makes a request.
func uncheckedState(s *State) *Error {
	return &Error{
		class: ErrUnavailable, status: http.StatusServiceUnavailable, reason: s.reason,
		message: "the credential could not be checked", cause: s.Unavailable(),
	}
}

// Unavailable returns how the request is answered where its handler failed with an error
// that matches [ErrUnavailable], such as one of [RequestAuth.CurrentUser]: as by a guard
// that could not check a credential, 503 with Retry-After and a page or Clerk's JSON. ok
// is false for every other error. Adapters of frameworks whose handlers return errors ask
// it before the handler of their request has ended.
func (ra *RequestAuth) Unavailable(err error) (outcome Outcome, ok bool) {
	if err == nil || !errors.Is(err, ErrUnavailable) {
		return Outcome{}, false
	}
	failure := AsError(err)
	if failure == nil || failure.class != ErrUnavailable { //nolint:errorlint // identity is the point
		failure = &Error{class: ErrUnavailable, status: http.StatusServiceUnavailable, message: "Clerk could not be asked", cause: err}
	}
	return ra.uncheckedAnswer(failure, ra.isPageRequest()), true
}

// uncheckedJSON is the answer for programs. The code is the reason, where there is one.
func uncheckedJSON(failure *Error, seconds int) string {
	code := string(failure.reason)
	if code == "" {
		code = "service_unavailable"
	}
	body, err := json.Marshal(map[string][]BackendErrorItem{"errors": {{
		Code:    code,
		Message: "The sign-in service cannot be reached",
		LongMessage: "Who makes this request could not be checked just now. That does not mean that nobody is signed in: " +
			"send it again in " + strconv.Itoa(seconds) + " seconds.",
	}}})
	if err != nil {
		return "" // Texts can always be encoded.
	}
	return string(body)
}

// waitingPage is the page for people. It loads itself again, at the same address, so that
// a handshake's nonce in it is tried again; what a form sent is not sent again. It needs
// no script, nothing from elsewhere, and reads well without its style too, which a policy
// may forbid.
func waitingPage(seconds int, again bool) string {
	const (
		head = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
`
		body = `<title>The sign-in service cannot be reached</title>
<style>` + waitingStyle + `</style>
</head>
<body>
<main>
<h1>The sign-in service cannot be reached</h1>
<p>This page needs to know who you are, and that cannot be checked just now. It does not mean that you are signed out.</p>
`
		end = `</main>
</body>
</html>
`
	)
	if !again {
		return head + body + "<p>Please wait a moment, then go back and try again.</p>\n" + end
	}
	wait := strconv.Itoa(seconds)
	return head + `<meta http-equiv="refresh" content="` + wait + "\">\n" + body +
		"<p>The page tries again by itself in " + wait + ` seconds. <a href="">Try again now</a></p>` + "\n" + end
}

const waitingStyle = `:root{color-scheme:light dark}body{margin:0;font:1.125rem/1.6 system-ui,sans-serif}` +
	`main{max-width:34rem;margin:12vh auto;padding:0 1.25rem}h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.3}`

// waitingPolicy is the Content-Security-Policy of that page.
var waitingPolicy = func() string {
	sum := sha256.Sum256([]byte(waitingStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}()

// WriteBodyHeaders writes the headers that belong to Body into a response: its media
// type, and for a page of core's own a Content-Security-Policy for just that page, which
// keeps who may frame it. Adapters call it where they write Body, and not where an
// application's own handler of refusals answers.
func (o Outcome) WriteBodyHeaders(h ResponseHeader) {
	if o.ContentType != "" {
		h.Set("Content-Type", o.ContentType)
	}
	if o.policy == "" {
		return
	}
	var framers []string
	for _, given := range h.Values(headerCSP) {
		for directive := range strings.FieldsFuncSeq(given, func(c rune) bool { return c == ';' || c == ',' }) {
			if directive = strings.TrimSpace(directive); len(directive) > len(frameAncestors) && strings.EqualFold(directive[:len(frameAncestors)], frameAncestors) {
				framers = append(framers, strings.Clone(directive))
			}
		}
	}
	h.Set(headerCSP, o.policy)
	for _, directive := range framers {
		h.Add(headerCSP, directive) // Of several policies, all count.
	}
	h.Del(headerCSPReportOnly)
}

const frameAncestors = "frame-ancestors "
