package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/emulator/internal/control"
)

// saveEvery is how long a change may wait until it is in the state file, and retryEvery
// how long until what could not be saved is tried again.
const (
	saveEvery  = 250 * time.Millisecond
	retryEvery = time.Second
)

// stateFile keeps an instance over restarts.
type stateFile struct {
	name     string
	instance http.Handler
	log      io.Writer
	dirty    chan struct{} // holds one

	mu    sync.Mutex // one save at a time
	saved []byte
}

// load restores what the file has. It reports false if there is none yet.
func (f *stateFile) load(ctx context.Context, instance http.Handler) (bool, error) {
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(f.name), "."+filepath.Base(f.name)+".*.next")) // Only a pattern can be wrong.
	for _, name := range left {
		_ = os.Remove(name) // What was being written when the program was killed.
	}
	text, err := os.ReadFile(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, f.save(ctx) // Says at once if it cannot be written.
	}
	if err != nil {
		return false, fmt.Errorf("state: %w", err)
	}
	if _, err := (control.Caller{Instance: instance}).Send(ctx, http.MethodPost, "/import", "application/json", text); err != nil {
		return false, fmt.Errorf("%s: %w. Start with another --state, or remove the file", f.name, err)
	}
	return true, nil
}

// watch notes that a request may have changed something.
func (f *stateFile) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if changes(r) {
			f.changed()
		}
	})
}

// changes reports whether a request may change the instance: all but reading, and those
// navigations and reads that make browsers, sessions' organizations and the like.
func changes(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions {
		return true
	}
	for _, prefix := range []string{"/v1/client", "/v1/oauth", "/v1/verify", "/v1/tickets", "/sign-", "/oauth"} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return true
		}
	}
	return false
}

// keep saves changes until the context ends. A disk that is full may have room later:
// what could not be saved is tried again, and said once.
func (f *stateFile) keep(ctx context.Context) {
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.dirty:
		}
		pause := saveEvery
		switch err := f.save(ctx); {
		case ctx.Err() != nil:
			return // close saves.
		case err != nil:
			if said != err.Error() {
				said = err.Error()
				fmt.Fprintf(f.log, "emulator: %s. It is tried again every second\n", said)
			}
			pause = retryEvery
			f.changed()
		case said != "":
			said = ""
			fmt.Fprintf(f.log, "emulator: state: %s is written again\n", f.name)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// changed asks for a save.
func (f *stateFile) changed() {
	select {
	case f.dirty <- struct{}{}:
	default: // One is due already.
	}
}

// close saves for the last time.
func (f *stateFile) close() {
	if err := f.save(context.Background()); err != nil {
		fmt.Fprintln(f.log, "emulator:", err)
	}
}

// save writes the state next to the file and puts it in its place when it is complete
// and on the disk, so that whoever reads the file finds all of one state.
func (f *stateFile) save(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer, err := control.Caller{Instance: f.instance}.Send(ctx, http.MethodGet, "/export", "application/json", nil)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	state := answer.Body.Bytes()
	if bytes.Equal(state, f.saved) {
		return nil
	}
	if err := replaceFile(f.name, state); err != nil {
		if inner, is := errors.AsType[*fs.PathError](err); is { // Its name is that of a file that nobody knows.
			err = inner.Err
		}
		return fmt.Errorf("state: %s cannot be written: %w", f.name, err)
	}
	f.saved = state
	return nil
}

func replaceFile(name string, content []byte) error {
	dir := filepath.Dir(name)
	next, err := os.CreateTemp(dir, "."+filepath.Base(name)+".*.next") // Readable by its owner only: there are keys in it.
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(next.Name()) }() // Gone already, unless something failed.
	_, err = next.Write(content)
	if err == nil {
		err = next.Sync()
	}
	if err = errors.Join(err, next.Close()); err != nil {
		return err
	}
	if err := os.Rename(next.Name(), name); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil // It has no such thing as syncing a directory.
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
