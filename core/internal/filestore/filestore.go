// Package filestore keeps entries in files of one directory, which processes may share.
package filestore

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Bounds of a directory.
const (
	maxValue   = 2 << 20
	maxBytes   = 64 << 20
	maxEntries = 1 << 10
	maxTemp    = time.Hour // how old a file may be that is being written
	// tidyInterval is how often what has expired is looked for.
	tidyInterval = time.Hour
)

// The names of our files, which are the only ones that are touched.
const (
	entrySuffix = ".clerkgo"
	tempSuffix  = ".clerkgo-new"
)

// header is when an entry expires, in Unix milliseconds.
const header = 8

// Store keeps each entry in a file of its own, which is replaced as a whole.
type Store struct {
	dir    string
	now    func() time.Time
	tidied atomic.Int64 // when everything was last read, Unix milliseconds
}

// New returns a store in a directory, which is made when it is first written to.
func New(dir string) *Store {
	return &Store{dir: dir, now: time.Now} //nolint:forbidigo // files outlive a process and its clock
}

// Get returns an entry, nil where there is none.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(s.dir) // Links that lead out of it are not followed.
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	data, err := readFile(root, fileName(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil || !s.now().Before(expiry(data)) {
		return nil, err
	}
	return data[header:], nil
}

// Set writes an entry.
func (s *Store) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(value) > maxValue {
		return fmt.Errorf("an entry of %d bytes is too long", len(value))
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	name, temp := fileName(key), rand.Text()+tempSuffix
	_, err = root.Lstat(name)
	isNew := err != nil
	data := binary.BigEndian.AppendUint64(make([]byte, 0, header+len(value)), uint64(s.now().Add(ttl).UnixMilli()))
	if err = writeFile(root, temp, append(data, value...)); err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		_ = root.Remove(temp) // It may not be there.
		return err
	}
	if isNew {
		s.tidy(root)
	}
	return nil
}

// fileName tells nothing of a key.
func fileName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:]) + entrySuffix
}

func expiry(data []byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(data)))
}

func readFile(root *os.Root, name string) ([]byte, error) {
	info, err := root.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // To open a pipe could take for ever.
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, header+maxValue+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) < header || len(data) > header+maxValue:
		return nil, fmt.Errorf("%s is damaged", name)
	}
	return data, nil
}

func writeFile(root *os.Root, name string, data []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return cmp.Or(err, f.Close())
}

// tidy removes what has expired, now and then, what was never finished, and what expires
// next where there is too much.
func (s *Store) tidy(root *os.Root) {
	infos, err := list(root)
	if err != nil {
		return
	}
	now := s.now()
	var entries []entry
	total := int64(0)
	for _, info := range infos {
		name := info.Name()
		switch {
		case !info.Mode().IsRegular():
		case strings.HasSuffix(name, tempSuffix) && now.Sub(info.ModTime()) > maxTemp:
			_ = root.Remove(name) // Another process may have been faster.
		case strings.HasSuffix(name, entrySuffix):
			entries = append(entries, entry{name: name, size: info.Size()})
			total += info.Size()
		}
	}
	tooMuch := len(entries) > maxEntries || total > maxBytes
	if last := s.tidied.Load(); !tooMuch && now.Sub(time.UnixMilli(last)) < tidyInterval {
		return
	}
	s.tidied.Store(now.UnixMilli())
	for i := range entries {
		if data, err := readFile(root, entries[i].name); err == nil {
			entries[i].expires = expiry(data)
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return a.expires.Compare(b.expires) })
	for _, e := range entries {
		// Somewhat more than is too much, so that the next entry does not find that again.
		expired := !now.Before(e.expires)
		if !expired && (!tooMuch || len(entries) <= maxEntries/8*7 && total <= maxBytes/8*7) {
			return
		}
		_ = root.Remove(e.name) // as above
		total -= e.size
		entries = entries[1:]
	}
}

// entry is an entry that tidy finds.
type entry struct {
	name    string
	size    int64
	expires time.Time
}

func list(root *os.Root) ([]fs.FileInfo, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdir(-1)
}
