package demo

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// mended is how long a switch that concerns everybody stays on, if nobody turns it off.
const mended = 2 * time.Minute

// skewed is how far the application's clock is wrong.
const skewed = -10 * time.Minute

// probeInterval is how often the application looks whether Clerk is there, while something
// fails. The default is five seconds, for which nobody wants to wait here.
const probeInterval = 250 * time.Millisecond

// switches are what is broken just now, and what was seen when it was.
type switches struct {
	mu     sync.Mutex
	late   bool   // the clock is wrong
	repair func() // brings Clerk back
	timer  *time.Timer
	name   string // of the switch that was used last
	seen   []seen
}

// seen is what the application answered while something was broken.
type seen struct{ What, Answer, Explained string }

// fault is something that can be broken.
type fault struct {
	Name, Title, Button, Text, Sees string
	Everybody, On                   bool
	Seen                            []seen
}

var faults = []fault{
	{
		Name: "expire", Title: "Expire the token", Button: "Expire it",
		Text: "A session token lives a minute. This browser gets one that is ten minutes old.",
		Sees: "A page load goes to Clerk and back and has a fresh token: nobody notices. A script's call is answered as signed out, and asks for a fresh token.",
	},
	{
		Name: "forge", Title: "Forge a signature", Button: "Forge it",
		Text: "This browser gets Ada's token with one claim changed: it says that Ada is somebody else.",
		Sees: "The visitor is signed out, whatever the claims say. If your users are signed in, somebody is trying.",
	},
	{
		Name: "swap", Title: "Swap the key", Button: "Swap it",
		Text: "This browser gets a token of another instance, Initech's: what happens where two instances' keys are mixed up.",
		Sees: "The visitor is signed out, and the explanation names the mistake instead of a silent loop.",
	},
	{
		Name: "skew", Title: "Skew the clock", Button: "Turn it back", Everybody: true,
		Text: "The clock of this application goes ten minutes slow: every token comes from the future.",
		Sees: "Development stops the redirect loop with a page that says why; in production, visitors are signed out.",
	},
	{
		Name: "down", Title: "Take Clerk down", Button: "Take it down", Everybody: true,
		Text: "Every call to Clerk is answered 503, the sign-in page included.",
		Sees: "Whoever has a good token stays signed in, because the keys are remembered. Who needs a fresh one gets a page that tries again, and is never called signed out.",
	},
}

// breaking is what /break shows.
type breaking struct {
	Faults    []fault
	Broken    bool
	Decisions []decision
}

func (b *switches) skew() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.late {
		return skewed
	}
	return 0
}

// Break shows what can be broken. It stands outside the middleware, because it must work
// while everything else does not.
func (s *Site) Break(v Visit) Answer {
	b := &s.broken
	b.mu.Lock()
	data := breaking{Faults: append([]fault(nil), faults...), Broken: b.late || b.repair != nil}
	for i := range data.Faults {
		f := &data.Faults[i]
		f.On = f.Name == "skew" && b.late || f.Name == "down" && b.repair != nil
		if f.Name == b.name {
			f.Seen = b.seen
		}
	}
	b.mu.Unlock()
	data.Decisions = s.decisions.recent()
	return s.page(v, "break", "Break it", data)
}

