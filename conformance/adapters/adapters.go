// Package adapters answers conformance cases through the framework adapters: each case is a request
// to a real router of its framework, in process.
package adapters

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"

	"github.com/clerkgo/clerkgo/conformance/answer"
	"github.com/clerkgo/clerkgo/conformance/protocol"
	"github.com/clerkgo/clerkgo/core"

	"github.com/clerkgo/clerkgo/core/reason"
)

// Answer is what an adapter makes of a case.
type Answer struct {
	ID string `json:"id"`
	// HTTP is nil when the options of the case are not valid, and when the answer is not one that a
	// client can read.
	HTTP         *Response `json:"http"`
	Error        string    `json:"error,omitempty"`
	BackendCalls []string  `json:"backendCalls"`
}

// Response is the part of a response that every adapter must agree on.
type Response struct {
	Status  int             `json:"status"`
	Headers [][2]string     `json:"headers"`
	Auth    json.RawMessage `json:"auth"`
}

// site is the application that a case is sent to: the middleware on everything, then one route for
// every path and method.
type site struct {
	clerk *core.Clerk
	// protect is nil for a route without protection.
	protect []core.ProtectOption
	method  string
	tls     bool
}

// server is an application of one framework, ready to serve a connection.
type server func(s site) func(*conn)

// Engine answers cases through one adapter. It is safe for concurrent use. Close it after use.
type Engine struct {
	server server
	api    *answer.Engine
}

// Names lists the adapters.
func Names() []string { return []string{"gin", "echo", "fiber", "echo5", "fiber3", "http"} }

// NewEngine starts an engine for the adapter with the given name.
func NewEngine(name string) (*Engine, error) {
	servers := map[string]server{"gin": serveGin, "echo": serveEcho, "fiber": serveFiber, "echo5": serveEcho5, "fiber3": serveFiber3, "http": serveNetHTTP}
	if servers[name] == nil {
		return nil, fmt.Errorf("adapters: there is no adapter %q, only %s", name, strings.Join(Names(), ", "))
	}
	return &Engine{server: servers[name], api: answer.NewEngine()}, nil
}

// Close stops the engine.
func (e *Engine) Close() { e.api.Close() }

// Answer answers one case. An error means that the case makes no sense.
func (e *Engine) Answer(_ context.Context, c *protocol.Case) (*Answer, error) {
	a := &Answer{ID: c.ID}
	calls, err := e.api.Backend(c, func(o core.Options) error {
		if len(c.Options.AcceptsToken) == 0 {
			o.AcceptsToken = core.TokenChoice{}
		}
		clerk, err := core.New(o)
		if err != nil {
			a.Error = answer.WithoutAddress(err.Error(), o, c)
			return nil
		}
		protect, err := guard(c.Route)
		if err != nil {
			return err
		}
		a.HTTP, err = e.send(site{clerk: clerk, protect: protect, method: c.Request.Method, tls: strings.HasPrefix(c.Request.URL, "https:")}, c)
		if errors.Is(err, errUnreadable) {
			a.Error = err.Error()
			return nil
		}
		if err != nil {
			return err
		}
		for i, header := range a.HTTP.Headers {
			a.HTTP.Headers[i][1] = answer.WithoutAddress(header[1], o, c)
		}
		return nil
	})
	a.BackendCalls = calls
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", c.ID, err)
	}
	return a, nil
}

func (e *Engine) send(s site, c *protocol.Case) (*Response, error) {
	status, header, body, err := exchange(e.server(s), answer.RawRequest(c.Request), c.Request.Method)
	if err != nil {
		return nil, err
	}
	out := &Response{Status: status, Headers: visible(header)}
	if status == http.StatusBadRequest {
		// The server refuses the request. Fiber v3 lets its middleware see it before.
		out.Headers = [][2]string{}
	}
	if status == http.StatusOK && json.Valid(body) {
		out.Auth = bytes.TrimSpace(body)
	}
	return out, nil
}

// addedCacheControl is on refusals, redirects and renewed sessions, where the reference says
// nothing. The table of package adaptertest compares it.
const addedCacheControl = "private, no-store"

// visible keeps the headers that the adapters must agree on.
func visible(header http.Header) [][2]string {
	kept := []string{
		"location", "set-cookie", "cache-control", "access-control-allow-origin", "access-control-allow-credentials", "www-authenticate", "retry-after", "content-security-policy",
	}
	out := [][2]string{}
	for name, values := range header {
		lower := strings.ToLower(name)
		if !slices.Contains(kept, lower) && !strings.HasPrefix(lower, "x-clerk-") {
			continue
		}
		if lower == "cache-control" && header.Get(name) == addedCacheControl {
			continue
		}
		if lower != "set-cookie" {
			values = []string{strings.Join(values, ", ")}
		}
		if lower == "retry-after" {
			values = []string{"soon"} // It differs for each client.
		}
		for _, value := range values {
			out = append(out, [2]string{lower, answer.HeaderText(value)})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i][0] < out[j][0] })
	return out
}

// body is what the route of a site answers to who is let through.
func body(state *core.State, auth *core.Auth) ([]byte, error) {
	if !state.IsSignedIn() || auth.Reason() == reason.UnexpectedError {
		return []byte(protocol.Null), nil
	}
	return answer.AuthObject(auth)
}

// guard turns the demands of a route into options. Nil means a route without protection.
func guard(route *protocol.Route) ([]core.ProtectOption, error) {
	if route == nil || route.Protect == nil {
		return nil, nil
	}
	p := route.Protect
	asked := make(map[string]string)
	for name, text := range map[string]string{"role": p.Role, "permission": p.Permission, "feature": p.Feature, "plan": p.Plan} {
		if text != "" {
			asked[name] = text
		}
	}
	query, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	// What concerns users has no effect on a guard for machines alone, which refuses it.
	machines := p.Tokens != nil && !slices.Contains(p.Tokens, string(core.SessionToken))
	reverification := p.Reverification
	if machines {
		reverification = nil
	}
	requirements, err := answer.Requirements(query, reverification)
	if err != nil {
		return nil, err
	}
	options := []core.ProtectOption{}
	for _, requirement := range requirements {
		options = append(options, requirement)
	}
	if p.Tokens != nil {
		types := make([]core.TokenType, len(p.Tokens))
		for i, name := range p.Tokens {
			types[i] = core.TokenType(name)
		}
		options = append(options, core.AcceptTokens(types...))
	}
	if machines {
		return options, nil
	}
	if p.UnauthorizedURL != "" {
		options = append(options, core.UnauthorizedURL(p.UnauthorizedURL))
	}
	if p.UnauthenticatedURL != "" {
		options = append(options, core.UnauthenticatedURL(p.UnauthenticatedURL))
	}
	return options, nil
}

// errUnreadable is a malformed answer.
var errUnreadable = errors.New("adapters: the answer cannot be read")
