//go:build clients

package clients_test

import (
	"encoding/json"
	"os/exec"
	"testing"
)

// TestOneSignInForAll runs a Go service, an application of Express and one of Next.js behind one emulator. Whoever signs
// in at one of them is signed in at all, in the same session and organization, and signs out of all.
func TestOneSignInForAll(t *testing.T) {
	t.Parallel()
	e := startEmulator(t)
	apps, err := json.Marshal(map[string]string{
		"go":      e.goService(t, nil),
		"express": localhost(":" + start(t, "", append(e.env("express"), "PAGE="+e.page(t)), `^\d+$`, "node", "express.mjs")),
		"next":    e.next(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	node(t, []string{"APPS=" + string(apps), "CHROMIUM=" + chromium(t)}, "onesignin.mjs")
}

// next builds the application of Next.js, into which the instance's addresses go, and runs it.
func (e *emulator) next(t *testing.T) string {
	t.Helper()
	env := append(e.env("nextjs"), "NEXT_TELEMETRY_DISABLED=1")
	const next = "node_modules/next/dist/bin/next"
	build := exec.CommandContext(t.Context(), "node", next, "build")
	build.Dir, build.Env = "next", append(build.Environ(), env...)
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return localhost(start(t, "next", env, `localhost:\d+`, "node", next, "start", "--port", "0", "--hostname", "localhost"))
}
