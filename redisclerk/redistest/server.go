//go:build unix

package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"
)

// Required is the environment variable that lets tests fail, instead of being skipped, where
// there is no redis-server.
const Required = "REDISCLERK_REQUIRE_REDIS"

// within is how long a server may take to do what it is told.
const within = 30 * time.Second

// Server is one process of Redis. It ends with its test.
type Server struct {
	Addr string

	port      string
	command   []string
	dir       string
	namespace string

	mu      sync.Mutex
	process *exec.Cmd
}

// Start starts a server, with more of its options than the address: "--save", "".
func Start(tb testing.TB, options ...string) *Server {
	tb.Helper()
	s := prepare(tb, "127.0.0.1", FreePort(tb))
	s.command = append(s.command, options...)
	s.Run(tb)
	return s
}

func prepare(tb testing.TB, host, port string) *Server {
	tb.Helper()
	program := program(tb)
	s := &Server{Addr: net.JoinHostPort(host, port), port: port, dir: tb.TempDir()}
	s.command = []string{
		program, "--port", port, "--bind", host, "--dir", s.dir, "--save", "", "--appendonly", "no",
		"--protected-mode", "no", "--loglevel", "notice", "--logfile", filepath.Join(s.dir, "log"),
	}
	tb.Cleanup(s.Kill)
	return s
}

// program finds redis-server, or skips the test.
func program(tb testing.TB) string {
	tb.Helper()
	program, err := exec.LookPath("redis-server")
	switch {
	case err == nil:
		return program
	case os.Getenv(Required) != "":
		tb.Fatalf("%s is set, and there is no redis-server: %v", Required, err)
	default:
		tb.Skip("there is no redis-server in PATH")
	}
	return ""
}

// FreePort returns a port that nothing listens on, nor on the one 10,000 above it, which is
// that of a Cluster's bus.
func FreePort(tb testing.TB) string {
	tb.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port //nolint:errcheck // It is one of TCP.
		_ = l.Close()
		if port+10_000 > 65_535 {
			port -= 30_000
			if port < 1024 {
				continue
			}
		}
		free := true
		for _, p := range []int{port, port + 10_000} {
			other, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
			if err != nil {
				free = false
				break
			}
			_ = other.Close()
		}
		if free {
			return strconv.Itoa(port)
		}
	}
	tb.Fatal("no port is free")
	return ""
}

// Run starts the process, also after [Server.Kill], and waits until it answers.
func (s *Server) Run(tb testing.TB) {
	tb.Helper()
	s.Begin(tb)
	s.Await(tb)
}

// Begin starts the process and does not wait.
func (s *Server) Begin(tb testing.TB) {
	tb.Helper()
	command := s.command
	if s.namespace != "" {
		command = append([]string{"ip", "netns", "exec", s.namespace}, command...)
	}
	process := exec.Command(command[0], command[1:]...)
	process.SysProcAttr = endsWithParent()
	if err := process.Start(); err != nil {
		tb.Fatal(err)
	}
	s.mu.Lock()
	s.process = process
	s.mu.Unlock()
}

// Await waits until the server answers.
func (s *Server) Await(tb testing.TB) {
	tb.Helper()
	Eventually(tb, "Redis answers at "+s.Addr, func() error {
		answer, err := s.Do("PING")
		if err == nil && !strings.Contains(answer, "PONG") {
			err = errors.New(answer)
		}
		return err
	})
}

// Kill ends the process without a warning, as kill -9 does.
func (s *Server) Kill() {
	s.mu.Lock()
	process := s.process
	s.process = nil
	s.mu.Unlock()
	if process != nil {
		_ = process.Process.Kill()
		_ = process.Wait()
	}
}

// Do sends one command over a connection of its own, and returns what comes back as it is.
func (s *Server) Do(arguments ...string) (string, error) {
	connection, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(5 * time.Second))
	request := fmt.Appendf(nil, "*%d\r\n", len(arguments))
	for _, argument := range arguments {
		request = fmt.Appendf(request, "$%d\r\n%s\r\n", len(argument), argument)
	}
	if _, err := connection.Write(request); err != nil {
		return "", err
	}
	answer := make([]byte, 64<<10)
	n, err := connection.Read(answer)
	if err != nil {
		return "", err
	}
	if answer[0] == '-' {
		return "", errors.New(string(answer[1:n]))
	}
	return string(answer[:n]), nil
}

// Client returns a client with the options that docs/fleets.md recommends.
func Client(tb testing.TB, change func(*rueidis.ClientOption), addresses ...string) rueidis.Client {
	tb.Helper()
	options := rueidis.ClientOption{
		InitAddress: addresses, ConnWriteTimeout: time.Second, Dialer: net.Dialer{Timeout: time.Second, KeepAlive: time.Second},
	}
	if change != nil {
		change(&options)
	}
	client, err := rueidis.NewClient(options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.Close)
	return client
}

// Eventually tries until it works.
func Eventually(tb testing.TB, what string, try func() error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			tb.Fatalf("it does not come to pass that %s: %v", what, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
