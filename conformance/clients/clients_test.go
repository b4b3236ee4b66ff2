//go:build clients

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
	node(t, []string{"CLERK_API_URL=" + s.URL(), "CLERK_SECRET_KEY=" + s.SecretKey()}, "backend.mjs")
}

// node runs a script to its end.
func node(t *testing.T, env []string, script string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", script)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
