package core_test

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"

	"github.com/clerkgo/clerkgo/core/reason"
)

// hint is Clerk's body for a user who has to prove anew who they are.
func hint(level, age string) string {
	return `{"clerk_error":{"type":"forbidden","reason":"reverification-error","metadata":{"reverification":{"level":"` + level + `","afterMinutes":` + age + `}}}}`
}

// TestGuardAsksForReverification is what a guard answers where nothing but a fresh
// verification is missing, and where more is.
func TestGuardAsksForReverification(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	stale := s.SessionToken("user_1", clerktest.FactorAge(90, 2000))
	const notFound, forbidden, redirect = "Not Found", "Forbidden", "Temporary Redirect"
	calls := 0
	counted := core.Where(func(*core.Auth) bool { calls++; return true })
	no := core.Where(func(*core.Auth) bool { return false })
	strict, lax := core.Reverification(core.Strict), core.Reverification(core.Lax)
	old := core.Reverification(core.ReverificationConfig{Level: core.FirstFactor, AfterMinutes: 30})
	fresh := core.Reverification(core.ReverificationConfig{Level: core.FirstFactor, AfterMinutes: 100})
	second := hint("second_factor", "10")
	for _, test := range []struct {
		name  string
		token string // stale where empty
		guard []core.ProtectOption
		want  string // the body for what is no page load, "" for a plain refusal
	}{
		{name: "alone", guard: []core.ProtectOption{strict}, want: second},
		{name: "another preset", guard: []core.ProtectOption{core.Reverification(core.StrictMFA)}, want: hint("multi_factor", "10")},
		{name: "of its own", guard: []core.ProtectOption{core.Reverification(core.ReverificationConfig{Level: core.FirstFactor, AfterMinutes: 0.5})}, want: hint("first_factor", "0.5")},
		{name: "beside what holds", guard: []core.ProtectOption{fresh, strict, counted}, want: second},
		{name: "with a page for the unauthorized", guard: []core.ProtectOption{strict, core.UnauthorizedURL(unauthorizedURL)}, want: second},
		{name: "with a page for the unauthenticated", guard: []core.ProtectOption{strict, core.UnauthenticatedURL(unauthenticatedURL)}, want: second},
		{name: "among accepted machines", guard: []core.ProtectOption{strict, core.AcceptTokens(core.SessionToken, core.APIKey)}, want: second},
		{name: "a token that does not tell", token: s.SessionToken("user_1", clerktest.Claim("fva", nil)), guard: []core.ProtectOption{strict}, want: second},
		{name: "no factors at all", token: s.SessionToken("user_1", clerktest.FactorAge(-1, -1)), guard: []core.ProtectOption{strict}, want: second},
		{name: "no factors at all, however old", token: s.SessionToken("user_1", clerktest.FactorAge(-1, -1)), guard: []core.ProtectOption{core.Reverification(core.ReverificationConfig{Level: core.SecondFactor, AfterMinutes: math.Inf(1)})}, want: hint("second_factor", "null")},
		{name: "two, of which one asks for more", guard: []core.ProtectOption{lax, strict}, want: second},
		{name: "two of one level", guard: []core.ProtectOption{core.Reverification(core.Moderate), lax}, want: hint("second_factor", "60")},
		{name: "two of different levels", guard: []core.ProtectOption{strict, old}, want: hint("multi_factor", "10")},
		{name: "with all factors and one", guard: []core.ProtectOption{old, core.Reverification(core.StrictMFA)}, want: hint("multi_factor", "10")},
		{name: "in AllOf", guard: []core.ProtectOption{core.AllOf(counted, strict)}, want: second},
		{name: "in AnyOf, where nothing else holds", guard: []core.ProtectOption{core.AnyOf(no, core.Role("org:admin"), strict)}, want: second},
		{name: "in AnyOf, the first of two", guard: []core.ProtectOption{core.AnyOf(lax, strict)}, want: hint("second_factor", "1440")},
		{name: "in AnyOf of AllOf", guard: []core.ProtectOption{core.AnyOf(core.AllOf(no, lax), core.AllOf(counted, strict))}, want: second},
		{name: "beside AnyOf that holds", guard: []core.ProtectOption{core.AnyOf(no, fresh), strict}, want: second},

		{name: "a role is missing too", guard: []core.ProtectOption{strict, core.Role("org:admin")}},
		{name: "a role is missing too, asked for first", guard: []core.ProtectOption{core.Role("org:admin"), strict}},
		{name: "a function says no too", guard: []core.ProtectOption{strict, no}},
		{name: "in AllOf, with another that fails", guard: []core.ProtectOption{core.AllOf(strict, no)}},
		{name: "in AnyOf, of AllOf that fail otherwise", guard: []core.ProtectOption{core.AnyOf(core.AllOf(strict, no), no)}},
		{name: "only a role is missing", guard: []core.ProtectOption{fresh, core.Role("org:admin")}},
		{name: "a function that asks itself", guard: []core.ProtectOption{core.Where(func(a *core.Auth) bool { return a.Has(core.Reverification(core.Strict)) })}},
	} {
		t.Run(test.name, func(t *testing.T) {
			token := test.token
			if token == "" {
				token = stale
			}
			for _, variant := range []struct {
				name      string
				request   *request
				apiStatus bool
				page      bool
			}{
				{name: "script", request: get("/p"), page: false},
				{name: "script that posts", request: get("/p", "Sec-Fetch-Dest", "empty").as("POST"), page: false},
				{name: "script with APIStatus", request: get("/p"), apiStatus: true, page: false},
				{name: "page", request: page("/p"), page: true},
				{name: "page with APIStatus", request: page("/p"), apiStatus: true, page: true},
			} {
				o := plain(s)
				o.APIStatus = variant.apiStatus
				variant.request.header.Set("Authorization", "Bearer "+token)
				ra := attach(t, newClerk(t, o), variant.request)
				calls = 0
				got := adapter.Guard("Protect", test.guard...).Check(t.Context(), ra)
				checkRefusal(t, got)
				if calls > 1 {
					t.Errorf("%s: a function was asked %d times", variant.name, calls)
				}
				hasURL := test.name == "with a page for the unauthorized"
				want, body := notFound, ""
				switch {
				case test.want != "" && (!variant.page || variant.apiStatus && !hasURL):
					want, body = forbidden, test.want
				case hasURL:
					want = redirect + " " + unauthorizedURL
				case variant.apiStatus && !variant.page:
					want = forbidden
				}
				if told(got) != want || got.Body != body {
					t.Errorf("%s: got %q with body %s, want %q with %s", variant.name, told(got), got.Body, want, body)
				}
				checkReverification(t, got, test.want, variant.apiStatus)
			}
		})
	}
}

