//go:build unix

package redistest

import (
	"os"
	"syscall"
	"testing"
)

// Freeze stops the process where it is, with its connections open, until [Server.Thaw].
func (s *Server) Freeze(t testing.TB) { s.signal(t, syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (s *Server) Thaw(t testing.TB) { s.signal(t, syscall.SIGCONT) }

func (s *Server) signal(t testing.TB, signal os.Signal) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.process.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}
