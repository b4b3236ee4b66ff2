//go:build clients

// Package clients_test runs Clerk's client for servers that are written in JavaScript against the Clerk of package
// clerktest. It needs Node and what npm ci installs here; "make clients" does both.
package clients_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestBackend calls the methods of @clerk/backend one by one.
func TestBackend(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	cmd := exec.CommandContext(t.Context(), "node", "backend.mjs")
	cmd.Env = append(os.Environ(), "CLERK_API_URL="+s.URL(), "CLERK_SECRET_KEY="+s.SecretKey())
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
