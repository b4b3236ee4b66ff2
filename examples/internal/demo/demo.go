// Package demo is what the examples share besides their handlers: the pages'
// look, the choice between the real Clerk and a built-in one, and starting and
// stopping.
package demo

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
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
}

// Demo is a running example.
type Demo struct {
	// URL is where it listens, for example http://localhost:8080.
	URL string
	// Clerk is the built-in Clerk; nil where it runs against the real one.
	Clerk *clerktest.Server

	framework string
	server    Server
	listeners []net.Listener
	ended     chan error // one result for each listener
}

// Main runs an example until SIGINT or SIGTERM, and exits with status 1 if it
// cannot.
func Main(framework string, build func(*Site) (Server, error)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, Config{Framework: framework, Build: build})
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

// Start starts an example on localhost, at the port that the variable PORT names.
// Close it afterwards; the end of ctx does not.
func Start(ctx context.Context, config Config) (*Demo, error) {
	env := newEnvironment(config.LookupEnv)
	templates, err := template.ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	wantsClerk, err := env.wantsClerk()
	if err != nil {
		return nil, err
	}
	d := &Demo{framework: config.Framework}
	if err := d.listen(ctx, env); err != nil {
		return nil, err
	}
	site := &Site{Templates: templates, framework: config.Framework, url: d.URL}
	if wantsClerk {
		site.Options, site.key = env.options(), env.get(publishableKey)
		site.Options.HTTPClient = config.HTTPClient
	} else if err := d.startClerk(site); err != nil { //nolint:contextcheck // The built-in Clerk lives until Close.
		return nil, errors.Join(err, d.Close(ctx))
	}
	if d.server, err = config.Build(site); err != nil {
		return nil, errors.Join(err, d.Close(ctx))
	}
	if wantsClerk {
		host, err := frontendAPI(site.key)
		if err != nil {
			return nil, errors.Join(err, d.Close(ctx))
		}
		site.script = "https://" + host + "/npm/@clerk/clerk-js@6/dist/clerk.browser.js"
	}
	d.ended = make(chan error, len(d.listeners))
	for _, l := range d.listeners {
		go func() { d.ended <- d.server.Serve(l) }()
	}
	return d, nil
}

func (d *Demo) startClerk(site *Site) error {
	clerk, err := startClerk()
	if err != nil {
		return err
	}
	d.Clerk = clerk
	site.Options, site.signOut = clerk.Options(), clerk.SignOutURL()
	return nil
}

// listen opens the port on the addresses that localhost stands for: that of IPv4
// and, where there is one, that of IPv6.
func (d *Demo) listen(ctx context.Context, env environment) error {
	port, _ := env.lookup("PORT")
	if port == "" {
		port = "8080"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("PORT is %q: it must be a number from 0 to 65535", port)
	} else if n == 0 {
		port = "0" // Any free port.
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp4", "127.0.0.1:"+port)
	if err != nil {
		return cannotListen(port, err)
	}
	d.listeners = append(d.listeners, l)
	if _, port, err = net.SplitHostPort(l.Addr().String()); err != nil {
		return errors.Join(err, d.Close(ctx))
	}
	switch l, err := lc.Listen(ctx, "tcp6", "[::1]:"+port); {
	case err == nil:
		d.listeners = append(d.listeners, l)
	case errors.Is(err, syscall.EADDRINUSE):
		return errors.Join(cannotListen(port, err), d.Close(ctx))
	}
	d.URL = "http://localhost:" + port
	return nil
}

func cannotListen(port string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %s is taken: choose another one, for example with PORT=8081", port)
	}
	return fmt.Errorf("cannot listen on port %s: choose another one, for example with PORT=8081: %w", port, err)
}

// Close stops the example and its built-in Clerk. Requests that are being
// answered get half a second, or until ctx ends.
func (d *Demo) Close(ctx context.Context) error {
	if d.Clerk != nil {
		defer d.Clerk.Close()
	}
	if d.server == nil || d.ended == nil {
		for _, l := range d.listeners {
			_ = l.Close() // Nothing was read from it.
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := d.server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
