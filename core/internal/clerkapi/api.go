// Package clerkapi makes the calls to Clerk's Backend API that requests wait for, and
// tells what came of them. It knows of an instance what a call needs: its keys and the
// address. What a failure means for a request is decided above.
package clerkapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/clerk/clerk-sdk-go/v2"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// Config is what the calls need to know of an instance.
type Config struct {
	// HTTPClient performs the calls; nil means one of our own.
	HTTPClient *http.Client
	// URL is the Backend API's address without the version, Version what is between it
	// and the path.
	URL, Version     string
	SecretKey        string
	MachineSecretKey string // for M2M tokens; empty means SecretKey
	Retry            Retry
	Gate             *Gate // decides which calls are made
}

// API makes calls: through clerk-sdk-go where it has the call, by itself elsewhere, all
// over one transport. Safe for concurrent use.
type API struct {
	client    *http.Client
	base      string // without a trailing slash
	host      string // of base
	version   string
	secretKey string
	retry     Retry
	gate      *Gate

	sdk     clerk.Backend // for versioned paths
	machine clerk.Backend // for M2M verification, without a version
	keys    clerk.Backend // for API key verification, without a version

	machineKey string // of machine; empty means that it cannot ask
}

// New configures the calls for an instance.
func New(c Config) *API {
	a := &API{
		client:    newClient(c.HTTPClient),
		base:      joinedURL(c.URL),
		version:   strings.Trim(c.Version, "/"),
		secretKey: c.SecretKey,
		retry:     c.Retry,
		gate:      c.Gate,
	}
	machineKey := c.MachineSecretKey
	if machineKey == "" {
		machineKey = c.SecretKey
	}
	if at, err := url.Parse(a.base); err == nil {
		a.host = at.Host
	}
	a.sdk = a.backend(a.base+"/"+a.version, c.SecretKey)
	a.machine, a.machineKey = a.backend(a.base, machineKey), machineKey
	a.keys = a.backend(a.base, c.SecretKey)
	return a
}

func (a *API) backend(base, key string) clerk.Backend {
	return clerk.NewBackend(&clerk.BackendConfig{HTTPClient: a.client, URL: &base, Key: &key})
}

// BaseURL is the address of versioned paths, without a slash at its end.
func (a *API) BaseURL() string { return a.base + "/" + a.version }

// BaseURL is [API.BaseURL] of calls with this [Config].
func (c Config) BaseURL() string { return joinedURL(c.URL) + "/" + strings.Trim(c.Version, "/") }

// ApplicationClient is the client of the application's own calls. Its transport's errors
// are [*Failure].
func (a *API) ApplicationClient() *http.Client {
	client := *a.client
	client.Transport = applicationTransport{a, client.Transport}
	return &client
}

// applicationTransport makes calls that no request waits for as far as we know.
type applicationTransport struct {
	api  *API
	base http.RoundTripper
}

// RoundTrip performs one call.
func (t applicationTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.roundTrip(r)
	if failure, ok := errors.AsType[*Failure](err); ok && failure.Refused && r.Body != nil {
		_ = r.Body.Close() // Nobody reads it.
	}
	return resp, err
}

func (t applicationTransport) roundTrip(r *http.Request) (*http.Response, error) {
	c := call{kind: Application, endpoint: t.api.endpointOf(r.Method, r.URL.Path), tries: 1, timeout: CallTimeout}
	if !t.api.gate.config.Gated {
		if failure := t.api.unlessFull(r.Context(), c); failure != nil {
			return nil, failure
		}
		return t.watched(r, c)
	}
	return through(r.Context(), t.api, c, func(ctx context.Context) (*http.Response, error) {
		return t.base.RoundTrip(r.WithContext(ctx))
	})
}

// watched makes a call that nothing keeps back.
func (t applicationTransport) watched(r *http.Request, c call) (*http.Response, error) {
	g := t.api.gate
	if g.config.Call == nil {
		return t.base.RoundTrip(r)
	}
	event := Event{Kind: c.kind, Endpoint: c.endpoint, Host: t.api.host, Attempt: 1}
	ctx, end := g.begin(r.Context(), event)
	began := now()
	resp, err := t.base.RoundTrip(r.WithContext(ctx))
	event.Duration = now().Sub(began)
	event.Outcome, event.Status = outcomeOf(r.Context(), err, event.Duration, c.timeout), http.StatusOK
	if failure, ok := errors.AsType[*Failure](err); ok {
		event.Status = failure.Status
	}
	end(event)
	return resp, err
}

// HasMachineKey reports whether M2M tokens can be asked about.
func (a *API) HasMachineKey() bool { return a.machineKey != "" }

// joinedURL drops trailing and repeated slashes.
func joinedURL(u string) string {
	scheme, rest, found := strings.Cut(u, "://")
	if !found {
		return strings.TrimRight(u, "/")
	}
	for strings.Contains(rest, "//") {
		rest = strings.ReplaceAll(rest, "//", "/")
	}
	return scheme + "://" + strings.TrimRight(rest, "/")
}

// backendRequest is one call. A nil body means GET.
type backendRequest struct {
	path  string // escaped
	query []weburl.Param
	body  any
}

// do performs a call that clerk-sdk-go does not have, and returns the body of its
// 2xx answer. Failures are *Failure.
func (a *API) do(ctx context.Context, r backendRequest) ([]byte, error) {
	method, reader := http.MethodGet, io.Reader(nil)
	if r.body != nil {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r.body); err != nil {
			return nil, &Failure{Cause: errors.New("request body cannot be encoded")}
		}
		method, reader = http.MethodPost, &buf
	}
	target := a.base + r.path
	if r.query != nil {
		target += "?" + weburl.EncodeQuery(r.query)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, reader)
	if err != nil {
		return nil, &Failure{Cause: errors.New("request cannot be built")}
	}
	req.Header.Set("Authorization", "Bearer "+a.secretKey)
	req.Header.Set("Clerk-API-Version", engine.APIVersionDate)
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, asFailure(err)
	}
	defer resp.Body.Close()
	if !isJSON(resp) {
		return []byte("null"), nil // What does not call itself JSON says nothing.
	}
	return io.ReadAll(resp.Body)
}
