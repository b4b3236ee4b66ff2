package doctor

import (
	"context"
	"net/http"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// ForgedHost is the public host that a visitor claims who tries whether that is believed.
const ForgedHost = "doctor.invalid"

// maxHops bounds the redirects that a visitor follows: to https, to another spelling of the
// host, to a start page.
const maxHops = 4

// Seen is what a visitor of a page found.
type Seen struct {
	Page   weburl.URL // that answered: where redirects of the application's own led
	Status int
	// Back is where the application would have the browser come back to: its own address, as
	// it sees it. IsSent says that it sends the browser anywhere.
	Back   weburl.URL
	IsSent bool
	// Handshake is the Frontend API's endpoint that the browser is sent to, without its query;
	// "" where it is sent elsewhere.
	Handshake string
	// Attached says that the middleware was at work, and AuthReason what it said.
	Attached   bool
	AuthReason string
	Err        error
}

// Visit loads a page like a browser that was signed in once: its cookie makes the middleware
// ask Clerk about it, so that the application names its own address. Nothing in the request is
// a credential.
func (a *Asker) Visit(ctx context.Context, page weburl.URL, suffix string, forge bool) Seen {
	header := http.Header{
		"Accept": {"text/html"}, "Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Site": {"none"},
		"Cookie": {engine.CookieClientUAT + "=1; " + engine.CookieClientUAT + "_" + suffix + "=1"},
	}
	if forge {
		header[request.HeaderForwardedHost] = []string{ForgedHost}
	}
	seen := Seen{Page: page}
	for range maxHops {
		answer := a.Ask(ctx, seen.Page.String(), header)
		if seen.Status, seen.Err = answer.Status, answer.Err; answer.Err != nil {
			return seen
		}
		seen.AuthReason = strings.Map(inReason, answer.Header.Get("X-Clerk-Auth-Reason"))
		seen.Attached = answer.Header.Get("X-Clerk-Auth-Status") != ""
		if answer.Status < 300 || answer.Status > 399 {
			return seen
		}
		location, err := seen.Page.Resolve(answer.Header.Get("Location"))
		if err != nil || !location.IsHTTP() {
			return seen
		}
		if back, ok := backFrom(location); ok {
			seen.Back, seen.IsSent = back, true
			if place, _, _ := strings.Cut(location.String(), "?"); strings.HasSuffix(place, "/v1/client/handshake") {
				seen.Handshake = place
			}
			return seen
		}
		if seen.Attached || !related(location.Hostname(), seen.Page.Hostname()) {
			return seen
		}
		seen.Page = location
	}
	return seen
}

// backFrom is where a browser comes back to from a handshake, from a sign-in page or from
// a primary domain.
func backFrom(location weburl.URL) (back weburl.URL, ok bool) {
	for _, name := range [...]string{"redirect_url", engine.QueryRedirectURL} {
		if value, found := weburl.QueryParam(location.Query(), name); found {
			if back, err := weburl.Parse(value); err == nil && back.IsHTTP() {
				return back, true
			}
		}
	}
	return weburl.URL{}, false
}

// related reports whether a host is another, or one is below the other.
func related(x, y string) bool {
	return x == y || strings.HasSuffix(x, "."+y) || strings.HasSuffix(y, "."+x)
}

// inReason drops what no reason holds: anybody may have written the header.
func inReason(r rune) rune {
	if r == '-' || r == '_' || r == ' ' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
		return r
	}
	return -1
}
