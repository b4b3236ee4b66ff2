package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// runEnv makes the program of the tests the command itself.
const runEnv = "CLERKGO_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(runEnv) != "" {
		main()
	}
	os.Exit(m.Run())
}

// result is what a run of the command did.
type result struct {
	status         int
	stdout, stderr string
}

// start runs the command as a program of its own.
func start(t *testing.T, env []string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	for _, variable := range os.Environ() {
		if !strings.Contains(variable, "CLERK_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(append(cmd.Env, runEnv+"=1"), env...)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// environment is that of an application that uses an instance on loopback.
func environment(s *clerktest.Server) []string {
	o := s.Options()
	return []string{
		"CLERK_PUBLISHABLE_KEY=" + o.PublishableKey, "CLERK_SECRET_KEY=" + o.SecretKey, "CLERK_API_URL=" + o.APIURL,
		"CLERK_PROXY_URL=" + o.ProxyURL, "CLERK_SIGN_IN_URL=" + o.SignInURL,
	}
}

// application is one on loopback.
func application(t *testing.T, o core.Options) *httptest.Server {
	t.Helper()
	clerk, err := core.New(o)
	if err != nil {
		t.Fatal(err)
	}
	app := httptest.NewServer(httpclerk.With(clerk)(http.NotFoundHandler()))
	t.Cleanup(app.Close)
	return app
}

func TestDoctorAsAProgram(t *testing.T) {
	t.Parallel()
	s, other := clerktest.New(t), clerktest.New(t, clerktest.Config{SecondKey: true})
	app, foreign := application(t, s.Options()), application(t, other.Options())
	swapped := environment(s)
	swapped[0], swapped[1] = "CLERK_PUBLISHABLE_KEY="+s.SecretKey(), "CLERK_SECRET_KEY="+s.Options().PublishableKey
	away := append(environment(s), "CLERK_API_URL=http://127.0.0.1:1")
	for name, test := range map[string]struct {
		env    []string
		args   []string
		status int
		want   []string // in what it prints
	}{
		"everything is right": {environment(s), []string{"doctor", "--url", app.URL, "--authorized-party", app.URL}, exitFine, []string{
			"ok       keys         secret key at " + s.URL() + "/v1/jwks: Clerk accepts it.\n",
			"ok       parties      " + app.URL + ": is listed in Options.AuthorizedParties.\n",
			"ok       application  " + app.URL + "/: the application knows its public address, but believes",
			"note     versions     the application's modules: were not looked at. Give its program with --binary.\n",
		}},
		"no address":          {environment(s), []string{"doctor"}, exitFine, []string{"note     parties      Options.AuthorizedParties: were not looked at", "note     application  forwarded headers"}},
		"a refused key":       {append(environment(s), "CLERK_SECRET_KEY=sk_test_of_nobody"), []string{"doctor"}, exitFault, []string{"fault    keys         secret key at " + s.URL() + "/v1/jwks: Clerk refuses the secret key.\n                      Remedy: Copy both keys", "1 fault, "}},
		"two instances":       {append(environment(s), "CLERK_PROXY_URL="+other.URL()), []string{"doctor"}, exitFault, []string{"has other signing keys"}},
		"swapped keys":        {swapped, []string{"doctor"}, exitFault, []string{"swap them"}},
		"no keys":             {nil, []string{"doctor"}, exitFault, []string{"Publishable key is missing.", "Missing Clerk Secret Key."}},
		"Clerk is away":       {away, []string{"doctor", "--timeout", "20s"}, exitFault, []string{"could not be checked: dial tcp 127.0.0.1:1"}},
		"another application": {environment(s), []string{"doctor", "--url", foreign.URL}, exitFault, []string{"it runs with other keys"}},
		"another party":       {environment(s), []string{"doctor", "--url", app.URL, "--authorized-party", "https://app.example"}, exitFault, []string{"is not listed"}},
		"a warning":           {environment(s), []string{"doctor", "--url", s.URL()}, exitFine, []string{"nothing of the middleware shows", "1 warning, "}},
		"a strict warning":    {environment(s), []string{"doctor", "--url", s.URL(), "-strict"}, exitFault, []string{"1 warning, "}},
		"a program":           {environment(s), []string{"doctor", "--binary", os.Args[0]}, exitFine, []string{"versions     modules: clerkgo"}},

		"version":          {nil, []string{"version"}, exitFine, []string{"clerkgo ", "(go1."}},
		"help":             {nil, []string{"help"}, exitFine, []string{"clerkgo doctor [flags]"}},
		"help with a flag": {nil, []string{"doctor", "-h"}, exitFine, []string{"--authorized-party", "Exit status: 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := start(t, test.env, test.args...)
			if got.status != test.status || got.stderr != "" {
				t.Errorf("got status %d, want %d: %s%s", got.status, test.status, got.stderr, got.stdout)
			}
			for _, want := range test.want {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("got no %q in:\n%s", want, got.stdout)
				}
			}
			for _, secret := range []string{s.SecretKey(), "of_nobody", "\x1b"} {
				if strings.Contains(got.stdout, secret) {
					t.Errorf("got %q in:\n%s", secret, got.stdout)
				}
			}
		})
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"nothing":                  {nil, "Usage:"},
		"another command":          {[]string{"nurse"}, `there is no command "nurse"`},
		"another flag":             {[]string{"doctor", "--help-me"}, "flag provided but not defined: -help-me"},
		"an address without flag":  {[]string{"doctor", "https://app.example"}, `"https://app.example" is no flag: addresses come behind --url`},
		"a time-out that is none":  {[]string{"doctor", "--timeout", "soon"}, "invalid value"},
		"a time-out of no time":    {[]string{"doctor", "--timeout", "0"}, "--timeout must be positive"},
		"a program that is none":   {[]string{"doctor", "--binary", "main_test.go"}, "--binary: "},
		"a program that is absent": {[]string{"doctor", "--binary", "absent"}, "--binary: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := start(t, nil, test.args...)
			if got.status != exitUsage || got.stdout != "" || !strings.Contains(got.stderr, test.want) || !strings.Contains(got.stderr, "Usage:") {
				t.Errorf("got status %d, %q, %q, want %d and %q", got.status, got.stdout, got.stderr, exitUsage, test.want)
			}
		})
	}
}

func TestReportAsJSON(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	got := start(t, append(environment(s), "CLERK_SECRET_KEY=sk_live_of_nobody"), "doctor", "--json")
	var report core.Report
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil || got.status != exitFault {
		t.Fatalf("got status %d, %v: %s", got.status, err, got.stdout)
	}
	if report.Worst() != core.LevelFault || len(report.Findings) < 6 || report.Findings[0].Check != "options" {
		t.Errorf("got %s", report)
	}
}

// town is a network without any other: it knows who answers for a host.
type town map[string]http.RoundTripper

func (n town) RoundTrip(r *http.Request) (*http.Response, error) {
	if answer, ok := n[r.URL.Host]; ok {
		return answer.RoundTrip(r)
	}
	return nil, errors.New("lookup " + r.URL.Host + ": no such host")
}

// at is whoever listens on loopback; what comes there comes without TLS.
type at string

func (base at) RoundTrip(r *http.Request) (*http.Response, error) {
	u, err := url.Parse(string(base))
	if err != nil {
		return nil, err
	}
	host := r.URL.Host
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = u.Scheme, u.Host, host
	return http.DefaultTransport.RoundTrip(r)
}

// TestSampleOfTheGuide examines an application behind a proxy that does not say that it
// ends TLS, and holds what is printed against the guide.
func TestSampleOfTheGuide(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{FrontendAPI: "clerk.example.com", Production: true})
	o := s.Options()
	o.ProxyURL, o.SignInURL, o.SignUpURL, o.Outage.ProbeInterval = "", "", "", -1
	network := town{"api.clerk.com": at(s.URL()), "clerk.example.com": at(s.URL()), "app.example.com": at(application(t, o).URL)}
	env := map[string]string{"CLERK_PUBLISHABLE_KEY": o.PublishableKey, "CLERK_SECRET_KEY": o.SecretKey}
	lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	args := []string{"doctor", "--url", "https://app.example.com/dashboard", "--authorized-party", "https://app.example.com"}
	run := func(colours bool) string {
		var stdout, stderr bytes.Buffer
		p := program{stdout: &stdout, stderr: &stderr, lookup: lookup, colours: colours, client: &http.Client{Transport: network}}
		if status := p.run(t.Context(), args); status != exitFault || stderr.Len() > 0 {
			t.Errorf("got status %d, %s", status, &stderr)
		}
		return stdout.String()
	}
	plain := run(false)
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "doctor.md"))
	if err != nil {
		t.Fatal(err)
	}
	if sample := "$ clerkgo " + strings.Join(args, " ") + "\n" + plain; !strings.Contains(strings.ReplaceAll(string(page), "\r\n", "\n"), sample) {
		t.Errorf("the guide does not show what is printed:\n%s", sample)
	}
	coloured := run(true)
	if !strings.Contains(coloured, "\x1b[1;31mfault") || !strings.Contains(coloured, "\x1b[32mok") {
		t.Errorf("got no colours: %q", coloured)
	}
	if got := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured, ""); got != plain {
		t.Errorf("with colours: got %q, want %q", got, plain)
	}
}

