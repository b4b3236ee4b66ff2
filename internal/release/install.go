package main

import (
	"context"
	_ "embed" // For the test that a user would write.
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest"
)

// userTest is a test as a user writes it: it drives the README's program by means
// of clerktest. ADDRESS stands for where the program listens.
//
//go:embed testdata/program_test.go.txt
var userTest string

// installCurrent installs adapters, or all, at the version that the repository
// requires, and runs the examples, the emulator and the doctor.
func installCurrent(ctx context.Context, out io.Writer, w *workspace, names []string) error {
	s, err := newStage(ctx, w, "")
	if err != nil {
		return err
	}
	defer s.close()
	return s.install(ctx, out, names)
}

// install does what a stranger does who reads the README, for the named adapters
// or all, and runs as many of the examples, the emulator and the doctor.
func (s *stage) install(ctx context.Context, out io.Writer, names []string) error {
	adapters, err := readAdapters(s.copy)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.ContainsFunc(adapters, func(a adapter) bool { return a.name == name }) {
			return fmt.Errorf("README.md offers no adapter %q", name)
		}
	}
	for _, a := range adapters {
		if len(names) > 0 && !slices.Contains(names, a.name) {
			continue
		}
		if err := s.installAdapter(ctx, out, a); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	if err := s.runExamples(ctx, out, len(names)); err != nil {
		return err
	}
	if err := s.runEmulator(ctx, out); err != nil {
		return err
	}
	return s.runDoctor(ctx, out)
}

// installAdapter types the README's lines in an empty directory.
func (s *stage) installAdapter(ctx context.Context, out io.Writer, a adapter) error {
	dir := s.directory("users", a.name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	listen, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	c := command{dir: dir, env: s.env}
	if err := c.quietly(ctx, "go", "mod", "init", "example.com/app"); err != nil {
		return err
	}
	fmt.Fprintf(out, "== %s\n$ %s\n", a.name, a.install)
	install := strings.Fields(a.install)
	if err := c.quietly(ctx, install[0], install[1:]...); err != nil {
		return err
	}
	if err := s.checkInstalled(ctx, c); err != nil {
		return err
	}

	program := strings.Replace(a.program, address, listen, 1)
	test := strings.ReplaceAll(userTest, "ADDRESS", listen)
	if err := errors.Join(
		os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600),
		os.WriteFile(filepath.Join(dir, "main_test.go"), []byte(test), 0o600),
	); err != nil {
		return err
	}
	get := "go get " + s.copy.main().path() + "/clerktest" // Tests may need more than the program.
	fmt.Fprintln(out, "$ "+get)
	if err := c.quietly(ctx, "go", strings.Fields(get)[1:]...); err != nil {
		return err
	}
	fmt.Fprintln(out, "$ go vet . && go build -o app .")
	if err := c.quietly(ctx, "go", "vet", "."); err != nil {
		return err
	}
	binary := filepath.Join(dir, "app.exe") // Windows needs the ending, others do not mind.
	if err := c.quietly(ctx, "go", "build", "-o", binary, "."); err != nil {
		return err
	}
	if err := s.askProgram(ctx, out, binary, listen); err != nil {
		return err
	}
	fmt.Fprintln(out, "$ go test .")
	return c.quietly(ctx, "go", "test", "-count=1", ".")
}

// checkInstalled makes sure that the modules came from here, and not an older
// version from elsewhere.
func (s *stage) checkInstalled(ctx context.Context, c command) error {
	listed, err := c.output(ctx, "go", "list", "-m", "-f", "{{.Path}} {{.Version}}", "all")
	if err != nil {
		return err
	}
	for line := range strings.Lines(listed) {
		modulePath, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		if s.copy.find(modulePath) != nil && version != s.version {
			return fmt.Errorf("got %s %s, want %s", modulePath, version, s.version)
		}
	}
	return nil
}

// askProgram starts the README's program with the keys of a Clerk instance of its
// own, and compares its answers with what the README says.
func (s *stage) askProgram(ctx context.Context, out io.Writer, binary, listen string) error {
	clerk, err := clerktest.NewServer(clerktest.Config{ //nolint:contextcheck // closed below
		Users: []clerktest.User{{ID: "user_ada"}, {ID: "user_bob"}},
		Organizations: []clerktest.Organization{{ID: "org_acme", Members: []clerktest.Member{
			{UserID: "user_ada", Role: "org:admin"},
			{UserID: "user_bob", Role: "org:member"},
		}}},
	})
	if err != nil {
		return err
	}
	defer clerk.Close()
	options := clerk.Options()
	env := append(slices.Clone(s.env),
		"CLERK_PUBLISHABLE_KEY="+options.PublishableKey,
		"CLERK_SECRET_KEY="+options.SecretKey,
		"CLERK_API_URL="+options.APIURL,
		"CLERK_PROXY_URL="+options.ProxyURL,
	)
	fmt.Fprintln(out, "$ ./app &")
	p, err := start(ctx, command{dir: filepath.Dir(binary), env: env}, binary)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.listens(ctx, listen); err != nil {
		return err
	}
	ada := "Bearer " + clerk.SessionToken("user_ada", clerktest.InOrganization("org_acme"))
	bob := "Bearer " + clerk.SessionToken("user_bob", clerktest.InOrganization("org_acme"))
	for _, q := range []question{
		{what: "signed out", path: "/", status: 200, contains: `"signedIn":false`},
		{what: "Ada", path: "/", header: "Authorization", value: ada, status: 200, contains: `"user_ada"`},
		{what: "signed out", path: "/dashboard", status: 404},
		{what: "signed out, a page load", path: "/dashboard", header: "Sec-Fetch-Dest", value: "document", status: 307},
		{what: "Ada", path: "/dashboard", header: "Authorization", value: ada, status: 200, contains: "hello"},
		{what: "Bob, a member", path: "/admin/members", header: "Authorization", value: bob, status: 404},
		{what: "Ada, an admin", path: "/admin/members", header: "Authorization", value: ada, status: 200, contains: "members"},
	} {
		status, body, err := ask(ctx, "http://"+listen, q)
		if err != nil {
			return fmt.Errorf("%w\n%s", err, p.printed())
		}
		fmt.Fprintf(out, "  %-15s %-24s %d %.60s\n", q.path, q.what, status, strings.TrimSpace(body))
		if status != q.status || !strings.Contains(body, q.contains) {
			return fmt.Errorf("%s (%s): got %d %q, want %d with %q\n%s", q.path, q.what, status, body, q.status, q.contains, p.printed())
		}
	}
	return nil
}

// freeAddress returns an address of this machine at which nothing listens.
func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "localhost:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return net.JoinHostPort("localhost", port), errors.Join(err, l.Close())
}
