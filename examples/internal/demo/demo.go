// Package demo is what the examples share besides their routes: what the pages show
// and how they look, the choice between the real Clerk and a built-in one, and
// starting and stopping.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// grace is how long requests may go on after the program was told to stop.
const grace = 500 * time.Millisecond

// Server is the server that an example builds, for example an [http.Server].
type Server interface {
	// Serve answers connections until the server is shut down.
	Serve(l net.Listener) error
	// Shutdown stops the server, and waits for requests that are being answered until
	// ctx ends.
	Shutdown(ctx context.Context) error
}

// Config says what to start.
type Config struct {
	// Framework is its name, as shown to people.
	Framework string
	// Build makes the server.
	Build func(*Site) (Server, error)
	// LookupEnv reads the environment. Nil means [os.LookupEnv].
	LookupEnv func(name string) (string, bool)
	// HTTPClient makes the calls to the real Clerk. Nil means one of [core.Options]'.
	HTTPClient *http.Client
	// Terminal gets a line for each request, with colours if Coloured. Nil means none.
	Terminal io.Writer
	Coloured bool
}

// Demo is a running example.
type Demo struct {
	// URL is where it listens, for example http://localhost:8080.
	URL string
	// Clerk is the built-in Clerk; nil where it runs against the real one.
	Clerk *clerktest.Server

	framework string
	site      *Site
	server    Server
	listeners []net.Listener
	ended     chan error // one result for each listener
}

// Main runs an example until SIGINT or SIGTERM, and exits with status 1 if it
// cannot.
func Main(framework string, build func(*Site) (Server, error)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, Config{Framework: framework, Build: build, Terminal: os.Stdout, Coloured: showsColours(os.Stdout)})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, config Config) error {
	d, err := Start(ctx, config)
	if err != nil {
		return err
	}
	d.Describe(out)
	select {
	case <-ctx.Done():
		fmt.Fprintln(out, "\n  Stopped.")
		return d.Close(context.WithoutCancel(ctx))
	case err = <-d.ended:
		return errors.Join(err, d.Close(ctx))
	}
}

// Start starts an example on localhost, or the address that the variable HOST names,
// at the port that PORT names. Close it afterwards; the end of ctx does not.
func Start(ctx context.Context, config Config) (*Demo, error) {
	env := newEnvironment(config.LookupEnv)
	wantsClerk, err := env.wantsClerk()
	if err != nil {
		return nil, err
	}
	d := &Demo{framework: config.Framework}
	if err := d.listen(ctx, env); err != nil {
		return nil, err
	}
	fail := func(err error) (*Demo, error) { return nil, errors.Join(err, d.Close(ctx)) }
	if d.site, err = newSite(config, d.URL); err != nil {
		return fail(err)
	}
	if wantsClerk {
		d.site.useRealClerk(env, config.HTTPClient)
	} else if err := d.startClerk(env); err != nil { //nolint:contextcheck // The built-in Clerk lives until Close.
		return fail(err)
	}
	if err := d.site.complete(env); err != nil {
		return fail(err)
	}
	if d.server, err = config.Build(d.site); err != nil {
		return fail(err)
	}
	if wantsClerk {
		host, err := frontendAPI(d.site.key)
		if err != nil {
			return fail(err)
		}
		d.site.script = "https://" + host + "/npm/@clerk/clerk-js@6/dist/clerk.browser.js"
	}
	d.ended = make(chan error, len(d.listeners))
	for _, l := range d.listeners {
		go func() { d.ended <- d.server.Serve(l) }()
	}
	return d, nil
}

// listen opens the port on the addresses that localhost stands for, that of IPv4 and,
// where there is one, that of IPv6; or on the address that HOST names.
func (d *Demo) listen(ctx context.Context, env environment) error {
	port, err := env.port("PORT", "8080")
	if err != nil {
		return err
	}
	host, named := env.host()
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return cannotListen(host, port, err)
	}
	d.listeners = append(d.listeners, l)
	if _, port, err = net.SplitHostPort(l.Addr().String()); err != nil {
		return errors.Join(err, d.Close(ctx))
	}
	if !named {
		switch l, err := lc.Listen(ctx, "tcp6", "[::1]:"+port); {
		case err == nil:
			d.listeners = append(d.listeners, l)
		case errors.Is(err, syscall.EADDRINUSE):
			return errors.Join(cannotListen(host, port, err), d.Close(ctx))
		}
	}
	d.URL = "http://localhost:" + port
	return nil
}

func cannotListen(host, port string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %s is taken: choose another one, for example with PORT=8081", port)
	}
	return fmt.Errorf("cannot listen on port %s of %s: choose another one, for example with PORT=8081 (and HOST=0.0.0.0 for all addresses): %w", port, host, err)
}

// Close stops the example and its built-in Clerk. Requests that are being
// answered get half a second, or until ctx ends.
func (d *Demo) Close(ctx context.Context) error {
	if d.site != nil {
		defer d.site.close()
	}
	if d.server == nil || d.ended == nil {
		for _, l := range d.listeners {
			_ = l.Close() // Nothing was read from it.
		}
		return nil
	}
	d.site.stopStreams()
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := d.server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
