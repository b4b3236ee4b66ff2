package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's own program be the emulator, so that a real process can be
// killed.
func TestMain(m *testing.M) {
	if os.Getenv("EMULATOR_TEST_RUN") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// program is a running emulator.
type program struct {
	cmd *exec.Cmd
	URL string                       `json:"url"`
	Key string                       `json:"secret_key"`
	Env map[string]map[string]string `json:"environment"`
}

func start(t *testing.T, args ...string) *program {
	t.Helper()
	return startLogging(t, os.Stderr, args...)
}

// startLogging starts a program that says what goes wrong to log.
func startLogging(t *testing.T, log io.Writer, args ...string) *program {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"--port", "0", "--json", "--assets", t.TempDir()}, args...)...)
	cmd.Env = append(os.Environ(), "EMULATOR_TEST_RUN=1", "XDG_CONFIG_HOME="+t.TempDir())
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{cmd: cmd}
	t.Cleanup(p.kill)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("it printed nothing: %v", err)
	}
	if err := json.Unmarshal(line, p); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return p
}

func (p *program) kill() {
	_ = p.cmd.Process.Kill() // It may have ended.
	_ = p.cmd.Wait()
}

func (p *program) ask(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(path, "/v1/") {
		req.Header.Set("Authorization", "Bearer "+p.Key)
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
	return res.StatusCode, string(text)
}

func TestProgramServes(t *testing.T) {
	t.Parallel()
	p := start(t, "--seed", "seed.example.yaml")
	if p.Env["go"]["CLERK_API_URL"] != p.URL || p.Env["nextjs"]["NEXT_PUBLIC_CLERK_PROXY_URL"] != p.URL || p.Env["express"]["CLERK_SECRET_KEY"] != p.Key {
		t.Errorf("environment: got %v", p.Env)
	}
	for path, want := range map[string]string{
		"/health":            `"ok"`,
		"/v1/users/user_ada": `"username":"ada"`,
		"/v1/users/user_ada/organization_memberships": `"role":"org:admin"`,
		"/": "Overview",
	} {
		if status, body := p.ask(t, "GET", path, ""); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: got %d, want %s in %s", path, status, want, body)
		}
	}
	if status, body := p.ask(t, "GET", "/npm/@clerk/clerk-js@6/dist/clerk.browser.js", ""); status != 404 || !strings.Contains(body, "emulator assets") {
		t.Errorf("without scripts: got %d %s", status, body)
	}
}

// TestTheOtherExampleSeeds: the seed of what the first example leaves out makes it all.
func TestTheOtherExampleSeeds(t *testing.T) {
	t.Parallel()
	p := start(t, "--seed", "seed.more.example.yaml")
	for path, want := range map[string]string{
		"/_emulator/webhooks":                          "http://localhost:8080/webhooks/clerk",
		"/_emulator/outbox":                            "/v1/tickets/accept?ticket=",
		"/v1/users/user_mallory":                       `"banned":true`,
		"/v1/users/user_alan":                          `"totp_enabled":true`,
		"/v1/invitations":                              "grace@example.com",
		"/v1/organizations/org_acme/invitations":       "bob@example.com",
		"/v1/organizations/org_acme/domains":           "acme.example",
		"/v1/domains":                                  `"name":"shop.test"`,
		"/v1/redirect_urls":                            "myapp://callback",
		"/v1/allowlist_identifiers":                    "*@example.com",
		"/v1/blocklist_identifiers":                    "spam@example.com",
		"/v1/waitlist_entries":                         "linus@example.com",
		"/v1/users/user_ada":                           `"provider":"oauth_google"`,
		"/v1/machines":                                 "mch_reports",
		"/v1/api_keys?subject=user_ada":                "reports:read",
		"/v1/oauth_applications":                       "Dashboards",
		"/v1/users/user_alan/organization_memberships": "org:reports:read",
	} {
		if status, body := p.ask(t, "GET", path, ""); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: got %d, want %s in %s", path, status, want, body)
		}
	}
}

