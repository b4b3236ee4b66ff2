package core

import (
	"context"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/filestore"
)

// Store keeps small entries that outlive a process, or that several share: see
// [Outage].Store. [FileStore] is one; others are a few lines over a cache or a database.
//
// It need not be trusted with more than not to lose entries too often: what is read from it
// carries an authentication code under a key derived from Options.SecretKey, over the
// instance, the kind of the entry, its expiry and its content, and is believed only with
// it. Keys and values hold no secret. Who can write to a store can still put back what was
// written to it before, until that expires.
//
// Implementations must be safe for concurrent use. They should heed their context, which
// gives them half a second; one that does not is left alone. Their errors are logged and
// counted ([Stats].Store), and never fail a request.
type Store interface {
	// Get returns the value of a key, nil without an error where there is none or it has
	// expired. The caller may change it.
	Get(ctx context.Context, key string) (value []byte, err error)
	// Set keeps a value, in place of the one before, for a time to live that is positive.
	// Keys are short and printable, values have 1 MiB at most. The value must not be
	// changed.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
}

// FileStore returns a [Store] in files of one directory, which the processes of one machine
// may share. The directory is made, for the process's user alone, when it is first written
// to. Each entry is a file that only that user can read, which is replaced as a whole, and
// is named by a digest. There are 1024 at most, with 64 MiB in all; those that expire
// first go first. Other files in the directory are left alone.
func FileStore(dir string) Store { return filestore.New(dir) }

// StoreStats count what became of entries in [Outage].Store.
type StoreStats struct {
	// Read and Written count entries.
	Read, Written uint64
	// Rejected counts those that were read and not believed.
	Rejected uint64
	// Failed counts calls of the store that failed or took too long.
	Failed uint64
}
