package core

import (
	"errors"
	"sync"

	"github.com/clerk/clerk-sdk-go/v2"
)

// userMemo remembers the user of a request.
type userMemo struct {
	mu     sync.Mutex
	flight *userFlight // the call that is under way, or the one that succeeded
}

// userFlight is one attempt to find the user, which concurrent callers share.
type userFlight struct {
	done chan struct{} // closed when the rest is set
	user *clerk.User
	err  error
	// gaveUp says that whoever made the call did not wait for its end.
	gaveUp bool
}

// join returns the call that answers the question; mine says that the caller has
// to make it.
func (m *userMemo) join() (flight *userFlight, mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.flight != nil {
		return m.flight, false
	}
	m.flight = &userFlight{done: make(chan struct{})}
	return m.flight, true
}

// land makes the call. A failure is for those who wait now, and forgotten.
func (m *userMemo) land(f *userFlight, find func() (*clerk.User, error)) {
	f.err = errors.New("core: the search for the user panicked")
	defer func() {
		if f.err != nil {
			m.mu.Lock()
			m.flight = nil
			m.mu.Unlock()
		}
		close(f.done)
	}()
	f.user, f.err = find()
}
