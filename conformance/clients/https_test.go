//go:build clients

package clients_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// startHTTPS runs the program with --https. It returns the file with its certificate, a client of Go's that trusts it, and what
// makes Chromium trust it: this key and no other.
func startHTTPS(t *testing.T) (e *emulator, file string, client *http.Client, browser string) {
	t.Helper()
	e = startEmulator(t, "--https")
	file = e.Env["express"]["NODE_EXTRA_CA_CERTS"]
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	hash := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	return e, file, &http.Client{Transport: transport}, "BROWSER_ARGS=--ignore-certificate-errors-spki-list=" + base64.StdEncoding.EncodeToString(hash[:])
}

// TestHTTPSIsTrusted reads /health as each kind of client is told to trust the program's certificate, and not without.
func TestHTTPSIsTrusted(t *testing.T) {
	t.Parallel()
	e, file, client, _ := startHTTPS(t)
	health := e.URL + "/health"
	res, err := client.Get(health)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	var unknown *tls.CertificateVerificationError
	if res, err := http.Get(health); !errors.As(err, &unknown) {
		t.Errorf("a client that was not told to trusts the certificate: %v, %v", res, err)
	}
	for _, tc := range []struct {
		name    string
		env     []string
		command []string
	}{
		{"Node", []string{"NODE_EXTRA_CA_CERTS=" + file}, []string{"node", "-e", "fetch('" + health + "').then(r => r.text()).then(console.log)"}},
		{"curl", nil, []string{"curl", "-sS", "--cacert", file, health}},
		{"Go", []string{"SSL_CERT_FILE=" + file, "FETCH=" + health}, []string{os.Args[0], "-test.run=^TestFetch$", "-test.v"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := exec.LookPath(tc.command[0]); err != nil {
				t.Fatalf("%v: `make clients` needs Node and curl", err)
			}
			cmd := exec.CommandContext(t.Context(), tc.command[0], tc.command[1:]...)
			cmd.Env = append(os.Environ(), tc.env...)
			said, err := cmd.CombinedOutput()
			trusts := err == nil && strings.Contains(string(said), `{"status":"ok"}`)
			// docs/emulator.md: on macOS and Windows Go goes by the system's own store.
			if wanted := tc.name != "Go" || runtime.GOOS != "darwin" && runtime.GOOS != "windows"; trusts != wanted {
				t.Errorf("trusts: %v, want %v: %v: %s", trusts, wanted, err, said)
			}
		})
	}
}

// TestFetch is a Go program that TestHTTPSIsTrusted runs.
func TestFetch(t *testing.T) {
	address := os.Getenv("FETCH")
	if address == "" {
		return // It is TestHTTPSIsTrusted's.
	}
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	var health map[string]string
	if err := json.NewDecoder(res.Body).Decode(&health); err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(health)
	t.Logf("%s", text)
}

// TestHTTPSInBrowsers signs in and out, in Chromium, at a Go service and at an application of Express behind one emulator that
// speaks https.
func TestHTTPSInBrowsers(t *testing.T) {
	t.Parallel()
	e, _, client, trust := startHTTPS(t)
	apps, err := json.Marshal(map[string]string{
		"go":      e.goService(t, client),
		"express": localhost(":" + start(t, "", append(e.env("express"), "PAGE="+e.page(t)), `^\d+$`, "node", "express.mjs")),
	})
	if err != nil {
		t.Fatal(err)
	}
	node(t, []string{"APPS=" + string(apps), "CHROMIUM=" + chromium(t), trust}, "onesignin.mjs")
}

// TestTesting signs in and out with the helpers of @clerk/testing.
func TestTesting(t *testing.T) {
	t.Parallel()
	e, _, client, trust := startHTTPS(t)
	node(t, append(e.env("express"), "APP="+e.goService(t, client), "CHROMIUM="+chromium(t), trust), "testing.mjs")
}
