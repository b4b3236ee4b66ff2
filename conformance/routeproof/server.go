package routeproof

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// The headers by which the proof and its servers talk.
const (
	modeHeader    = "x-proof-mode"    // which guard to use
	routeHeader   = "x-proof-route"   // which handler ran
	refusedHeader = "x-proof-refused" // the status with which a guard refused
)

// The guards of a server, by name.
const (
	unguarded = "none"
	protect   = "protect"        // a matcher of the protected routes
	not       = "not"            // the negation of a matcher of the public ones
	protectOn = "protect+router" // Gin: with the engine named
	notOn     = "not+router"
)

// Instance is the Clerk instance in front of which the applications run.
type Instance struct {
	clerk  *core.Clerk
	bearer string
	fake   *clerktest.Server
}

// NewInstance starts a Clerk instance. Close it in the end.
func NewInstance() (*Instance, error) {
	fake, err := clerktest.NewServer()
	if err != nil {
		return nil, err
	}
	o := fake.Options()
	o.Logger = slog.New(slog.DiscardHandler)
	clerk, err := core.New(o)
	if err != nil {
		fake.Close()
		return nil, err
	}
	return &Instance{clerk: clerk, bearer: fake.SessionToken("user_ada", clerktest.Lifetime(24*time.Hour)), fake: fake}, nil
}

// Close stops the instance.
func (i *Instance) Close() { i.fake.Close() }

// site is a table with its matchers compiled.
type site struct {
	*Table
	clerk    *core.Clerk
	matchers map[string]*core.RouteMatcher // by guard
}

// newSite compiles a table's matchers.
func newSite(t *Table, i *Instance) (*site, error) {
	s := &site{Table: t, clerk: i.clerk, matchers: map[string]*core.RouteMatcher{}}
	for _, direction := range []struct {
		name     string
		elements []Element
	}{{protect, t.Protect}, {not, t.Public}} {
		if len(direction.elements) == 0 {
			continue
		}
		m, err := matcher(direction.elements)
		if err != nil {
			return nil, err
		}
		if direction.name == not {
			m = m.Not()
		}
		s.matchers[direction.name] = m
		if t.Framework == "gin" {
			s.matchers[direction.name+"+router"] = m
		}
	}
	return s, nil
}

func matcher(elements []Element) (*core.RouteMatcher, error) {
	list := make([]any, 0, len(elements))
	for _, e := range elements {
		if !e.Expression {
			list = append(list, e.Text)
			continue
		}
		expression, err := regexp.Compile(e.Text)
		if err != nil {
			return nil, err
		}
		list = append(list, expression)
	}
	return core.NewRouteMatcher(list...)
}

// server is a running application.
type server struct {
	address string
	stop    func() error
}

// start starts a site on loopback.
func (s *site) start(ctx context.Context) (*server, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	running := &server{address: l.Addr().String()}
	f := frameworkOf(s.Framework)
	if f == nil || f.serve == nil {
		_ = l.Close() // Nobody has used it.
		return nil, fmt.Errorf("routeproof: there is no framework %q", s.Framework)
	}
	running.stop, err = f.serve(s, l)
	if err != nil {
		_ = l.Close() // Nobody has used it.
		return nil, err
	}
	return running, nil
}

// serveHTTP serves a handler with net/http's server.
func serveHTTP(l net.Listener, build func() (http.Handler, error)) (func() error, error) {
	handler, err := build()
	if err != nil {
		return nil, err
	}
	return serveHandler(l, handler), nil
}

// recovered turns the panics with which routers refuse routes into errors.
func recovered(build func()) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("routeproof: the router refuses a route: %v", value)
		}
	}()
	build()
	return nil
}
