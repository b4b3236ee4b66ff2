package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// server is a server process on one processor.
type server struct {
	name string
	addr string
	cmd  *exec.Cmd
}

// start starts a server, and waits until it says where it listens.
func start(ctx context.Context, name string, env []string, command ...string) (*server, error) {
	if pin, err := exec.LookPath("taskset"); err == nil {
		command = append([]string{pin, "-c", "0"}, command...)
	}
	s := &server{name: name, cmd: exec.CommandContext(ctx, command[0], command[1:]...)}
	s.cmd.Env = append(os.Environ(), env...)
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		return nil, errors.Join(fmt.Errorf("%s did not start", name), lines.Err(), s.stop())
	}
	s.addr = lines.Text()
	return s, nil
}

// stop ends the process, if it has not ended.
func (s *server) stop() error {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	var exit *exec.ExitError
	if err := s.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

// pinSelf moves this process away from the servers' processor, where that is
// possible.
func pinSelf(ctx context.Context) {
	if pin, err := exec.LookPath("taskset"); err == nil {
		// With a single processor this fails, and everything shares it.
		_ = exec.CommandContext(ctx, pin, "-a", "-c", "-p", "1", strconv.Itoa(os.Getpid())).Run()
	}
}

// cpu returns how long the process has run on a processor. ok is false where the
// system does not tell in the way of Linux.
func (s *server) cpu() (used time.Duration, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, false
	}
	// The name, in parentheses, may contain anything; user and system time are the
	// 12th and 13th field after it, in hundredths of a second.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, false
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, err1 == nil && err2 == nil
}
