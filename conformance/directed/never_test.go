package directed_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/adapters"
	"github.com/clerkgo/clerkgo/conformance/answer"
	"github.com/clerkgo/clerkgo/conformance/directed"
	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// way is a way to present a token as that of a session.
type way struct {
	name string
	make func(i *directed.Instance, token string) *protocol.Case
}

func ways() []way {
	cookie := func(text func(i *directed.Instance, token string) string) func(*directed.Instance, string) *protocol.Case {
		return func(i *directed.Instance, token string) *protocol.Case {
			return i.Case("forgery", "Cookie", text(i, token))
		}
	}
	directive := func(token string) string { return "__session=" + token + "; Path=/; SameSite=Lax" }
	return []way{
		{name: "as bearer", make: func(i *directed.Instance, token string) *protocol.Case {
			return i.Case("forgery", "Authorization", "Bearer "+token)
		}},
		{name: "in the header as it is", make: func(i *directed.Instance, token string) *protocol.Case {
			return i.Case("forgery", "Authorization", token)
		}},
		{name: "as cookie", make: cookie(func(i *directed.Instance, token string) string { return i.Cookies(token) })},
		{name: "as suffixed cookie", make: cookie(func(i *directed.Instance, token string) string {
			return "__clerk_db_jwt_x=d; " + i.Suffixed("__clerk_db_jwt") + "=d; " + i.Suffixed("__client_uat") + "=5; " + i.Suffixed("__session") + "=" + token
		})},
		{name: "in a handshake token", make: cookie(func(i *directed.Instance, token string) string {
			return "__clerk_handshake=" + i.Handshake(directive(token))
		})},
		{name: "as handshake token", make: func(i *directed.Instance, token string) *protocol.Case {
			c := i.Case("forgery")
			c.Request.URL += "?__clerk_handshake=" + strings.NewReplacer("=", "%3D", " ", "%20", "\t", "%09", "+", "%2B", "{", "%7B", "}", "%7D", `"`, "%22").Replace(token)
			return c
		}},
		{name: "in a handshake payload", make: func(i *directed.Instance, token string) *protocol.Case {
			c := i.Case("forgery", "Cookie", "__clerk_handshake_nonce=n1")
			c.Backend.HandshakePayload = map[string]*protocol.Reply{"n1": directed.Reply(members{"directives": []string{directive(token)}})}
			return c
		}},
		{name: "in the answer to a refresh", make: func(i *directed.Instance, token string) *protocol.Case {
			c := i.Case("forgery", "Cookie", i.Expired(nil))
			c.Backend.Refresh = directed.Refreshed(directive(token))
			return c
		}},
	}
}

// acceptances are the values of the option that says which tokens are accepted. Nil is its absence.
func acceptances() []any {
	return []any{
		nil, "session_token", "api_key", "m2m_token", "oauth_token", "any",
		[]string{},
		[]string{"session_token"},
		[]string{"api_key", "m2m_token", "oauth_token"},
		[]string{"session_token", "api_key", "m2m_token", "oauth_token"},
	}
}

// acceptsSessions reports whether a value of the option lets session tokens in.
func acceptsSessions(accepts any) bool {
	text := string(directed.JSON(accepts))
	return accepts == nil || text == `"any"` || strings.Contains(text, "session_token")
}

// attempt is a token, presented in a way to an application that accepts some tokens.
type attempt struct {
	forgery forgery
	way     way
	accepts any
	pem     bool
	c       *protocol.Case
}

func (a *attempt) String() string {
	keys := "fetched keys"
	if a.pem {
		keys = "a configured key"
	}
	return fmt.Sprintf("%s, %s, accepting %s, with %s", a.forgery.name, a.way.name, directed.JSON(a.accepts), keys)
}

