package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

// emulatorDir is the module that is a program, which users run by "go run path@version".
const emulatorDir = "emulator"

// emulatorURL is where the program says that it is, in its line of JSON.
var emulatorURL = regexp.MustCompile(`"url":"(http://localhost:[0-9]+)"`)

// runEmulator runs the emulator once as a stranger does: it must say where it listens,
// and answer there that it is ready, with a user of its own and its first page.
func (s *stage) runEmulator(ctx context.Context, out io.Writer) error {
	m, err := s.runnable(emulatorDir)
	if err != nil {
		return err
	}
	dir := s.directory("users", emulatorDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	program := m.path() + "@" + s.version
	fmt.Fprintf(out, "$ go run %s --port 0 --json\n", program)
	p, err := start(ctx, command{dir: dir, env: s.env}, "go", "run", program, "--port", "0", "--json")
	if err != nil {
		return err
	}
	defer p.stop()
	base, err := p.prints(ctx, func(printed string) string {
		if m := emulatorURL.FindStringSubmatch(printed); m != nil {
			return m[1]
		}
		return ""
	})
	if err != nil {
		return err
	}
	for _, q := range []question{
		{what: "ready", path: "/health", status: 200, contains: `"ok"`},
		{what: "the dashboard", path: "/", status: 200, contains: "<h1>Overview</h1>"},
		{what: "its style", path: "/_dashboard/style.css", status: 200, contains: "color-scheme"},
		{what: "the sign-in page", path: "/sign-in", status: 200, contains: "<form"},
	} {
		status, body, err := ask(ctx, base, q)
		if err != nil {
			return fmt.Errorf("%w\n%s", err, p.printed())
		}
		fmt.Fprintf(out, "  %-22s %-17s %d, %d bytes\n", q.path, q.what, status, len(body))
		if status != q.status || !strings.Contains(body, q.contains) {
			return fmt.Errorf("%s: %s answered %d %q, want %d with %q\n%s", program, q.path, status, body, q.status, q.contains, p.printed())
		}
	}
	return nil
}

// runnable returns the module in a directory, whose programs can be run by path and
// version.
func (s *stage) runnable(dir string) (*member, error) {
	at := slices.IndexFunc(s.copy.modules, func(m *member) bool { return m.dir == dir })
	if at < 0 {
		return nil, fmt.Errorf("there is no module in %s", dir)
	}
	m := s.copy.modules[at]
	if len(m.file.Replace) > 0 {
		return nil, fmt.Errorf(`%s/go.mod has a replace line: "go run path@version" refuses modules that do`, m.dir)
	}
	if !m.released() {
		return nil, fmt.Errorf("%s/go.mod says that the module is not released: nobody could run its programs", m.dir)
	}
	return m, nil
}
