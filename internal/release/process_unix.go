//go:build unix

package main

import "syscall"

// group makes the program the head of a group, so that what it starts ends with
// it: "go run" starts the program that it builds.
func (p *process) group() {
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

func (p *process) kill() error {
	return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
}
