package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// errLocked says that another process holds a lock.
var errLocked = errors.New("locked")

// stateLock keeps other processes away from a state file. It ends with the process,
// however that ends.
type stateLock struct{ file *os.File }

// lockState locks a state file, by a file next to it: the state itself is replaced
// with each save. Its first byte is what is locked, what follows says by whom.
func lockState(name string) (*stateLock, error) {
	file, err := os.OpenFile(filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("state: %s cannot be locked: %w", name, err)
	}
	switch err := lock(file); {
	case errors.Is(err, errLocked):
		holder := "another emulator"
		if text, err := io.ReadAll(io.NewSectionReader(file, 1, 1024)); err == nil && len(text) > 0 {
			holder += " (" + strings.TrimSpace(string(text)) + ")"
		}
		return nil, errors.Join(fmt.Errorf("state: %s is in use by %s. Stop that one, or start with another --state", name, holder), file.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("state: %s cannot be locked: %w. Put it on a disk of this machine", name, err), file.Close())
	}
	says := "\nprocess " + strconv.Itoa(os.Getpid())
	if host, err := os.Hostname(); err == nil {
		says += " on " + host
	}
	if err := errors.Join(file.Truncate(0), second(file.WriteAt([]byte(says+"\n"), 0))); err != nil {
		return nil, errors.Join(fmt.Errorf("state: %s cannot be locked: %w", name, err), file.Close())
	}
	return &stateLock{file}, nil
}

func second(_ int, err error) error { return err }

// free lets others have the state.
func (l *stateLock) free() { _ = l.file.Close() } // Nothing is left to be written.
