//go:build browser

package browser

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// site is Clerk and an application, as a browser sees them.
type site struct {
	Clerk *clerktest.Server
	// URL of the application.
	URL string
	// hosts are the browser's rules for names.
	hosts string
}

// newSite starts a front of Clerk with TLS, because clerk-js speaks https only, and an application
// whose handler is made for the instance.
func newSite(t *testing.T, clerk *clerktest.Server, app http.Handler) *site {
	t.Helper()
	front := httptest.NewUnstartedServer(clerkFront(t, clerk))
	front.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	front.StartTLS()
	t.Cleanup(front.Close)
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	return &site{
		Clerk: clerk,
		URL:   strings.Replace(server.URL, "127.0.0.1", "localhost", 1),
		hosts: "MAP *.clerk.accounts.dev " + front.Listener.Addr().String() +
			", MAP *.accounts.dev " + front.Listener.Addr().String() + ", MAP localhost 127.0.0.1",
	}
}

// clerkFront serves Clerk's scripts from files, and the rest from the instance.
func clerkFront(t *testing.T, clerk *clerktest.Server) http.Handler {
	t.Helper()
	target, err := url.Parse(clerk.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.SetXForwarded()
	}}
	dir := assets(t)
	mux := http.NewServeMux()
	mux.Handle("/", proxy)
	mux.Handle("/npm/@clerk/{package}/", cors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(r.PathValue("package"), "@") // Whichever version is asked for.
		prefix := "/npm/@clerk/" + r.PathValue("package")
		http.StripPrefix(prefix, http.FileServer(http.Dir(filepath.Join(dir, name)))).ServeHTTP(w, r)
	})))
	return mux
}

// cors lets pages of other origins load scripts as modules.
func cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		next.ServeHTTP(w, r)
	})
}

// assets returns the folder of Clerk's scripts.
func assets(t *testing.T) string {
	t.Helper()
	dir := "assets"
	for _, file := range [...]string{"clerk-js/dist/clerk.browser.js", "ui/dist/ui.browser.js"} {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			t.Fatalf("Clerk's scripts are not there (%v): run make browser", err)
		}
	}
	return dir
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		DNSNames:     []string{"*.clerk.accounts.dev", "*.accounts.dev"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
