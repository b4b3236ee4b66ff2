package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// examplesDir is the module whose programs users run by "go run path@version".
const examplesDir = "examples"

var printedURL = regexp.MustCompile(`http://localhost:[0-9]+`)

// runExamples runs programs of the examples as a stranger does, at most so many;
// zero means all. Each must print the address at which it listens.
func (s *stage) runExamples(ctx context.Context, out io.Writer, most int) error {
	programs, err := s.programs()
	if err != nil {
		return err
	}
	if most > 0 {
		programs = programs[:min(most, len(programs))]
	}
	dir := s.directory("users", examplesDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, program := range programs {
		if err := s.runExample(ctx, out, dir, program+"@"+s.version); err != nil {
			return err
		}
	}
	return nil
}

// programs lists the programs of the examples.
func (s *stage) programs() ([]string, error) {
	m, err := s.runnable(examplesDir)
	if err != nil {
		return nil, err
	}
	found, err := filepath.Glob(filepath.Join(s.copy.root, m.dir, "*", "main.go"))
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("no programs in %s", m.dir)
	}
	for i, file := range found {
		found[i] = path.Join(m.path(), filepath.Base(filepath.Dir(file)))
	}
	return found, nil
}

func (s *stage) runExample(ctx context.Context, out io.Writer, dir, program string) error {
	fmt.Fprintf(out, "$ go run %s\n", program)
	env := without(s.env, "CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY")
	p, err := start(ctx, command{dir: dir, env: append(env, "PORT=0")}, "go", "run", program)
	if err != nil {
		return err
	}
	defer p.stop()
	base, err := p.prints(ctx, printedURL.FindString)
	if err != nil {
		return err
	}
	status, body, err := ask(ctx, base, question{path: "/"})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  %-15s %-24s %d, %d bytes\n", "/", "signed out", status, len(body))
	if status != 200 || strings.TrimSpace(body) == "" {
		return fmt.Errorf("%s answered %d %q\n%s", program, status, body, p.printed())
	}
	return nil
}