// BreakSwitch turns a switch on, tries what it does, and shows that.
func (s *Site) BreakSwitch(v Visit) Answer {
	name := strings.Clone(v.Value("switch"))
	if s.clerk == nil {
		return s.Break(v).refused(http.StatusConflict, "Only the built-in Clerk can be broken.")
	}
	// What follows should meet an application that has its keys and has met the Frontend
	// API, as a running one has.
	expired := s.clerk.SessionToken("user_ada", clerktest.IssuedAt(s.clerk.Clock().Now().Add(skewed)))
	s.try(v.Context, "", s.goodToken(), true)
	s.try(v.Context, "", expired, true)
	token, answer := s.goodToken(), redirect("/break#"+name)
	switch name {
	case "expire":
		token = expired
	case "forge":
		token = forge(token)
	case "swap":
		token = s.second.SessionToken("user_peter")
	case "skew":
		s.broken.turn(func(b *switches) { b.late = true })
	case "down":
		repair := s.clerk.Inject("", clerktest.Fault{Status: http.StatusServiceUnavailable})
		s.broken.turn(func(b *switches) { b.repair = repair })
		select { // Until the application looks again whether Clerk is there.
		case <-time.After(2 * probeInterval):
		case <-v.Context.Done():
		}
	case "undo":
		s.broken.mend()
		answer = redirect("/break?done=undone")
		answer.Header.Set("Set-Cookie", s.sessionCookie("", -1))
		return answer
	default:
		return s.Break(v).refused(http.StatusNotFound, "There is no such switch.")
	}
	if name == "expire" || name == "forge" || name == "swap" {
		answer.Header.Set("Set-Cookie", s.sessionCookie(token, 0))
	}
	found := []seen{s.try(v.Context, "A page load", token, true), s.try(v.Context, "A script's call", token, false)}
	if name == "down" {
		found = append(found, s.try(v.Context, "A page load with an expired token", expired, true))
	}
	s.broken.mu.Lock()
	s.broken.name, s.broken.seen = name, found
	s.broken.mu.Unlock()
	return answer
}

// turn switches something on for everybody, for a while.
func (b *switches) turn(on func(*switches)) {
	b.mend()
	b.mu.Lock()
	defer b.mu.Unlock()
	on(b)
	b.timer = time.AfterFunc(mended, b.mend)
}

// mend switches everything off.
func (b *switches) mend() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.repair != nil {
		b.repair()
	}
	if b.timer != nil {
		b.timer.Stop()
	}
	b.late, b.repair, b.timer, b.name, b.seen = false, nil, nil, "", nil
}

func (s *Site) goodToken() string {
	return s.clerk.SessionToken("user_ada", clerktest.InOrganization("acme"))
}

// forge changes a claim and leaves the signature as it was.
func forge(token string) string {
	parts := strings.Split(token, ".")
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return token
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(claims), "user_ada", "user_eve", 1)))
	return strings.Join(parts, ".")
}

// sessionCookie is the cookie that holds this instance's session token, as browsers'
// scripts set it.
func (s *Site) sessionCookie(token string, maxAge int) string {
	c := http.Cookie{Name: "__session_" + s.clerk.CookieSuffix(), Value: token, Path: "/", SameSite: http.SameSiteLaxMode, MaxAge: maxAge}
	return c.String()
}

// try asks the application as a browser with a token would, and has core explain what it
// makes of the same request.
func (s *Site) try(ctx context.Context, what, token string, page bool) seen {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	path, suffix := "/api/me", s.clerk.CookieSuffix()
	if page {
		path = "/dashboard"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, http.NoBody)
	if err != nil {
		return seen{What: what, Answer: err.Error()}
	}
	req.Header.Set("Sec-Fetch-Dest", "empty")
	if page {
		req.Header.Set("Sec-Fetch-Dest", "document")
		req.Header.Set("Accept", "text/html")
	}
	long := s.clerk.Clock().Now().Add(-time.Hour).Unix() // Since when the browser says that it is signed in.
	req.Header.Set("Cookie", fmt.Sprintf("__session_%[1]s=%[2]s; __client_uat_%[1]s=%[3]d; __client_uat=%[3]d; __clerk_db_jwt_%[1]s=dvb_probe; __clerk_db_jwt=dvb_probe", suffix, token, long))
	res, err := s.local.Do(req)
	if err != nil {
		return seen{What: what, Answer: err.Error()}
	}
	defer res.Body.Close()
	answer := strconv.Itoa(res.StatusCode) + " " + http.StatusText(res.StatusCode)
	if location := res.Header.Get("Location"); strings.HasPrefix(location, s.clerk.URL()) {
		answer += ", to Clerk"
	}
	req.RemoteAddr = "127.0.0.1:1"
	return seen{what, answer, core.Explain(s.prober.Authenticate(ctx, core.FromHTTP(req)))}
}
