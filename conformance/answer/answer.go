package answer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"sort"
	"strings"

	"github.com/clerkgo/clerkgo/conformance/protocol"
	"github.com/clerkgo/clerkgo/core"

	"github.com/clerkgo/clerkgo/core/reason"
)

// Engine answers cases. It is safe for concurrent use. Close it after use.
type Engine struct {
	backend *backend
}

// NewEngine starts the loopback server that plays the Backend API of every case.
func NewEngine() *Engine { return &Engine{backend: newBackend()} }

// Close stops the loopback server.
func (e *Engine) Close() { e.server().Close() }

func (e *Engine) server() *httptest.Server { return e.backend.server }

// Answer answers one case. An error means that the case makes no sense, not that the request was
// refused.
func (e *Engine) Answer(ctx context.Context, c *protocol.Case) (*protocol.Answer, error) {
	a := &protocol.Answer{ID: c.ID, Status: "error", Headers: [][2]string{}}
	calls, err := e.Backend(c, func(o core.Options) error {
		return answerTo(ctx, a, c, o)
	})
	a.BackendCalls = calls
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", c.ID, err)
	}
	return a, nil
}

// Backend calls use with the options of the case while the canned Backend API of the case is there,
// and returns the calls that it received.
func (e *Engine) Backend(c *protocol.Case, use func(core.Options) error) ([]string, error) {
	api := e.backend.open(c.Backend)
	o, err := options(c, api.address)
	if err == nil {
		err = use(o)
	}
	return e.backend.shut(api), err
}

func answerTo(ctx context.Context, a *protocol.Answer, c *protocol.Case, o core.Options) error {
	clean := func(text string) string { return WithoutAddress(text, o, c) }
	clerk, err := core.New(o)
	if err != nil {
		a.Error = new(clean(err.Error()))
		return nil
	}
	ra, _ := core.Adapter{Name: "answer"}.Attach(ctx, clerk, core.FromHTTP(httpRequest(c.Request)))
	state := ra.State()
	if err := state.Err(); err != nil {
		a.Error = new(clean(err.Error()))
		return nil
	}
	a.Status = string(state.Status())
	if state.Status() != core.StatusSignedIn {
		a.Reason, a.Message = new(string(state.Reason())), new(clean(state.Message()))
	}
	a.Headers = headers(state.Headers(), clean)
	if tokenType := state.TokenType(); tokenType != "" {
		a.TokenType = new(string(tokenType))
	}
	if token := state.Token(); token != "" {
		a.Token = &token
	}
	if err := addAuth(a, state, c.Has); err != nil {
		return err
	}
	if c.Redirect != nil {
		return addRedirects(a, ra, c.Redirect)
	}
	return nil
}

// WithoutAddress replaces the address of the case's canned Backend API in a text, which would
// differ from run to run.
func WithoutAddress(text string, o core.Options, c *protocol.Case) string {
	return strings.ReplaceAll(text, strings.TrimSuffix(o.APIURL, c.Options.APIURL), "{{API}}")
}

// headers renders headers as the reference does: names in lower case and sorted, one entry for each
// name but for cookies, which keep one each.
func headers(list []core.Header, clean func(string) string) [][2]string {
	out := [][2]string{}
	at := make(map[string]int)
	for _, header := range list {
		name, value := strings.ToLower(header.Name), clean(HeaderText(header.Value))
		if i, ok := at[name]; ok && name != "set-cookie" {
			out[i][1] += ", " + value
			continue
		}
		at[name] = len(out)
		out = append(out, [2]string{name, value})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i][0] < out[j][0] })
	return out
}

func addAuth(a *protocol.Answer, state *core.State, queries []json.RawMessage) error {
	if state.Status() == core.StatusHandshake {
		return nil
	}
	auth := state.Auth()
	if state.IsSignedIn() {
		if auth.Reason() == reason.UnexpectedError {
			a.AuthError = "the claims cannot be understood"
			return nil
		}
		var err error
		if a.Auth, err = AuthObject(auth); err != nil {
			return err
		}
		if auth.TokenType == core.OAuthToken && auth.Actor != nil {
			if a.Act, err = json.Marshal(actor(auth.Actor)); err != nil {
				return err
			}
		}
		if auth.SessionStatus == "pending" {
			if a.AuthPending, err = AuthObject(state.Auth(core.PendingAsSignedIn)); err != nil {
				return err
			}
		}
	}
	for _, query := range queries {
		ok, err := has(auth, query)
		if err != nil {
			return err
		}
		a.Has = append(a.Has, ok)
	}
	return nil
}

func addRedirects(a *protocol.Answer, ra *core.RequestAuth, redirect *protocol.Redirect) error {
	var back core.RedirectOption
	var text *string
	switch raw := redirect.ReturnBackURL; {
	case len(raw) == 0:
		back = core.ReturnBackURL("")
	case string(raw) == protocol.Null:
		back = core.NoReturnBackURL
	default:
		if err := json.Unmarshal(raw, &text); err != nil {
			return fmt.Errorf("answer: returnBackUrl: %w", err)
		}
		back = core.ReturnBackURL(*text)
	}
	a.RedirectToSignIn = redirectTo(ra.SignInURL(back))
	a.RedirectToSignUp = redirectTo(ra.SignUpURL(back))
	return nil
}

func redirectTo(target string, err error) *string {
	if err != nil {
		return new("!throws")
	}
	return &target
}
