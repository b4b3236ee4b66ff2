//go:build browser

package browser

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
)

// assetsPage is a page of an application that has Clerk's scripts from the emulator.
var assetsPage = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"></head><body><div id="component"></div>
<script src="{{.JS_UI}}" crossorigin="anonymous"></script>
<script src="{{.JS}}" crossorigin="anonymous" data-clerk-publishable-key="{{.Key}}" data-clerk-proxy-url="{{.URL}}"></script>
<script>(async () => { await window.Clerk.load({ ui: { ClerkUI: window.__internal_ClerkUICtor } }); window.ready = true; })();</script></body></html>`))

// TestEmulatorServesAssets: what the command fetches by npm is what a page needs, at the
// addresses that the program prints.
func TestEmulatorServesAssets(t *testing.T) {
	dir, program := t.TempDir(), buildEmulator(t)
	if said, err := exec.CommandContext(t.Context(), program, "assets", "--assets", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	e := startEmulator(t, program, "--assets", dir)
	e.ask(t, 200, "POST", "/v1/users", `{"email_address": ["ada@example.com"], "password": "correct horse battery"}`)
	env := e.Env["nextjs"]
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = assetsPage.Execute(w, map[string]string{
			"JS_UI": env["NEXT_PUBLIC_CLERK_UI_URL"], "JS": env["NEXT_PUBLIC_CLERK_JS_URL"], "Key": env["NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY"], "URL": env["NEXT_PUBLIC_CLERK_PROXY_URL"],
		})
	}))
	t.Cleanup(app.Close)
	tab := newTab(t, &site{hosts: "MAP localhost 127.0.0.1"})
	tab.open(strings.Replace(app.URL, "127.0.0.1", "localhost", 1) + "/")
	tab.waitFor("window.ready")
	tab.mount("SignIn")
	tab.fill("input[name=identifier]", "ada@example.com")
	tab.clickText("Continue")
	tab.fill("input[name=password]", "correct horse battery")
	tab.clickText("Continue")
	tab.waitFor(`Clerk.user?.primaryEmailAddress?.emailAddress === "ada@example.com"`)
}