// checkReverification checks what else an outcome says of a reverification; want is
// the body that it has for scripts.
func checkReverification(t *testing.T, o core.Outcome, want string, apiStatus bool) {
	t.Helper()
	if (o.Body == "") != (o.ContentType == "") || o.Body != "" && o.ContentType != "application/json" {
		t.Errorf("got body %q of type %q", o.Body, o.ContentType)
	}
	if noStore := headerOf(o.SetHeaders, "Cache-Control") == "private, no-store"; noStore != (o.Body != "") {
		t.Errorf("got headers %v with body %q", o.SetHeaders, o.Body)
	}
	challenge := headerOf(o.Headers, "WWW-Authenticate")
	if o.Body != "" && apiStatus != (challenge != "") || o.Body == "" && o.Status == http.StatusForbidden && challenge != `Bearer error="insufficient_scope"` {
		t.Errorf("got challenge %q with body %q", challenge, o.Body)
	}
	refusal, ok := o.Refusal()
	if !ok {
		return // Redirects are no refusals of their own.
	}
	config, ok := refusal.Reverification()
	if ok != (want != "") || (refusal.Reason() == reason.Reverification) != ok || refusal.StatusCode() != o.Status {
		t.Errorf("got %d, %q, reverification %v, want one: %v", refusal.StatusCode(), refusal.Reason(), ok, want != "")
	}
	if body, contentType := refusal.Body(); body != o.Body || contentType != o.ContentType {
		t.Errorf("the refusal has body %q of type %q", body, contentType)
	}
	if !ok {
		return
	}
	var parsed struct {
		Error struct {
			Metadata struct {
				Reverification struct {
					Level        core.FactorLevel `json:"level"`
					AfterMinutes *float64         `json:"afterMinutes"`
				} `json:"reverification"`
			} `json:"metadata"`
		} `json:"clerk_error"`
	}
	if err := json.Unmarshal([]byte(want), &parsed); err != nil {
		t.Fatal(err)
	}
	asked := parsed.Error.Metadata.Reverification
	age := math.Inf(1)
	if asked.AfterMinutes != nil {
		age = *asked.AfterMinutes
	}
	if config.Level != asked.Level || config.AfterMinutes != age {
		t.Errorf("got %+v, want %+v", config, asked)
	}
	if !errors.Is(refusal.Err(), core.ErrForbidden) {
		t.Errorf("got %v", refusal.Err())
	}
}

