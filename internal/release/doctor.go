package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// runDoctor runs the doctor once as a stranger does, without keys: it must say that they
// are missing, and call that a fault.
func (s *stage) runDoctor(ctx context.Context, out io.Writer) error {
	m := s.copy.main()
	if len(m.file.Replace) > 0 {
		return errors.New(`go.mod has a replace line: "go run path@version" refuses modules that do`)
	}
	dir := s.directory("users", "doctor")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	program := m.path() + "/cmd/clerkgo@" + s.version
	fmt.Fprintf(out, "$ go run %s doctor\n", program)
	cmd := exec.CommandContext(ctx, "go", "run", program, "doctor")
	cmd.Dir, cmd.Env = dir, without(s.env, "CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY", "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY")
	printed, err := cmd.Output()
	var exit *exec.ExitError
	if err == nil {
		return fmt.Errorf("%s doctor found no fault without keys\n%s", program, printed)
	}
	if !errors.As(err, &exit) || !strings.Contains(string(exit.Stderr), "exit status 1") || !strings.Contains(string(printed), "Publishable key is missing.") {
		return fmt.Errorf("%s doctor: %w, want exit status 1 and the missing key\n%s", program, err, printed)
	}
	fmt.Fprintf(out, "  %-22s %-17s exit status 1, %d bytes\n", "doctor", "without keys", len(printed))
	return nil
}
