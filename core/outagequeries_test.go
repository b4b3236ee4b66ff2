package core_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core/token"
)

// queryKind is a kind of request.
type queryKind struct {
	name   string
	script bool
	// needsNothing says that the answer needs nothing of Clerk's.
	needsNothing bool
	// needsBackend says that the Backend API has to be asked in calm times.
	needsBackend bool
	// right is the answer when Clerk works; alsoRight are others.
	right     string
	alsoRight []string
	make      func(s *simulation) *query
	// may lists what may be answered when Clerk does not work.
	may func(s *simulation, a *query, got *reply) []string
}

// always may be answered whatever happens.
func always(words ...string) func(*simulation, *query, *reply) []string {
	return func(*simulation, *query, *reply) []string { return words }
}

// judged is the page where the key is known; otherwise it may also be something else.
func judged(otherwise string) func(*simulation, *query, *reply) []string {
	return func(_ *simulation, a *query, got *reply) []string {
		if got.knows(a.kid) {
			return []string{isPage}
		}
		if !got.before.kids[a.kid] && !got.after.kids[a.kid] {
			return []string{otherwise}
		}
		return []string{isPage, otherwise}
	}
}

var kinds = []*queryKind{
	{
		name: "public page, nothing presented", needsNothing: true, right: isAnonymous, may: always(isAnonymous),
		make: func(s *simulation) *query { return s.page("/") },
	},
	{
		name: "guarded page, signed out", needsNothing: true, right: isSignIn, may: always(isSignIn),
		make: func(s *simulation) *query { return s.page("/guarded") },
	},
	{
		name: "public page, valid session", right: isPage, may: judged(isUnknown),
		make: func(s *simulation) *query { return s.page("/").with(s.validToken(), "") },
	},
	{
		name: "guarded page, valid session", right: isPage, may: judged(isBusy),
		make: func(s *simulation) *query { return s.page("/guarded").with(s.validToken(), "") },
	},
	{
		name: "script, valid session", script: true, right: isPage, may: judged(isBusy),
		make: func(s *simulation) *query { return s.scriptOf("/guarded").bearer(s.validToken()) },
	},
	{
		name: "current user", needsBackend: true, script: true, right: isPage, may: always(isPage, isBusy),
		make: func(s *simulation) *query { return s.scriptOf("/user").bearer(s.validToken()) },
	},
	{
		name: "public page, session expired", needsBackend: true, right: isPage, may: always(isPage, isUnknown, isHandshake),
		make: func(s *simulation) *query { return s.page("/").with(s.expiredToken(), s.user()) },
	},
	{
		name: "guarded page, session expired", needsBackend: true, right: isPage, may: always(isPage, isBusy, isHandshake),
		make: func(s *simulation) *query { return s.page("/guarded").with(s.expiredToken(), s.user()) },
	},
	{
		name: "script, session expired", needsBackend: true, script: true, right: isPage, may: always(isPage, isBusy),
		make: func(s *simulation) *query { return s.scriptOf("/guarded").with(s.expiredToken(), s.user()) },
	},
	{
		name: "guarded page, session expired, no refresh token", right: isHandshake, may: always(isBusy, isHandshake),
		make: func(s *simulation) *query { return s.page("/guarded").with(s.expiredToken(), "") },
	},
	{
		name: "guarded page, no session in a signed-in browser", right: isHandshake, may: always(isBusy, isHandshake),
		make: func(s *simulation) *query { return s.page("/guarded").with(tokenMade{}, "") },
	},
	{
		name: "back from a handshake", needsBackend: true, right: isPage, may: always(isPage, isBusy),
		make: func(s *simulation) *query {
			nonce := fmt.Sprintf("nonce%d", s.rng.Uint64())
			s.clerk.mu.Lock()
			s.clerk.nonces[nonce] = s.user()
			s.clerk.mu.Unlock()
			a := s.page("/guarded").with(tokenMade{}, "")
			a.request.AddCookie(&http.Cookie{Name: "__clerk_handshake_nonce", Value: nonce})
			return a
		},
	},
	{
		name: "API key", needsBackend: true, script: true, right: isPage, may: always(isPage, isBusy),
		make: func(s *simulation) *query {
			key := fmt.Sprintf("ak_%d", s.rng.Uint64())
			s.clerk.mu.Lock()
			s.clerk.apiKeys[key] = true
			s.clerk.mu.Unlock()
			return s.scriptOf("/machine").bearer(tokenMade{text: key})
		},
	},
	{
		name: "made-up API key", needsBackend: true, script: true, right: isRefused,
		make: func(s *simulation) *query {
			return s.scriptOf("/machine").bearer(tokenMade{text: fmt.Sprintf("ak_%d", s.rng.Uint64())})
		},
		may: func(s *simulation, _ *query, got *reply) []string {
			if s.isKnownDown(backendAPI, got.from, got.to) {
				return []string{isBusy}
			}
			return []string{isBusy, isRefused}
		},
	},
	{
		name: "made-up key id", needsBackend: true, script: true, right: isAbsent, alsoRight: []string{isBusy},
		make: func(s *simulation) *query {
			forger, err := clerktest.OtherKey()
			if err != nil {
				s.t.Fatal(err)
			}
			kid := fmt.Sprintf("ins_%d", s.rng.Uint64())
			a := s.scriptOf("/guarded").bearer(tokenMade{text: s.clerk.server.SessionToken("user_forged", clerktest.SignedWith(forger, kid)), kid: kid})
			a.issued = time.Now().Truncate(time.Second)
			return a
		},
		may: func(_ *simulation, a *query, got *reply) []string {
			if got.after.at.Before(a.issued) {
				return []string{isBusy} // The key may be a new one.
			}
			return []string{isBusy, isAbsent}
		},
	},
	{
		name: "forged with a key id that exists", script: true, right: isAbsent,
		make: func(s *simulation) *query {
			made := s.validToken()
			made.text = made.text[:len(made.text)-8] + "AAAAAAAA"
			return s.scriptOf("/guarded").bearer(made)
		},
		may: func(_ *simulation, a *query, got *reply) []string {
			if got.knows(a.kid) {
				return []string{isAbsent}
			}
			return []string{isAbsent, isBusy}
		},
	},
	{
		name: "a key that was withdrawn, or will be", script: true, make: (*simulation).oldToken,
		may: func(_ *simulation, a *query, got *reply) []string {
			age := got.from.Sub(got.before.at)
			switch {
			case a.kid == "":
				return []string{isPage, isBusy} // No key was replaced yet.
			case got.knows(a.kid):
				return []string{isPage}
			case got.after.kids[a.kid], got.before.kids[a.kid] && age < token.DefaultTTL:
				return []string{isPage, isBusy, isAbsent}
			}
			return []string{isBusy, isAbsent}
		},
	},
}