func newAttempt(i *directed.Instance, f forgery, w way, accepts any, pem bool) attempt {
	a := attempt{f, w, accepts, pem, w.make(i, f.token)}
	if f.name == "a foreign azp" {
		a.c.Options.AuthorizedParties = []string{"https://app.example.com"} // Tokens of machines have no azp to check.
	}
	if accepts != nil {
		a.c.Options.AcceptsToken = directed.JSON(accepts)
	}
	if pem {
		key := i.Key.PEM()
		a.c.Options.JWTKey = &key
	}
	return a
}

// named reports whether a forgery is one of those that the project promises never to accept: they
// are tried with every option everywhere.
func (f *forgery) named() bool {
	return slices.Contains([]string{
		`alg "none" without signature`, "HS256 with the PEM", "another instance's key under the same kid", "an M2M token", "an OAuth token", "a template token", "an M2M token with = appended",
		"an M2M token without category with = appended", "SUB instead of sub", "no exp", "RFC 7515 A.2",
	}, f.name)
}

// attempts are all forgeries in all ways. The named ones are tried with every option, with the
// others the options vary.
func attempts(i *directed.Instance, list []forgery) []attempt {
	var all []attempt
	for at, f := range list {
		for turn, w := range ways() {
			if f.name == "a handshake token" && w.name == "as handshake token" {
				continue // There it is genuine, and brings no session.
			}
			options := acceptances()
			if !f.named() {
				options = []any{"any", options[(at+turn)%len(options)]}
			}
			for _, accepts := range options {
				all = append(all, newAttempt(i, f, w, accepts, false))
			}
			if !f.withPEM {
				all = append(all, newAttempt(i, f, w, "any", true))
			}
		}
	}
	return all
}

func concurrently[T any](list []T, do func(*T)) {
	next := make(chan *T)
	var workers sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for one := range next {
				do(one)
			}
		})
	}
	for at := range list {
		next <- &list[at]
	}
	close(next)
	workers.Wait()
}

// person reports whether an Auth is that of a person with a session, or of anybody if machines do
// not count either.
func person(t *testing.T, auth json.RawMessage, machines bool) bool {
	t.Helper()
	if len(auth) == 0 || string(auth) == protocol.Null {
		return false
	}
	var members struct {
		TokenType string `json:"tokenType"`
		SessionID string `json:"sessionId"`
	}
	if err := json.Unmarshal(auth, &members); err != nil {
		t.Error(err)
	}
	return !machines || members.TokenType == "session_token" || members.SessionID != ""
}

func TestForgeriesNeverSignInThroughCore(t *testing.T) {
	t.Parallel()
	for _, production := range []bool{true, false} {
		t.Run(fmt.Sprint("production ", production), func(t *testing.T) {
			t.Parallel()
			i := newInstance(t)
			i.Production = production
			engine := answer.NewEngine()
			defer engine.Close()
			list := attempts(i, forgeries(t, i))
			concurrently(list, func(a *attempt) {
				got, err := engine.Answer(t.Context(), a.c)
				if err != nil {
					t.Error(err)
					return
				}
				if got.Status == signedIn && (got.AuthError != "" || person(t, got.Auth, a.forgery.machine)) {
					t.Errorf("%s: signs in as %s", a, got.Auth)
				}
				// On development instances a handshake token that does not verify is an error, as
				// in the reference.
				if got.Status == "error" && (production || a.way.name != "as handshake token") {
					t.Errorf("%s: got the error %q", a, textOf(got.Error))
				}
			})
			t.Log(len(list), "attempts")
		})
	}
}

func TestForgeriesNeverSignInThroughTheAdapters(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	list := attempts(i, forgeries(t, i))
	for _, framework := range adapters.Names() {
		t.Run(framework, func(t *testing.T) {
			t.Parallel()
			engine, err := adapters.NewEngine(framework)
			if err != nil {
				t.Fatal(err)
			}
			defer engine.Close()
			concurrently(list, func(a *attempt) {
				// The options that leave the choice to guards meet one; the others show who they
				// let in.
				c := *a.c
				guarded := a.accepts == nil || string(directed.JSON(a.accepts)) == `"any"`
				if guarded {
					c.Route = &protocol.Route{Protect: new(protocol.Protect)}
				}
				got, err := engine.Answer(t.Context(), &c)
				switch {
				case err != nil:
					t.Error(err)
				case got.HTTP == nil:
					t.Errorf("%s: got no answer: %s", a, got.Error)
				case guarded && got.HTTP.Status == http.StatusOK || person(t, got.HTTP.Auth, a.forgery.machine):
					t.Errorf("%s: got %d for %s", a, got.HTTP.Status, got.HTTP.Auth)
				}
			})
			t.Log(len(list), "attempts")
		})
	}
}

