package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// command is a command to run in a directory.
type command struct {
	dir string
	env []string // nil is this process's own
	out io.Writer
}

// run runs a command. What it prints is shown.
func (c command) run(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	cmd.Stdout, cmd.Stderr = c.out, c.out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

// quietly runs a command. What it prints is part of the error, if it fails.
func (c command) quietly(ctx context.Context, name string, args ...string) error {
	var printed bytes.Buffer
	c.out = &printed
	if err := c.run(ctx, name, args...); err != nil {
		return fmt.Errorf("%w\n%s", err, printed.Bytes())
	}
	return nil
}

// output runs a command and returns what it prints on its standard output.
func (c command) output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	printed, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, complaint.Bytes())
	}
	return string(printed), nil
}

// goEnv asks Go for its settings.
func goEnv(ctx context.Context, names ...string) (map[string]string, error) {
	printed, err := command{}.output(ctx, "go", append([]string{"env", "-json"}, names...)...)
	if err != nil {
		return nil, err
	}
	settings := map[string]string{}
	return settings, json.Unmarshal([]byte(printed), &settings)
}
