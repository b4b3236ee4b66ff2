//go:build !unix

package main

import (
	"os/exec"
	"strconv"
)

func (p *process) group() {}

// kill ends the program and what it started: "go run" starts the program that it
// builds.
func (p *process) kill() error {
	return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.cmd.Process.Pid)).Run() //nolint:noctx // It ends at once.
}
