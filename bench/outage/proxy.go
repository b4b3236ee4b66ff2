package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// fault is one way in which Clerk fails.
type fault struct {
	name, title string
	// atOnce says that a call fails at once, and does not keep its caller waiting.
	atOnce bool
	// refused closes the listeners instead of answering.
	refused bool
	// answer answers a call in the fault's way, or reports false to let it pass. It
	// is nil for calm times.
	answer func(p *faultProxy, w http.ResponseWriter, r *http.Request) bool
}

const (
	slowness     = 3 * time.Second
	retryAfter   = "5" // seconds
	trickleEvery = 250 * time.Millisecond
)

// calm is how Clerk is when it works.
var calm = fault{name: "calm", title: "calm times", atOnce: true}

// faults in the order in which they are shown.
var faults = []fault{
	{name: "500", title: "500", atOnce: true, answer: func(_ *faultProxy, w http.ResponseWriter, _ *http.Request) bool {
		return fail(w, http.StatusInternalServerError, "internal_clerk_error")
	}},
	{name: "429", title: "429 with Retry-After", atOnce: true, answer: func(_ *faultProxy, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", retryAfter)
		return fail(w, http.StatusTooManyRequests, "too_many_requests")
	}},
	{name: "refused", title: "refused", atOnce: true, refused: true},
	{name: "half", title: "half of the calls fail", atOnce: true, answer: func(p *faultProxy, w http.ResponseWriter, _ *http.Request) bool {
		return p.toss() && fail(w, http.StatusServiceUnavailable, "service_unavailable")
	}},
	{name: "renewal", title: "handshake and refresh fail", atOnce: true, answer: func(_ *faultProxy, w http.ResponseWriter, r *http.Request) bool {
		return isRenewal(r.URL.Path) && fail(w, http.StatusInternalServerError, "internal_clerk_error")
	}},
	{name: "hang", title: "accepts and hangs", answer: func(_ *faultProxy, _ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	}},
	{name: "trickle", title: "trickles", answer: trickle},
	{name: "slow", title: "slow by 3 s", answer: func(_ *faultProxy, _ http.ResponseWriter, r *http.Request) bool {
		return !pause(r.Context(), slowness)
	}},
}

// isRenewal reports whether a path is one by which a browser's session is renewed.
func isRenewal(path string) bool {
	return strings.HasSuffix(path, "/client/handshake") || strings.HasSuffix(path, "/clients/handshake_payload") ||
		strings.Contains(path, "/sessions/") && strings.HasSuffix(path, "/refresh")
}

// fail answers in the shape of Clerk's errors.
func fail(w http.ResponseWriter, status int, code string) bool {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errors":[{"message":"a fault","long_message":"A fault of the comparison.","code":%q}],"clerk_trace_id":"trace"}`, code)
	return true
}

// trickle sends a body that begins and does not end.
func trickle(_ *faultProxy, w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w)
	for {
		if _, err := io.WriteString(w, " "); err != nil || flush.Flush() != nil || !pause(r.Context(), trickleEvery) {
			return true
		}
	}
}

// pause waits, and reports false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// faultProxy stands between an application and its Clerk, as Backend API and as
// Frontend API.
type faultProxy struct {
	backend, frontend *gate

	mu    sync.Mutex
	fault fault
	coin  *rand.Rand
}

// gate is a listener that can be closed and opened again.
type gate struct {
	addr    string
	handler http.Handler
	server  *http.Server // nil while it is closed
}

// newFaultProxy starts a proxy in front of the instance at target, whose Frontend
// API has the name frontendAPI.
func newFaultProxy(target, frontendAPI string, seed uint64) (*faultProxy, error) {
	to, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	p := &faultProxy{fault: calm, coin: rand.New(rand.NewPCG(seed, 0))}
	transport := &http.Transport{MaxIdleConnsPerHost: 4}
	pass := func(host string) http.Handler {
		forward := &httputil.ReverseProxy{
			Transport:    transport,
			Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = host },
			ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // the caller gave up
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if f := p.current(); f.answer == nil || !f.answer(p, w, r) {
				forward.ServeHTTP(w, r)
			}
		})
	}
	p.backend, p.frontend = &gate{handler: pass(to.Host)}, &gate{handler: pass(frontendAPI)}
	if err := errors.Join(p.backend.open(), p.frontend.open()); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// meet makes the proxy fail in a fault's way from now on. Calls that hang go on
// hanging.
func (p *faultProxy) meet(f fault) error {
	p.mu.Lock()
	p.fault = f
	p.mu.Unlock()
	if f.refused {
		p.close()
		return nil
	}
	return errors.Join(p.backend.open(), p.frontend.open())
}

func (p *faultProxy) current() fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault
}

func (p *faultProxy) toss() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.coin.IntN(2) == 0
}

// close closes the listeners and all connections.
func (p *faultProxy) close() {
	p.backend.close()
	p.frontend.close()
}

// The ports of gates are below those that systems give to outgoing connections, so
// that a closed one can be opened again.
const firstPort, lastPort = 20_000, 32_000

// open listens, at the address of the first time.
func (g *gate) open() error {
	if g.server != nil {
		return nil
	}
	var config net.ListenConfig
	var l net.Listener
	err := errors.New("no free port")
	for range 100 {
		addr := g.addr
		if addr == "" {
			addr = fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(lastPort-firstPort))
		}
		if l, err = config.Listen(context.Background(), "tcp", addr); err == nil {
			break
		}
		if g.addr != "" {
			time.Sleep(10 * time.Millisecond)
		}
	}
	if err != nil {
		return err
	}
	g.addr = l.Addr().String()
	g.server = &http.Server{Handler: g.handler, ReadHeaderTimeout: time.Minute, ErrorLog: silent}
	go func(s *http.Server) { _ = s.Serve(l) }(g.server) // It always ends with ErrServerClosed.
	return nil
}

func (g *gate) close() {
	if g.server != nil {
		_ = g.server.Close() // The error of closing a listener helps nobody here.
		g.server = nil
	}
}
