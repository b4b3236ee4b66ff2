//go:build browser

package browser

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// emulator is the program, as a user runs it.
type emulator struct {
	URL string                       `json:"url"`
	Key string                       `json:"secret_key"`
	Env map[string]map[string]string `json:"environment"`
}

// buildEmulator builds the program from this repository.
func buildEmulator(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "emulator.exe") // Windows needs the ending, others do not mind.
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "..", "emulator")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return program
}

func startEmulator(t *testing.T, program string, args ...string) *emulator {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, append([]string{"--port", "0", "--json"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // It may have ended.
		_ = cmd.Wait()
	})
	e := &emulator{}
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(e); err != nil {
		t.Fatalf("it says nothing: %v", err)
	}
	return e
}

// ask calls the instance, below /_emulator or with the secret key, and wants a status.
func (e *emulator) ask(t *testing.T, want int, method, path, body string) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, e.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if !strings.HasPrefix(body, "{") {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if strings.HasPrefix(path, "/v1/") {
		req.Header.Set("Authorization", "Bearer "+e.Key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != want {
		t.Fatalf("%s %s: got %d %s, want %d", method, path, res.StatusCode, text, want)
	}
	doc := map[string]any{}
	_ = json.Unmarshal(text, &doc) // A list has nothing that is looked at.
	return doc
}

// hostile is a name that becomes a script where it is not made a text.
const hostile = `<script>window.hacked=1</script><img src=x onerror=window.hacked=1>`

// fill gives each page of the dashboard something to show.
func (e *emulator) fill(t *testing.T) {
	t.Helper()
	raw, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	e.ask(t, 204, "POST", "/_emulator/seed", `{"users": [{"id": "user_hostile", "email_address": "hostile@example.com", "first_name": `+string(raw)+`, "public_metadata": {"x": `+string(raw)+`}, "banned": true}],
		"organizations": [{"id": "org_hostile", "name": `+string(raw)+`, "created_by": "user_hostile"}],
		"webhooks": [{"url": "http://127.0.0.1:1/api/webhooks", "events": ["user.*", "organizationInvitation.*"]}]}`)
	e.ask(t, 200, "POST", "/_emulator/tokens", `{"user_id": "user_ada", "organization_id": "org_acme"}`)
	e.ask(t, 200, "POST", "/_emulator/tokens", `{"user_id": "user_grace"}`)
	e.ask(t, 200, "POST", "/v1/organizations/org_acme/invitations", `{"email_address": "new@example.com", "role": "org:member"}`)
	e.ask(t, 200, "PATCH", "/v1/users/user_ada", `{"last_name": "King"}`)
	e.ask(t, 404, "GET", "/v1/users/user_nobody?x="+strings.Repeat("long", 40), "")
	e.ask(t, 200, "GET", "/v1/users?query=ada", "")
	e.ask(t, 200, "POST", "/_emulator/faults", `{"endpoint": "GET /v1/jwks", "status": 503, "rate": 0.5, "count": 3, "delay_ms": 20}`)
	e.ask(t, 200, "POST", "/_emulator/clock", `{"advance": "1m"}`)
}

// look sets what the browser is: its width, and whether its user likes it dark.
func (tab *tab) look(width int64, scheme string) {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1}); err != nil {
		tab.t.Fatal(err)
	}
	if _, err := chromedp.Call(tab.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	}); err != nil {
		tab.t.Fatal(err)
	}
}

// whole keeps the whole page in the folder PICTURES.
func (tab *tab) whole(name string) {
	tab.t.Helper()
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	png := within(tab, "picture "+name, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		tab.t.Fatal(err)
	}
}

