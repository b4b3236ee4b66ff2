//go:build clients

package clients_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// emulator is the program, as a user runs it.
type emulator struct {
	URL            string                       `json:"url"`
	PublishableKey string                       `json:"publishable_key"`
	SecretKey      string                       `json:"secret_key"`
	Env            map[string]map[string]string `json:"environment"`
}

// startEmulator builds the program from this repository and runs it with its example of a seed.
func startEmulator(t *testing.T, args ...string) *emulator {
	t.Helper()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", dir+"/emulator", ".")
	build.Dir = "../../emulator"
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	args = append([]string{"--port", "0", "--json", "--seed", "../../emulator/seed.example.yaml", "--assets", "../browser/assets"}, args...)
	e := &emulator{}
	if err := json.Unmarshal([]byte(start(t, "", []string{"XDG_CONFIG_HOME=" + dir}, `^\{.*`, dir+"/emulator", args...)), e); err != nil {
		t.Fatal(err)
	}
	return e
}

// env returns the lines that the program prints for a framework.
func (e *emulator) env(framework string) []string {
	lines := []string{"CLERK_TELEMETRY_DISABLED=1"}
	for name, value := range e.Env[framework] {
		lines = append(lines, name+"="+value)
	}
	return lines
}

// start starts a program, which ends with the test, and returns what it says that it is ready with.
func start(t *testing.T, dir string, env []string, ready, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), os.Stderr
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
	pattern := regexp.MustCompile(ready)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := pattern.FindString(lines.Text()); found != "" {
			go func() { _, _ = io.Copy(io.Discard, out) }() // Nobody should wait for a reader.
			return found
		}
	}
	t.Fatalf("%s ended, and never said that it is ready", filepath.Base(program))
	return ""
}

// page is what a page begins with that has no framework in the browser: clerk-js.
var page = template.Must(template.New("page").Parse(`<title>App</title><link rel="icon" href="data:,">
<script src="{{.NEXT_PUBLIC_CLERK_JS_URL}}" crossorigin="anonymous" data-clerk-publishable-key="{{.NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY}}" data-clerk-proxy-url="{{.NEXT_PUBLIC_CLERK_PROXY_URL}}"></script>
<script>Clerk.load({ signInUrl: {{.NEXT_PUBLIC_CLERK_SIGN_IN_URL}} });</script>`))

func (e *emulator) page(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	if err := page.Execute(&b, e.Env["nextjs"]); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// goService starts a service with httpclerk, and returns its address.
func (e *emulator) goService(t *testing.T, client *http.Client) string {
	t.Helper()
	script := e.page(t)
	show := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		says := "signed out"
		if auth := httpclerk.Auth(r); auth.IsAuthenticated() {
			org := auth.OrgID
			if org == "" {
				org = "no organization"
			}
			says = fmt.Sprintf("signed in as %s in %s", auth.UserID, org)
		}
		_, _ = fmt.Fprintf(w, `<!doctype html>%s<p id="server">%s</p>`, script, says) // The browser says what it misses.
	})
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", show)
	mux.Handle("GET /dashboard", httpclerk.Protect()(show))
	mux.HandleFunc("GET /api/me", func(w http.ResponseWriter, r *http.Request) {
		auth := httpclerk.Auth(r)
		_ = json.NewEncoder(w).Encode(map[string]string{"userId": auth.UserID, "sessionId": auth.SessionID, "orgId": auth.OrgID, "orgRole": auth.OrgRole})
	})
	env := e.Env["go"]
	server := httptest.NewServer(httpclerk.Middleware(core.Options{
		HTTPClient: client,
		LookupEnv:  func(name string) (string, bool) { value, ok := env[name]; return value, ok },
	})(mux))
	t.Cleanup(server.Close)
	return localhost(server.Listener.Addr().String())
}

// localhost returns an address by the name that the cookies of all applications are of.
func localhost(address string) string {
	return "http://localhost" + address[strings.LastIndex(address, ":"):]
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range [...]string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium: install it, or name it in CHROMIUM")
	return ""
}
