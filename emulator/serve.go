package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/emulator/internal/dashboard"
)

// serve runs an instance until the context ends.
func serve(ctx context.Context, s settings, out, log io.Writer) error {
	var seed *seedFile
	if s.seed != "" {
		var err error
		if seed, err = readSeed(s.seed); err != nil {
			return err
		}
	}
	if s.assets == "" {
		s.assets = defaultAssets()
	}
	files, assets := assetsFrom(s.assets)
	config := clerktest.Config{
		Addr:          net.JoinHostPort(s.host, strconv.Itoa(s.port)),
		Production:    s.production,
		FrontendAPI:   s.frontendAPI,
		RedirectHosts: s.hosts,
		Hint:          "Any account of this instance; those without a password use the code " + clerktest.SignInCode + ".",
	}
	if config.Host = s.name; s.name == "" && s.local() {
		config.Host = "localhost" // Where applications are, too: their cookies and these are of one site.
	}
	var certificate *ownCertificate
	if s.https {
		var err error
		if certificate, err = certificateFor(s); err != nil {
			return err
		}
		config.TLS = &tls.Config{Certificates: []tls.Certificate{certificate.Certificate}, MinVersion: tls.VersionTLS12}
	}
	var state *stateFile
	if s.state != "" {
		lock, err := lockState(s.state) // Before anything of it is touched.
		if err != nil {
			return err
		}
		defer lock.free()
		state = &stateFile{name: s.state, log: log, dirty: make(chan struct{}, 1)}
	}
	ready := make(chan struct{})
	var instance http.Handler
	config.Front = func(h http.Handler) http.Handler {
		instance = h
		mux := http.NewServeMux()
		mux.Handle("/", instance)
		mux.HandleFunc("GET /health", health)
		mux.Handle("GET /npm/", assets)
		pages := dashboard.New(instance)
		for _, pattern := range pages.Patterns() {
			mux.Handle(pattern, pages)
		}
		front := http.Handler(mux)
		if state != nil {
			state.instance = instance
			front = state.watch(front)
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-ready:
				front.ServeHTTP(w, r)
			default: // Nobody should meet an instance without its seed or its state.
				w.Header().Set("Retry-After", "1")
				http.Error(w, "starting", http.StatusServiceUnavailable)
			}
		})
	}
	server, err := clerktest.NewServer(config) //nolint:contextcheck // It ends with Close.
	if err != nil {
		return fmt.Errorf("%w%s", err, s.portHint(err))
	}
	defer server.Close()

	found := false
	if state != nil {
		if found, err = state.load(ctx, instance); err != nil {
			return err
		}
	}
	if seed != nil {
		if err := seed.apply(ctx, instance, found); err != nil {
			return err
		}
	}
	if state != nil {
		go state.keep(ctx)
		defer state.close() //nolint:contextcheck // It saves when ctx has ended.
	}
	close(ready)

	e := environment{server: server, https: s.https, files: files, assets: s.assets, certificate: certificate}
	if s.json {
		if err := e.printJSON(out); err != nil {
			return err
		}
	} else {
		e.print(out)
	}
	if !s.local() {
		fmt.Fprintf(log, "emulator: listening on %s, not only on this machine: whoever reaches it can sign in as anybody, read and change everything, and steer it\n", s.host)
	}
	<-ctx.Done()
	return nil
}

func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"ok"}`+"\n") // A caller who went away has no use for the error.
}

func (s settings) portHint(err error) string {
	if strings.Contains(err.Error(), "address already in use") {
		return ": another emulator may be running; --port takes another port"
	}
	return ""
}

// local reports whether only this machine reaches the instance.
func (s settings) local() bool {
	ip := net.ParseIP(s.host)
	return s.host == "localhost" || (ip != nil && ip.IsLoopback())
}

// fileExists reports whether there is a file of a name.
func fileExists(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