// sound checks what holds for every page: axe-core finds no fault, nothing is wider than
// the page, whatever can be used can be reached by keyboard, and no name became a script.
func (tab *tab) sound(axe, what string) {
	tab.t.Helper()
	within(tab, "load axe-core", chromedp.Evaluate[string](axe+"; axe.version"))
	found := tab.value(`axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + " | " + n.failureSummary).join("; ")))`)
	if found != "[]" {
		tab.t.Errorf("%s: axe-core finds %s", what, found)
	}
	if wide := tab.value(`document.scrollingElement.scrollWidth - innerWidth`); strings.TrimPrefix(wide, "-") == wide && wide != "0" {
		tab.t.Errorf("%s is %s pixels too wide", what, wide)
	}
	if unreached := tab.value(`[...document.querySelectorAll("a[href],button,input:not([type=hidden]),select,textarea,summary")].filter(e => e.checkVisibility() && !e.disabled && e.tabIndex < 0).map(e => e.outerHTML)`); unreached != "[]" {
		tab.t.Errorf("%s: the keyboard does not reach %s", what, unreached)
	}
	if hacked := tab.value(`window.hacked`); hacked != "" {
		tab.t.Errorf("%s: a name has become a script", what)
	}
}

// axe returns axe-core's script.
func axe(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(assets(t), "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// newDashboard starts the program and a browser, in which nothing but the program's own
// pages and those of the given applications may be loaded.
func newDashboard(t *testing.T, args ...string) (*emulator, *tab) {
	t.Helper()
	e := startEmulator(t, buildEmulator(t), args...)
	tab := newTab(t, &site{hosts: "MAP localhost 127.0.0.1"})
	t.Cleanup(func() { // Whatever pages are made of is from there.
		tab.mu.Lock()
		defer tab.mu.Unlock()
		for _, answer := range tab.answers {
			if _, url, _ := strings.Cut(answer, " "); !strings.HasPrefix(url, e.URL+"/") && !strings.HasPrefix(url, "data:") {
				t.Errorf("the dashboard loads %s", url)
			}
		}
	})
	return e, tab
}

// TestDashboardPages looks at each page: light, dark and narrow, with much to show and
// with nothing.
func TestDashboardPages(t *testing.T) {
	e, tab := newDashboard(t, "--seed", filepath.Join("..", "..", "emulator", "seed.example.yaml"))
	script := axe(t)
	tab.expect("404") // The pages that are not there.
	looks := map[string]func(){
		"light":  func() { tab.look(1280, "light") },
		"dark":   func() { tab.look(1280, "dark") },
		"narrow": func() { tab.look(390, "dark") },
	}
	for _, state := range []string{"full", "empty"} {
		paths := map[string]string{
			"overview": "/", "users": "/users", "organizations": "/organizations", "sessions": "/sessions", "tokens": "/tokens", "outbox": "/outbox",
			"webhooks": "/webhooks", "requests": "/requests", "faults": "/faults",
		}
		if state == "full" {
			e.fill(t)
			maps.Copy(paths, map[string]string{
				"user": "/users/user_ada", "hostile-user": "/users/user_hostile", "organization": "/organizations/org_acme", "hostile-organization": "/organizations/org_hostile",
				"nobody": "/users/user_nobody", "no-match": "/users?query=nobody", "failed": "/requests?failed=true",
			})
		} else {
			for _, path := range []string{"/_emulator/v1/users/user_ada", "/_emulator/v1/users/user_grace", "/_emulator/v1/organizations/org_acme", "/_emulator/v1/users/user_hostile", "/_emulator/v1/organizations/org_hostile"} {
				e.ask(t, 200, "DELETE", path, "")
			}
			hooks, _ := e.ask(t, 200, "GET", "/_emulator/webhooks", "")["data"].([]any)
			for _, hook := range hooks {
				id, _ := hook.(map[string]any)["id"].(string)
				e.ask(t, 200, "DELETE", "/_emulator/webhooks/"+id, "")
			}
			e.ask(t, 204, "DELETE", "/_emulator/faults", "")
			e.ask(t, 204, "DELETE", "/_emulator/requests", "")
			e.ask(t, 204, "DELETE", "/_emulator/outbox", "")
			e.ask(t, 200, "POST", "/_emulator/clock", `{"resume": true}`)
		}
		for look, set := range looks {
			set()
			for name, path := range paths {
				tab.open(e.URL + path)
				what := strings.Join([]string{name, state, look}, "-")
				tab.sound(script, what)
				tab.whole(what)
			}
		}
	}
}