// TestGenuineTokensSignIn shows that each way works: with a genuine token it signs in.
func TestGenuineTokensSignIn(t *testing.T) {
	t.Parallel()
	engine := answer.NewEngine()
	t.Cleanup(engine.Close)
	for _, production := range []bool{true, false} {
		i := newInstance(t)
		i.Production = production
		for _, w := range ways() {
			for _, accepts := range acceptances() {
				for _, pem := range []bool{false, true} {
					if w.name == "as handshake token" {
						continue
					}
					a := newAttempt(i, forgery{name: "a genuine session token", token: i.Session(nil, nil)}, w, accepts, pem)
					got, err := engine.Answer(t.Context(), a.c)
					if err != nil {
						t.Fatal(err)
					}
					if ok := got.Status == signedIn && person(t, got.Auth, false); ok != acceptsSessions(accepts) {
						t.Errorf("%s, production %v: got %s %q", &a, production, got.Status, textOf(got.Reason))
					}
				}
			}
		}
		for token, kind := range map[string]string{i.M2M(nil, nil): "m2m_token", i.OAuth(nil, nil): "oauth_token"} {
			a := newAttempt(i, forgery{name: "a genuine " + kind, token: token}, ways()[0], kind, false)
			got, err := engine.Answer(t.Context(), a.c)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != signedIn || textOf(got.TokenType) != kind {
				t.Errorf("%s: got %s %q", &a, got.Status, textOf(got.Reason))
			}
		}
	}
}

func TestGenuineTokensSignInThroughTheAdapters(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	for _, framework := range adapters.Names() {
		engine, err := adapters.NewEngine(framework)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(engine.Close)
		for _, w := range ways() {
			if w.name == "as handshake token" {
				continue
			}
			a := newAttempt(i, forgery{name: "a genuine session token", token: i.Session(nil, nil)}, w, nil, false)
			a.c.Route = &protocol.Route{Protect: new(protocol.Protect)}
			got, err := engine.Answer(t.Context(), a.c)
			if err != nil {
				t.Fatal(err)
			}
			if got.HTTP == nil || got.HTTP.Status != http.StatusOK || !person(t, got.HTTP.Auth, false) {
				t.Errorf("%s: %s: got %+v", framework, &a, got.HTTP)
			}
		}
	}
}

// TestThePublishedKeySignsNobodyIn makes the key of RFC 7515, appendix A.2, the instance's: its
// token is then signed correctly, and still is no session, not even at the time that it was made
// for.
func TestThePublishedKeySignsNobodyIn(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	engine := answer.NewEngine()
	t.Cleanup(engine.Close)
	for _, now := range []int64{directed.Now, 1300819000} {
		for _, w := range ways() {
			for _, accepts := range acceptances() {
				a := newAttempt(i, forgery{name: "RFC 7515 A.2", token: rfcRS256}, w, accepts, false)
				a.c.Now = now * 1000
				key := members{"kty": "RSA", "use": "sig", "alg": "RS256", "n": rfcModulus, "e": "AQAB"}
				a.c.Backend.JWKS = directed.Reply(members{"keys": []any{key, key.With(members{"kid": ""}), i.Key.JWK()}})
				got, err := engine.Answer(t.Context(), a.c)
				if err != nil {
					t.Fatal(err)
				}
				if got.Status == signedIn {
					t.Errorf("%s: signs in as %s", &a, got.Auth)
				}
			}
		}
	}
}
