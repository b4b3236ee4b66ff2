package core

import (
	"hash/maphash"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
)

// presentation is what a verdict on a request was made of, to notice where it
// changes: a request may be changed in place.
type presentation struct {
	// token says that the token of the Authorization header alone decided, and is the
	// one of the state.
	token bool
	// Of net/http, whose strings stay as they are.
	authorization, cookie string
	// Of other frameworks, whose memory does not.
	sum uint64
}

var presentationSeed = maphash.MakeSeed()

// presentation returns what decided about a request. The usual request of an API
// client costs nothing.
func (ra *RequestAuth) presentation(a *engine.Authentication) presentation {
	if a.IsBearer(ra.state.session) {
		return presentation{token: true}
	}
	return presentationOf(ra.request)
}

func presentationOf(r Request) presentation {
	authorization, cookie := request.Values(r, "Authorization"), request.Values(r, "Cookie")
	if _, ok := r.(request.HTTP); ok {
		return presentation{authorization: strings.Join(authorization, "\n"), cookie: strings.Join(cookie, "\n")}
	}
	var p presentation
	for i, header := range [...][]string{authorization, cookie} {
		for _, value := range header {
			p.sum = p.sum*31 + maphash.String(presentationSeed, value) + uint64(i)
		}
	}
	return p
}

// isFor reports whether ra was attached for r as it is now. A handler may serve
// other requests with the context of its own, and middleware may take credentials
// away before it lets the request through here again.
func (ra *RequestAuth) isFor(r Request) bool {
	if ra.request.Method() != r.Method() || ra.request.Target() != r.Target() || ra.request.Host() != r.Host() {
		return false
	}
	if ra.decidedBy.token {
		return engine.AuthorizationToken(request.Header(r, "Authorization")) == ra.state.Token()
	}
	return ra.decidedBy == presentationOf(r)
}