func (s *simulation) user() string { return fmt.Sprintf("user_%d", s.rng.IntN(4)) }

func (s *simulation) query(path string) *query {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Host = "app.example.test"
	r.RemoteAddr = fmt.Sprintf("198.18.%d.%d:4711", s.rng.IntN(256), s.rng.IntN(256))
	r.Header.Set("X-Forwarded-Proto", "https")
	return &query{request: r, suffix: s.clerk.server.CookieSuffix()}
}

func (s *simulation) page(path string) *query {
	a := s.query(path)
	a.request.Header.Set("Accept", "text/html")
	a.request.Header.Set("Sec-Fetch-Dest", "document")
	return a
}

func (s *simulation) scriptOf(path string) *query {
	a := s.query(path)
	a.request.Header.Set("Accept", "application/json")
	a.request.Header.Set("Sec-Fetch-Dest", "empty")
	return a
}

// with adds the cookies of a browser: a session token, or none, and the refresh token
// of a user, or none.
func (a *query) with(made tokenMade, refresh string) *query {
	add := func(name, value string) { a.request.AddCookie(&http.Cookie{Name: name, Value: value}) }
	uat := fmt.Sprint(simulationUAT)
	add("__client_uat", uat)
	add("__client_uat_"+a.suffix, uat)
	if made.text != "" {
		add("__session", made.text)
		add("__session_"+a.suffix, made.text)
		a.kid = made.kid
	}
	if refresh != "" {
		add("__refresh_"+a.suffix, refresh)
	}
	return a
}

func (a *query) bearer(made tokenMade) *query {
	a.request.Header.Set("Authorization", "Bearer "+made.text)
	a.kid = made.kid
	return a
}

// simulationUAT is when the browsers signed in: long ago.
const simulationUAT = 1

// token returns a session token that is younger than most, or makes one.
func (s *simulation) token(kind string, most time.Duration, opts ...clerktest.TokenOption) tokenMade {
	made, ok := s.fresh[kind]
	if !ok || time.Since(made.at) > most {
		made = tokenMade{s.clerk.server.SessionToken("user_1", opts...), time.Now(), s.clerk.server.KeyID()}
		s.fresh[kind] = made
	}
	return made
}

// validToken is one that clerk-js has renewed lately.
func (s *simulation) validToken() tokenMade { return s.token("valid", 50*time.Second) }

// expiredToken is one that expired a minute ago or somewhat longer.
func (s *simulation) expiredToken() tokenMade {
	return s.token("expired", 10*time.Minute, clerktest.IssuedAt(time.Now().Add(-2*time.Minute)))
}

// oldToken has not expired, and its key was replaced, and perhaps withdrawn.
func (s *simulation) oldToken() *query {
	if text, ok := s.lifelong[s.old]; ok {
		return s.scriptOf("/guarded").bearer(tokenMade{text: text, kid: s.old})
	}
	return s.scriptOf("/guarded").bearer(tokenMade{text: s.validToken().text})
}
