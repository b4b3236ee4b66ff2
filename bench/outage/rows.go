package main

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// The pages of every application.
const (
	pathPublic  = "/"          // shows who is signed in
	pathGuarded = "/dashboard" // sends strangers to the sign-in page
	pathScript  = "/api/me"    // refuses strangers
	pathMachine = "/machine"   // wants an API key
	pathUser    = "/user"      // asks Clerk for the current user

	pageSignIn = "/sign-in"
)

// The header fields in which applications say what they have found out.
const (
	headerUser    = "X-Found-User"
	headerUnknown = "X-Identity-Unknown" // "true" where a credential could not be checked
)

// ask is a request to an application.
type ask struct {
	path    string
	script  bool // of a page's script, and not a page load
	bearer  string
	cookies []*http.Cookie
}

// The rows that are judged in a way of their own.
const (
	rowPublicExpired = "public-expired"
	rowUser          = "user"
	rowKids          = "kids"
)

// The longest waits that are wanted: for what needs no call to Clerk, and for what
// does. Both leave room for a busy machine.
const (
	atOnce = 500 * time.Millisecond
	bound  = 2500 * time.Millisecond
)

// row is a kind of request.
type row struct {
	name, title string
	// cold says that the process has just started. In all other rows it has served a
	// signed-in user before, and knows the keys.
	cold bool
	// later is how much time has passed since.
	later time.Duration
	// crowd is how many requests are made at once, instead of one after the other.
	crowd int
	// within is the longest wait that is wanted.
	within time.Duration
	// asks returns what makes the requests, each for one use.
	asks func(s *stage) (func() (ask, error), error)
	// right reports whether an answer is right when Clerk works.
	right func(a answer) bool
	// served says that the answer needs nothing that Clerk could not tell now: 503 is
	// truthful, but not wanted.
	served bool
	// renews says that the answer needs a handshake or a refresh.
	renews bool
}

var rows = []row{
	{
		name: "public", title: "public page, nothing presented", within: atOnce, served: true,
		asks:  same(func(*stage) ask { return ask{path: pathPublic} }),
		right: func(a answer) bool { return a.status == http.StatusOK },
	},
	{
		name: rowPublicExpired, title: "public page, session expired a minute ago", within: bound, served: true, renews: true,
		asks:  same(func(s *stage) ask { return ask{path: pathPublic, cookies: s.cookies(expiry)} }),
		right: isRenewed,
	},
	{name: "known", title: "valid session, keys known", within: atOnce, served: true, asks: valid(pathGuarded), right: isUser},
	{name: "old", title: "valid session, keys 6 min old", within: bound, served: true, later: 6 * time.Minute, asks: valid(pathGuarded), right: isUser},
	{name: "cold", title: "valid session, process just started", within: bound, cold: true, asks: valid(pathGuarded), right: isUser},
	{
		name: "guarded-expired", title: "guarded page, session expired", within: bound, renews: true,
		asks:  same(func(s *stage) ask { return ask{path: pathGuarded, cookies: s.cookies(expiry)} }),
		right: isRenewed,
	},
	{
		name: "script-expired", title: "the same by script", within: bound, renews: true,
		asks:  same(func(s *stage) ask { return ask{path: pathScript, script: true, cookies: s.cookies(expiry)} }),
		right: isUser,
	},
	{
		name: "nonce", title: "back from a handshake with a nonce", within: bound, renews: true,
		asks: func(s *stage) (func() (ask, error), error) {
			return func() (ask, error) {
				cookies, err := s.nonce()
				return ask{path: pathGuarded, cookies: cookies}, err
			}, nil
		},
		right: isUser,
	},
	{
		name: "machine", title: "opaque machine token", within: bound,
		asks: same(func(s *stage) ask {
			return ask{path: pathMachine, script: true, bearer: s.clerk.APIKey(clerktest.MachineToken{Subject: user})}
		}),
		right: isUser,
	},
	{name: rowUser, title: "current user", within: bound, asks: valid(pathUser), right: isUser},
	{
		name: "kids", title: "100 made-up key ids", within: bound, crowd: 100, asks: madeUpKeys,
		right: func(a answer) bool { return a.status >= 400 && a.status < 500 },
	},
}

// expiry is the age of a session that expired a minute ago.
const expiry = 2 * time.Minute

func isUser(a answer) bool { return a.status == http.StatusOK && a.user != "" }

// isRenewed reports whether an expired session was renewed, or is going to be.
func isRenewed(a answer) bool { return isUser(a) || a.to == toHandshake }

// same asks the same again and again.
func same(one func(s *stage) ask) func(s *stage) (func() (ask, error), error) {
	return func(s *stage) (func() (ask, error), error) {
		a := one(s)
		return func() (ask, error) { return a, nil }, nil
	}
}

// valid asks with the cookies of a browser whose session token is fresh each time,
// as clerk-js keeps it.
func valid(path string) func(s *stage) (func() (ask, error), error) {
	return func(s *stage) (func() (ask, error), error) {
		kept := s.cookies(time.Second)
		return func() (ask, error) {
			token := s.clerk.SessionToken(user)
			cookies := make([]*http.Cookie, 0, len(kept))
			for _, c := range kept {
				fresh := *c
				if strings.HasPrefix(c.Name, "__session") {
					fresh.Value = token
				}
				cookies = append(cookies, &fresh)
			}
			return ask{path: path, cookies: cookies}, nil
		}, nil
	}
}

// madeUpKeys asks with tokens that look like the instance's, each with another key
// id that does not exist.
func madeUpKeys(s *stage) (func() (ask, error), error) {
	forger, err := clerktest.OtherKey()
	if err != nil {
		return nil, err
	}
	return func() (ask, error) {
		kid := "ins_" + rand.Text()
		return ask{path: pathScript, script: true, bearer: s.clerk.SessionToken(user, clerktest.SignedWith(forger, kid))}, nil
	}, nil
}

// request makes the HTTP request of an ask.
func (a ask) request(s *stage, addr string) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodGet, "http://"+addr+a.path, http.NoBody) //nolint:noctx // the client's time-out ends it
	if err != nil {
		return nil, err
	}
	req.Host = s.app.Host
	h := req.Header
	h.Set("X-Forwarded-Proto", "https")
	h.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	h.Set("Accept-Language", "en-US,en;q=0.5")
	h.Set("Sec-Fetch-Site", "same-origin")
	if a.script {
		h.Set("Accept", "application/json")
		h.Set("Sec-Fetch-Dest", "empty")
		h.Set("Sec-Fetch-Mode", "cors")
	} else {
		h.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
		h.Set("Sec-Fetch-Dest", "document")
		h.Set("Sec-Fetch-Mode", "navigate")
	}
	if a.bearer != "" {
		h.Set("Authorization", "Bearer "+a.bearer)
	}
	for _, c := range a.cookies {
		req.AddCookie(c)
	}
	return req, nil
}
