package filestore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/filestore"
)

func set(t *testing.T, s *filestore.Store, key, value string, ttl time.Duration) {
	t.Helper()
	if err := s.Set(t.Context(), key, []byte(value), ttl); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, s *filestore.Store, key, value string) {
	t.Helper()
	got, err := s.Get(t.Context(), key)
	if err != nil || string(got) != value || (got == nil) != (value == "") {
		t.Errorf("%s: got %q, %v, want %q", key, got, err, value)
	}
}

// files are the names in a directory.
func files(t *testing.T, dir string) []string {
	t.Helper()
	infos, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(infos))
	for i, info := range infos {
		names[i] = info.Name()
	}
	return names
}

func TestStoreKeepsEntriesInFiles(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "of", "clerk")
	s := filestore.New(dir)
	want(t, s, "a", "")
	set(t, s, "a", "first", time.Hour)
	set(t, s, "a", "second", time.Hour)
	set(t, s, "b/../b", "other", time.Hour)
	set(t, s, "gone", "expired", -1)
	want(t, filestore.New(dir), "a", "second")
	want(t, filestore.New(dir), "b/../b", "other")
	want(t, s, "gone", "")
	names := files(t, dir)
	if len(names) > 3 {
		t.Errorf("got files %q", names)
	}
	for _, name := range names {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode() != 0o600 || len(name) != 2*sha256.Size+len(".clerkgo") {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
	if info, err := os.Stat(dir); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info.Mode(), err)
	}
}

// TestStoreOfEntriesThatAreNone: what is no entry is an error, or nothing, and never waits.
func TestStoreOfEntriesThatAreNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := filestore.New(dir)
	set(t, s, "a", "value", time.Hour)
	path := filepath.Join(dir, files(t, dir)[0])
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, bytes.Repeat([]byte{0x01}, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, put := range map[string]func() error{
		"a directory":       func() error { return os.Mkdir(path, 0o700) },
		"a link out":        func() error { return os.Symlink(outside, path) },
		"seven bytes":       func() error { return os.WriteFile(path, make([]byte, 7), 0o600) },
		"four megabytes":    func() error { return os.WriteFile(path, make([]byte, 4<<20), 0o600) },
		"an expired entry":  func() error { return os.WriteFile(path, make([]byte, 100), 0o600) },
		"nothing":           func() error { return nil },
		"an empty file":     func() error { return os.WriteFile(path, nil, 0o600) },
		"a link to nothing": func() error { return os.Symlink(outside+"x", path) },
	} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := put(); err != nil {
			if runtime.GOOS == "windows" {
				continue // Links need a privilege.
			}
			t.Fatal(err)
		}
		if got, err := s.Get(t.Context(), "a"); got != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if got, err := os.ReadFile(outside); err != nil || len(got) != 100 {
		t.Errorf("the file outside: %d bytes, %v", len(got), err)
	}
}

func TestStoreWithoutItsDirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"a file": file, "below a file": filepath.Join(file, "dir"), "no name": ""} {
		s := filestore.New(dir)
		if err := s.Set(t.Context(), "a", []byte("value"), time.Hour); err == nil {
			t.Errorf("%s: Set succeeds", name)
		}
		if got, _ := s.Get(t.Context(), "a"); got != nil {
			t.Errorf("%s: got %q", name, got)
		}
	}
	locked := filepath.Join(t.TempDir(), "locked")
	if err := os.Mkdir(locked, 0o300); err != nil {
		t.Fatal(err)
	}
	s := filestore.New(locked)
	set(t, s, "a", "value", time.Hour) // It cannot be listed, but written to.
	want(t, s, "a", "value")
}

func TestStoreHeedsItsContext(t *testing.T) {
	t.Parallel()
	s := filestore.New(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Get(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("Get: %v", err)
	}
	if err := s.Set(ctx, "a", []byte("value"), time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("Set: %v", err)
	}
}

// TestStoreIsBounded in number and in bytes, and leaves the files of others alone.
func TestStoreIsBounded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ size, entries, most int }{
		"in number": {1, 1100, 1024},
		"in bytes":  {2 << 20, 40, 32},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := filestore.New(dir)
			old, fresh, foreign := filepath.Join(dir, "OLD.clerkgo-new"), filepath.Join(dir, "FRESH.clerkgo-new"), filepath.Join(dir, "notes.txt")
			for _, path := range []string{old, fresh, foreign} {
				if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			long := time.Now().Add(-2 * time.Hour)
			if err := os.Chtimes(old, long, long); err != nil {
				t.Fatal(err)
			}
			value := strings.Repeat("x", tt.size)
			for i := range tt.entries {
				set(t, s, fmt.Sprint("entry ", i), value, time.Hour+time.Duration(i)*time.Minute)
			}
			want(t, s, "entry 0", "") // expires first
			want(t, s, fmt.Sprint("entry ", tt.entries-1), value)
			entries := 0
			for _, name := range files(t, dir) {
				if strings.HasSuffix(name, ".clerkgo") {
					entries++
				}
			}
			if entries > tt.most || entries < tt.most*3/4 {
				t.Errorf("%d entries are left, want %d", entries, tt.most)
			}
			for path, there := range map[string]bool{old: false, fresh: true, foreign: true} {
				if _, err := os.Stat(path); (err == nil) != there || err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: %v", filepath.Base(path), err)
				}
			}
		})
	}
	if err := filestore.New(t.TempDir()).Set(t.Context(), "a", make([]byte, 3<<20), time.Hour); err == nil {
		t.Error("Set takes 3 MiB")
	}
}

// whole is a value that shows whether it is whole.
func whole(writer string, i int) []byte {
	body := bytes.Repeat(fmt.Appendf(nil, "%s %d,", writer, i), 500)
	sum := sha256.Sum256(body)
	return append(body, sum[:]...)
}

func isWhole(value []byte) bool {
	if len(value) < sha256.Size {
		return false
	}
	body := value[:len(value)-sha256.Size]
	sum := sha256.Sum256(body)
	return bytes.Equal(sum[:], value[len(body):])
}

// TestStoreOfSeveralProcesses: whoever reads sees one of the values, as a whole.
func TestStoreOfSeveralProcesses(t *testing.T) {
	const dirVar = "CLERKGO_TEST_STORE_DIR"
	const writes = 100
	if dir := os.Getenv(dirVar); dir != "" {
		s := filestore.New(dir)
		for i := range writes {
			if err := s.Set(t.Context(), "shared", whole(fmt.Sprint(os.Getpid()), i), time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 3 {
		wg.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestStoreOfSeveralProcesses$", "-test.count=1")
			cmd.Env = append(os.Environ(), dirVar+"="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("a writer: %v\n%s", err, out)
			}
		})
	}
	go func() { wg.Wait(); cancel() }()
	s := filestore.New(dir)
	reads := 0
	for ctx.Err() == nil {
		value, err := s.Get(t.Context(), "shared")
		if err != nil || value != nil && !isWhole(value) {
			t.Fatalf("got %d bytes, %v, which are not whole", len(value), err)
		}
		if value != nil {
			reads++
		}
	}
	if names := files(t, dir); reads == 0 || len(names) != 1 {
		t.Errorf("%d reads; left are %q", reads, names)
	}
}