// TestKeysAreTheFrontendAPIs: emulators have the same keys under every name and port, and others with a Frontend API of
// their own, so that two of them do not take each other's cookies in one browser.
func TestKeysAreTheFrontendAPIs(t *testing.T) {
	t.Parallel()
	first := start(t)
	for _, tc := range []struct {
		args   []string
		host   string
		shared bool // the first one's secret key
	}{
		{[]string{"--name", "other.test"}, "calm-otter-42.clerk.accounts.dev", true},
		{[]string{"--frontend-api", "shop.clerk.accounts.dev"}, "shop.clerk.accounts.dev", false},
		{[]string{"--production", "--name", "foo.test"}, "clerk.example.test", false},
		{[]string{"--production", "--frontend-api", "clerk.foo.test"}, "clerk.foo.test", false},
	} {
		p := start(t, tc.args...)
		_, named, _ := strings.Cut(strings.TrimPrefix(p.Env["go"]["CLERK_PUBLISHABLE_KEY"], "pk_"), "_")
		if host, err := base64.RawStdEncoding.DecodeString(named); err != nil || string(host) != tc.host+"$" || (p.Key == first.Key) != tc.shared {
			t.Errorf("%v: the publishable key names %q, %v; the secret key is %s, and the first one's is %s", tc.args, host, err, p.Key, first.Key)
		}
	}
	if said := fails(t, 1, "--port", "0", "--frontend-api", "shop"); !strings.Contains(said, "--frontend-api must be a host name with a dot") {
		t.Errorf("got %q", said)
	}
}

// TestStateSurvivesAKill: whatever moment a process is killed at, the next one starts
// with a whole state, which has everything that was older than a save.
func TestStateSurvivesAKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "state.json")
	p := start(t, "--state", file)
	if status, body := p.ask(t, "POST", "/v1/users", `{"username": "first"}`); status != 200 {
		t.Fatalf("got %d %s", status, body)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte(`"first"`)) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the change was not saved")
		}
	}
	met := 0
	for round := 0; round < 3 || (met == 0 && round < 30); round++ {
		p.ask(t, "POST", "/v1/users", `{"private_metadata": {"x": "`+strings.Repeat("x", 900_000)+`"}, "username": "u`+strconv.Itoa(round)+`"}`)
		writing := filepath.Join(dir, ".state.json.*.next")
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
			if found, err := filepath.Glob(writing); err != nil || len(found) > 0 {
				break
			}
		}
		p.kill()
		if found, err := filepath.Glob(writing); err == nil && len(found) > 0 {
			met++ // It was in the middle of a write.
		}
		text, err := os.ReadFile(file)
		if err != nil || !json.Valid(text) {
			t.Fatalf("round %d: the state is broken: %v", round, err)
		}
		p = start(t, "--state", file)
		if status, body := p.ask(t, "GET", "/v1/users?username=first", ""); status != 200 || !strings.Contains(body, `"first"`) {
			t.Fatalf("round %d: the first user is lost: %d %s", round, status, body)
		}
	}
	if met == 0 {
		t.Error("no kill met a write")
	}
	t.Logf("%d kills met a write", met)
}

// TestAWriteThatWasCutOffIsNoState: what a killed process was writing is taken away.
func TestAWriteThatWasCutOffIsNoState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cut := filepath.Join(dir, ".state.json.123.next")
	if err := os.WriteFile(cut, []byte(`{"version":`), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, "--state", filepath.Join(dir, "state.json"))
	if _, err := os.Stat(cut); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestHTTPS(t *testing.T) {
	t.Parallel()
	p := start(t, "--https")
	if !strings.HasPrefix(p.URL, "https://localhost:") || !strings.HasSuffix(p.Env["nextjs"]["NODE_EXTRA_CA_CERTS"], "certificate.pem") {
		t.Errorf("got %s %v", p.URL, p.Env["nextjs"])
	}
	if file, given := p.Env["go"]["SSL_CERT_FILE"]; given != goReadsFile(runtime.GOOS) || (given && file != p.Env["nextjs"]["NODE_EXTRA_CA_CERTS"]) {
		t.Errorf("got %v for Go on %s", p.Env["go"], runtime.GOOS)
	}
	if goReadsFile("darwin") || goReadsFile("windows") || !goReadsFile("linux") {
		t.Error("Go reads SSL_CERT_FILE on Linux, and neither on macOS nor on Windows")
	}
}

// fails runs the program and returns what it says.
func fails(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out, log bytes.Buffer
	if got := run(context.Background(), args, &out, &log); got != want {
		t.Errorf("%v: ended with %d, want %d: %s", args, got, want, &log)
	}
	return log.String()
}

func TestWrongCommandLines(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"flag provided but not defined": {"--colour", "red"},
		"is not known":                  {"start"},
		"belong together":               {"--https", "--cert", "x.pem"},
		"is for --https":                {"--cert", "x.pem", "--key", "y.pem"},
	} {
		if said := fails(t, 2, args...); !strings.Contains(said, want) {
			t.Errorf("%v: got %q, want %q", args, said, want)
		}
	}
	fails(t, 1, "--seed", "nowhere.yaml", "--port", "0")
	fails(t, 0, "--help")
}