func TestWantsColours(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	terminal, err := os.Open(os.DevNull) // a device of characters, as a terminal is
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	for name, test := range map[string]struct {
		file *os.File
		env  map[string]string
		want bool
	}{
		"a file":           {file, nil, false},
		"a terminal":       {terminal, nil, true},
		"without colours":  {terminal, map[string]string{"NO_COLOR": "1"}, false},
		"an empty wish":    {terminal, map[string]string{"NO_COLOR": ""}, true},
		"a dumb terminal":  {terminal, map[string]string{"TERM": "dumb"}, false},
		"another terminal": {terminal, map[string]string{"TERM": "xterm"}, true},
	} {
		lookup := func(name string) (string, bool) { value, ok := test.env[name]; return value, ok }
		if got := wantsColours(test.file, lookup); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

// TestNothingThatTerminalsObeyIsPrinted writes what a stranger's server may have said.
func TestNothingThatTerminalsObeyIsPrinted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := table{&out, false}.write(core.Report{Findings: []core.Finding{{Level: core.LevelNote, Check: "application", Subject: "x", Found: "a\x1b[2Jb\u202ec " + strings.Repeat("word ", 40)}}})
	if err != nil || strings.ContainsAny(out.String(), "\x1b\u202e") {
		t.Errorf("got %q, %v", out.String(), err)
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > lineWidth+1 {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
}
