package routeproof

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// What the proof serves says which of the two it is: in the file, or in a header of the upstream.
// Nothing else counts, neither which route matched nor a status.
const (
	secretText    = "clerk-proof-secret"
	publicText    = "clerk-proof-public"
	contentHeader = "X-Proof-Content"
)

// files are the public and the guarded files, in one directory.
var files = map[string]string{
	"index.html":              publicText,
	"assets/app.js":           publicText,
	"docs/v1.2/guide.txt":     publicText,
	"administrators/list.txt": publicText,
	"admin/index.html":        secretText,
	"admin/secret.txt":        secretText,
	"admin/deep/plan.txt":     secretText,
}

// content is what the applications of a run have to give.
type content struct {
	publicDir string // a directory of guarded and public files
	vaultDir  string // a directory in which all is guarded
	// once and twice are upstreams that resolve dot segments and backslashes. The second decodes a
	// path that is decoded already.
	once, twice *url.URL
	stops       []func() error
}

// newContent writes the files below dir and starts the upstreams.
func newContent(ctx context.Context, dir string) (*content, error) {
	c := &content{publicDir: filepath.Join(dir, "public"), vaultDir: filepath.Join(dir, "vault")}
	for name, text := range files {
		for root, text := range map[string]string{c.publicDir: text, c.vaultDir: secretText} {
			file := filepath.Join(root, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
				return nil, err
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				return nil, err
			}
		}
	}
	for _, upstream := range []struct {
		address **url.URL
		twice   bool
	}{{&c.once, false}, {&c.twice, true}} {
		var config net.ListenConfig
		l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		stop := serveHandler(l, upstreamHandler(upstream.twice))
		c.stops = append(c.stops, stop)
		*upstream.address = &url.URL{Scheme: "http", Host: l.Addr().String()}
	}
	return c, nil
}

// close stops the upstreams.
func (c *content) close() {
	for _, stop := range c.stops {
		_ = stop() // It served what it had to.
	}
}

// upstreamHandler answers every path, and says in a header what belongs to it.
func upstreamHandler(twice bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		if twice {
			if decoded, err := url.PathUnescape(p); err == nil {
				p = decoded
			}
		}
		p = path.Clean("/" + strings.ReplaceAll(p, `\`, "/"))
		text := publicText
		if p == "/admin" || strings.HasPrefix(p, "/admin/") {
			text = secretText
		}
		w.Header().Set(contentHeader, text)
	})
}

// serveHandler serves a handler with net/http's server.
func serveHandler(l net.Listener, handler http.Handler) (stop func() error) {
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l) // It ends with ErrServerClosed.
	}()
	return func() error {
		err := srv.Close()
		<-done
		return err
	}
}
