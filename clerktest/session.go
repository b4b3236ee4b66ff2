package clerktest

import (
	"slices"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// The states of a session that this package uses, spelled as Clerk spells them.
const (
	statusActive  = "active"
	statusPending = "pending"
	statusEnded   = "ended"
	statusRemoved = "removed"
	statusRevoked = "revoked"
	statusExpired = "expired"
)

const (
	sessionLifetime = 7 * 24 * time.Hour
	abandonLifetime = 30 * 24 * time.Hour
	nonceLifetime   = time.Minute
)

// client is one browser's set of sessions.
type client struct {
	id         string
	secret     string // value of the __client cookie
	sessionIDs []string
	lastActive string
	signIn     *signIn
	signUp     *signUp
	createdAt  time.Time
	updatedAt  time.Time // last change of the set of sessions
}

type session struct {
	id        string
	clientID  string
	userID    string
	status    string
	orgID     string
	tasks     []string
	actor     map[string]any
	refresh   []string // refresh tokens given out, all valid while the session is
	first     time.Time
	second    time.Time // zero: never verified with a second factor
	createdAt time.Time
	updatedAt time.Time
	touchedAt time.Time
	expireAt  time.Time
	minted    bool // made by SessionToken for its user, without a browser
}

// live reports whether a session counts as signed in.
func (sess *session) live() bool {
	return sess.status == statusActive || sess.status == statusPending
}

// Everything below is called with s.mu held.

func (s *Server) newClient() *client {
	now := s.clock.Now()
	c := &client{id: s.newID("client"), secret: newSecret(), createdAt: now, updatedAt: now}
	s.clients[c.id] = c
	return c
}

// clientBySecret finds the client of a __client cookie.
func (s *Server) clientBySecret(secret string) *client {
	if secret == "" {
		return nil
	}
	for _, c := range s.clients {
		if constantEqual(c.secret, secret) {
			return c
		}
	}
	return nil
}

// newDevBrowser makes a dev browser for a client, or for none yet ("").
func (s *Server) newDevBrowser(clientID string) string {
	id := "dvb_" + newSecret()
	s.devBrowsers[id] = clientID
	return id
}

// startSession signs a user in on a client.
func (s *Server) startSession(c *client, u *store.User) *session {
	now := s.clock.Now()
	sess := &session{
		id:        s.newID("sess"),
		clientID:  c.id,
		userID:    u.ID,
		status:    statusActive,
		first:     now,
		createdAt: now,
		updatedAt: now,
		touchedAt: now,
		expireAt:  now.Add(sessionLifetime),
	}
	if u.SecondFactor {
		sess.second = now
	}
	s.activate(sess, u.ActiveOrganization)
	// One session per client, as in an instance's default single-session mode.
	for _, id := range c.sessionIDs {
		s.endSession(s.sessions[id], statusEnded)
	}
	s.sessions[sess.id] = sess
	s.sessionOrder = append(s.sessionOrder, sess.id)
	c.sessionIDs = append(c.sessionIDs, sess.id)
	c.lastActive, c.updatedAt = sess.id, now
	c.signIn, c.signUp = nil, nil
	u.LastSignInAt, u.LastActiveAt = store.At(now), store.At(now)
	return sess
}

// endSession gives a live session its final status and bumps its client, whose
// set of sessions has changed.
func (s *Server) endSession(sess *session, status string) {
	if sess == nil || !sess.live() {
		return
	}
	now := s.clock.Now()
	sess.status, sess.updatedAt, sess.refresh = status, now, nil
	c := s.clients[sess.clientID]
	if c == nil {
		return
	}
	c.updatedAt = now
	if c.lastActive == sess.id {
		c.lastActive = ""
		if rest := s.liveSessions(c); len(rest) > 0 {
			c.lastActive = rest[0].id
		}
	}
}

// liveSessions returns the sessions that count as signed in. A session past its
// lifetime ends here.
func (s *Server) liveSessions(c *client) []*session {
	if c == nil {
		return nil
	}
	now := s.clock.Now()
	var list []*session
	for _, id := range c.sessionIDs {
		sess := s.sessions[id]
		if sess == nil || !sess.live() {
			continue
		}
		if !now.Before(sess.expireAt) {
			sess.status, sess.updatedAt, sess.refresh = statusExpired, now, nil
			c.updatedAt = now
			continue
		}
		list = append(list, sess)
	}
	return list
}

// activeSession returns the session that the client works with, or nil.
func (s *Server) activeSession(c *client) *session {
	list := s.liveSessions(c)
	for _, sess := range list {
		if sess.id == c.lastActive {
			return sess
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return nil
}

// clientUAT is the time of the last change to the set of signed-in sessions in
// Unix seconds, or 0 when there is none.
func (s *Server) clientUAT(c *client) int64 {
	if s.activeSession(c) == nil {
		return 0
	}
	return c.updatedAt.Unix()
}

// activate makes an organization the session's own; key is an id, a slug or ""
// for the personal account. It reports false, and activates none, when the user
// is no member.
func (s *Server) activate(sess *session, key string) bool {
	if key == "" {
		sess.orgID = ""
		return true
	}
	o := s.state.Organizations.Get(key)
	if o == nil || o.Member(sess.userID) == nil {
		return false // What was active stays so.
	}
	sess.orgID = o.ID
	sess.finishTask("choose-organization")
	return true
}

func (sess *session) finishTask(task string) {
	sess.tasks = slices.DeleteFunc(sess.tasks, func(t string) bool { return t == task })
	if len(sess.tasks) == 0 && sess.status == statusPending {
		sess.status = statusActive
	}
}

// mintedSession returns the session behind tokens that are minted in code, one
// for each user and organization ("" for none).
func (s *Server) mintedSession(u *store.User, orgID string) *session {
	for _, id := range s.sessionOrder {
		sess := s.sessions[id]
		if sess.minted && sess.userID == u.ID && sess.orgID == orgID && sess.live() && s.clock.Now().Before(sess.expireAt) {
			return sess
		}
	}
	sess := s.startSession(s.newClient(), u)
	sess.minted, sess.orgID = true, orgID
	return sess
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
	list := make([]Session, 0, len(s.sessionOrder))
	for _, id := range s.sessionOrder {
		sess := s.sessions[id]
		if userID != "" && sess.userID != userID {
			continue
		}
		s.liveSessions(s.clients[sess.clientID]) // Lets overdue sessions expire.
		list = append(list, Session{
			ID: sess.id, UserID: sess.userID, ClientID: sess.clientID, Status: sess.status,
			OrganizationID: sess.orgID, CreatedAt: sess.createdAt,
		})
	}
	return list
}

// RevokeSession ends a session as if from Clerk's dashboard and reports whether
// it was live. Tokens that are out stay valid until they expire.
func (s *Server) RevokeSession(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess := s.sessions[id]
	if sess == nil || !sess.live() {
		return false
	}
	s.endSession(sess, statusRevoked)
	return true
}

// RequireTask puts an open task, such as choose-organization, on every live
// session of a user: they become pending, and new tokens say so.
func (s *Server) RequireTask(userID, task string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sess := range s.sessions {
		if sess.userID == userID && sess.live() && !slices.Contains(sess.tasks, task) {
			sess.tasks = append(sess.tasks, task)
			sess.status = statusPending
		}
	}
}
