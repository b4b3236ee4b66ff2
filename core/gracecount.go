package core

import (
	"strings"
	"sync"
	"sync/atomic"
)

// graces count the requests that passed in grace, and know whose sessions were logged.
type graces struct {
	uses atomic.Uint64

	mu     sync.Mutex
	logged map[string]struct{} // session ids
}

// maxGraceSessions bounds the sessions that are known. When there are more, they are
// forgotten, and may be logged again.
const maxGraceSessions = 1 << 14

// first notes a session, and reports whether it is new.
func (g *graces) first(session string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.logged[session]; known {
		return false
	}
	if g.logged == nil || len(g.logged) >= maxGraceSessions {
		g.logged = make(map[string]struct{})
	}
	g.logged[strings.Clone(session)] = struct{}{}
	return true
}