// TestReverificationIsAskedOfUsersOnly shows who is not told that proving anew who
// they are would help, or that there is such a route.
func TestReverificationIsAskedOfUsersOnly(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	all := core.AcceptTokens(core.SessionToken, core.APIKey, core.OAuthToken)
	for name, test := range map[string]struct {
		token string
		guard []core.ProtectOption
		want  string
	}{
		"nobody":             {want: "Not Found"},
		"a pending session":  {token: s.SessionToken("user_1", clerktest.Pending(), clerktest.FactorAge(90, 90)), want: "Not Found"},
		"a user's API key":   {token: s.APIKey(clerktest.MachineToken{Subject: "user_1"}), guard: []core.ProtectOption{all}, want: "Unauthorized"},
		"a user's OAuth JWT": {token: s.OAuthJWT(clerktest.MachineToken{Subject: "user_1"}), guard: []core.ProtectOption{all}, want: `Unauthorized`},
	} {
		r := get("/p")
		if test.token != "" {
			r.header.Set("Authorization", "Bearer "+test.token)
		}
		got := adapter.Guard("Protect", append(test.guard, core.Reverification(core.Strict))...).Check(t.Context(), attach(t, newClerk(t, plain(s)), r))
		refusal, _ := got.Refusal()
		if _, asked := refusal.Reverification(); told(got) != test.want || got.Body != "" || asked {
			t.Errorf("%s: got %q with body %q, reverification %v", name, told(got), got.Body, asked)
		}
	}
}

// TestReverificationChallenge is what clients that are no browsers read (RFC 9470).
func TestReverificationChallenge(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	o := plain(s)
	o.APIStatus = true
	c := newClerk(t, o)
	r := get("/p", "Authorization", "Bearer "+s.SessionToken("user_1", clerktest.FactorAge(-1, -1)))
	for minutes, want := range map[float64]string{10: ", max_age=600", 0.5: ", max_age=30", 0.001: ", max_age=1", math.Inf(1): "", 1e300: ""} {
		guard := adapter.Guard("Protect", core.Reverification(core.ReverificationConfig{Level: core.SecondFactor, AfterMinutes: minutes}))
		got := guard.Check(t.Context(), attach(t, c, r))
		if challenge := headerOf(got.Headers, "WWW-Authenticate"); challenge != `Bearer error="insufficient_user_authentication"`+want {
			t.Errorf("%v minutes: got %q", minutes, challenge)
		}
	}
}
