package clerktest

import (
	"slices"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

const nonceLifetime = time.Minute

// newDevBrowser makes a dev browser for a client, or for none yet (""). The caller holds s.mu.
func (s *Server) newDevBrowser(clientID string) string {
	id := "dvb_" + store.NewSecret()
	s.devBrowsers[id] = clientID
	return id
}

// Session is what the instance knows about one session.
type Session struct {
	ID             string
	UserID         string
	ClientID       string
	Status         string // active, pending, ended, removed, revoked or expired
	OrganizationID string // The active organization; empty for the personal account.
	CreatedAt      time.Time
}

// Sessions lists the sessions of a user, oldest first; of everybody if userID is
// empty. Ended ones are included.
func (s *Server) Sessions(userID string) []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Session, 0, s.state.Sessions.Len())
	for sess := range s.state.Sessions.All {
		if userID != "" && sess.UserID != userID {
			continue
		}
		s.state.Live(s.state.Clients.Get(sess.ClientID)) // Lets overdue sessions expire.
		list = append(list, Session{
			ID: sess.ID, UserID: sess.UserID, ClientID: sess.ClientID, Status: sess.Status,
			OrganizationID: sess.OrganizationID, CreatedAt: time.UnixMilli(int64(sess.CreatedAt)),
		})
	}
	return list
}

// RevokeSession ends a session as if from Clerk's dashboard and reports whether
// it was live. Tokens that are out stay valid until they expire.
func (s *Server) RevokeSession(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess := s.state.Sessions.Get(id)
	if sess == nil || !sess.Live() {
		return false
	}
	s.state.EndSession(sess, store.Revoked)
	return true
}

// RequireTask puts an open task, such as choose-organization, on every live
// session of a user: they become pending, and new tokens say so.
func (s *Server) RequireTask(userID, task string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sess := range s.state.Sessions.All {
		if sess.UserID == userID && sess.Live() && !slices.Contains(sess.Tasks, task) {
			sess.Tasks = append(sess.Tasks, task)
			sess.Status = store.Pending
		}
	}
}
