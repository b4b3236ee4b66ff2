package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// patience is how long a program may take to be built, to start or to answer.
const patience = 5 * time.Minute

// process is a program that runs, with what it started.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended

	mu   sync.Mutex
	text bytes.Buffer  // what it printed
	more chan struct{} // holds a value when it has printed since
}

func start(ctx context.Context, c command, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, name, args...), ended: make(chan struct{}), more: make(chan struct{}, 1)}
	p.cmd.Dir, p.cmd.Env = c.dir, c.env
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.Cancel = p.kill
	p.cmd.WaitDelay = 10 * time.Second
	p.group()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // That it ended is all that matters.
		close(p.ended)
	}()
	return p, nil
}

// Write keeps what the program prints.
func (p *process) Write(printed []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.more <- struct{}{}:
	default:
	}
	return p.text.Write(printed)
}

func (p *process) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// stop ends the program, and what it started.
func (p *process) stop() {
	_ = p.kill() // It may have ended.
	<-p.ended
}

// prints waits until the program has printed what find finds, and returns that.
func (p *process) prints(ctx context.Context, find func(string) string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if found := find(p.printed()); found != "" {
			return found, nil
		}
		select {
		case <-p.more:
		case <-p.ended:
			return "", fmt.Errorf("%s ended\n%s", p, p.printed())
		case <-ctx.Done():
			return "", fmt.Errorf("%s: %w\n%s", p, ctx.Err(), p.printed())
		}
	}
}

// listens waits until the program accepts connections.
func (p *process) listens(ctx context.Context, at string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", at)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-again.C:
		case <-p.ended:
			return fmt.Errorf("%s ended\n%s", p, p.printed())
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

func (p *process) String() string { return strings.Join(p.cmd.Args, " ") }

// question is a request, and what must be answered.
type question struct {
	what          string // who asks
	path          string
	header, value string
	status        int
	contains      string
}

// ask sends a request and follows no redirect.
func ask(ctx context.Context, base string, q question) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+q.path, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	if q.header != "" {
		req.Header.Set(q.header, q.value)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}
