package store

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Client is one browser's set of sessions. The time of its last update is that of
// the last change of that set, which the cookie __client_uat tells.
type Client struct {
	Record

	Secret     string `api:"-"` // The value of the cookie __client.
	LastActive string `api:"last_active_session_id" rule:"null"`
	SignInID   string `api:"sign_in_id" rule:"null"` // Under way, or "".
	SignUpID   string `api:"sign_up_id" rule:"null"`

	sessions []*Session // Oldest first, ended ones too.
}

var clients = describe(Resource[Client]{
	Object: "client", Prefix: "client", Title: "Client", Silent: All,
	Show: func(in *Instance, c *Client, _ View, doc wire.Doc) {
		ids, sessions := []string{}, []any{} //nolint:prealloc // A handful.
		for _, sess := range in.Live(c) {
			ids, sessions = append(ids, sess.ID), append(sessions, in.Sessions.Show(sess, Backend))
		}
		doc["session_ids"], doc["sessions"] = ids, sessions
	},
})

// The states of a session, spelled as Clerk spells them.
const (
	Active  = "active"
	Pending = "pending"
	Ended   = "ended"
	Removed = "removed"
	Revoked = "revoked"
	Expired = "expired"
)

const abandonLifetime = 30 * 24 * time.Hour

// Session is a user's presence in a browser.
type Session struct {
	Record

	ClientID       string   `api:"client_id" list:"filter" rule:"required" of:"clients"`
	UserID         string   `api:"user_id" list:"filter" rule:"required" of:"users"`
	Status         string   `api:"status" list:"filter"`
	OrganizationID string   `api:"last_active_organization_id" rule:"null" of:"organizations"` // "" for the personal account.
	Actor          wire.Doc `api:"actor" rule:"null"`
	LastActiveAt   Time     `api:"last_active_at"`
	ExpireAt       Time     `api:"expire_at"`
	AbandonAt      Time     `api:"abandon_at"`

	Tasks   []string `api:"-"`
	Refresh []string `api:"-"` // Refresh tokens given out, all valid while the session is.
	First   Time     `api:"-"` // When the first and the second factor were verified, 0 for never.
	Second  Time     `api:"-"`
	Minted  bool     `api:"-"` // Made for tokens that are minted in code, without a browser.
}

var sessions = describe(Resource[Session]{
	Object: "session", Prefix: "sess", Title: "Session", Silent: Updated | Deleted,
	Link: func(in *Instance, sess *Session, there bool) {
		if c := in.Clients.Get(sess.ClientID); c != nil {
			c.sessions = linked(c.sessions, sess, there)
		}
	},
})

// Live reports whether a session counts as signed in.
func (sess *Session) Live() bool { return sess.Status == Active || sess.Status == Pending }

// NewSecret returns an unguessable text of 32 letters, digits, "-" and "_".
func NewSecret() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // Never fails: crypto/rand ends the process instead.
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// NewClient makes a browser.
func (in *Instance) NewClient() *Client {
	c := &Client{Secret: NewSecret()}
	in.Clients.Put(c)
	return c
}

// ClientBySecret finds the client of a __client cookie, or nil.
func (in *Instance) ClientBySecret(secret string) *Client {
	for c := range in.Clients.All {
		if secret != "" && subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) == 1 {
			return c
		}
	}
	return nil
}

// StartSession signs a user in on a client. Where a browser may have one session
// only, as is the default, that one ends; else the user's own does.
func (in *Instance) StartSession(c *Client, u *User) *Session {
	now, a := in.Now(), in.Auth()
	sess := &Session{
		ClientID: c.ID, UserID: u.ID, Status: Active, First: now, LastActiveAt: now,
		ExpireAt: now.Add(time.Duration(a.SessionLifetime) * time.Second), AbandonAt: now.Add(abandonLifetime),
	}
	if u.SecondFactor {
		sess.Second = now
	}
	in.Activate(sess, u.ActiveOrganization)
	for _, old := range c.sessions {
		if !a.SeveralSessions || old.UserID == u.ID {
			in.EndSession(old, Ended)
		}
	}
	if a.ForceOrganization && !a.NoOrganizations && sess.OrganizationID == "" {
		sess.Status, sess.Tasks = Pending, []string{"choose-organization"}
	}
	in.Sessions.Put(sess)
	c.LastActive, c.UpdatedAt, c.SignInID, c.SignUpID = sess.ID, now, "", ""
	u.LastSignInAt, u.LastActiveAt = now, now
	in.Users.mark(u)
	in.Sessions.Changed(sess, Created)
	return sess
}

// EndSession gives a live session its final status and bumps its client, whose
// set of sessions has changed.
func (in *Instance) EndSession(sess *Session, status string) {
	if sess == nil || !sess.Live() {
		return
	}
	sess.Status, sess.UpdatedAt, sess.Refresh = status, in.Now(), nil
	if c := in.Clients.Get(sess.ClientID); c != nil {
		c.UpdatedAt = sess.UpdatedAt
		if c.LastActive == sess.ID {
			c.LastActive = ""
			if rest := in.Live(c); len(rest) > 0 {
				c.LastActive = rest[0].ID
			}
		}
	}
	if status != Expired {
		in.Emit("session."+status, in.Sessions.Show(sess, Backend))
	}
}

// Live returns the sessions of a client that count as signed in. A session past
// its lifetime ends here.
func (in *Instance) Live(c *Client) []*Session {
	if c == nil {
		return nil
	}
	list := make([]*Session, 0, len(c.sessions))
	for _, sess := range c.sessions {
		switch {
		case !sess.Live():
		case in.Now() >= sess.ExpireAt:
			sess.Status, sess.UpdatedAt, sess.Refresh = Expired, in.Now(), nil
			c.UpdatedAt = sess.UpdatedAt
		default:
			list = append(list, sess)
		}
	}
	return list
}

// ActiveSession returns the session that a client works with, or nil.
func (in *Instance) ActiveSession(c *Client) *Session {
	list := in.Live(c)
	for _, sess := range list {
		if sess.ID == c.LastActive {
			return sess
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return nil
}

// LiveSession returns a live session of a client by its id, or nil.
func (in *Instance) LiveSession(c *Client, id string) *Session {
	for _, sess := range in.Live(c) {
		if sess.ID == id {
			return sess
		}
	}
	return nil
}

// ClientUAT is the time of the last change to the set of signed-in sessions in
// Unix seconds, or 0 when there is none.
func (in *Instance) ClientUAT(c *Client) int64 {
	if in.ActiveSession(c) == nil {
		return 0
	}
	return c.UpdatedAt.Unix()
}

// Activate makes an organization the session's own; key is an id, a slug or ""
// for the personal account. It reports false, and changes nothing, when the user
// is no member.
func (in *Instance) Activate(sess *Session, key string) bool {
	if key == "" {
		sess.OrganizationID = ""
		return true
	}
	o := in.Organizations.Get(key)
	if o == nil || o.Member(sess.UserID) == nil {
		return false
	}
	sess.OrganizationID = o.ID
	sess.FinishTask("choose-organization")
	return true
}

// FinishTask takes a task off a session, which is active without any.
func (sess *Session) FinishTask(task string) {
	sess.Tasks = slices.DeleteFunc(sess.Tasks, func(t string) bool { return t == task })
	if len(sess.Tasks) == 0 && sess.Status == Pending {
		sess.Status = Active
	}
}

// MintedSession returns the session behind tokens that are minted in code, one
// for each user and organization ("" for none).
func (in *Instance) MintedSession(u *User, organization string) *Session {
	for sess := range in.Sessions.All {
		if sess.Minted && sess.UserID == u.ID && sess.OrganizationID == organization && sess.Live() && in.Now() < sess.ExpireAt {
			return sess
		}
	}
	sess := in.StartSession(in.NewClient(), u)
	sess.Minted, sess.OrganizationID = true, organization
	return sess
}

// SessionsOf returns the live sessions of a user.
func (in *Instance) SessionsOf(userID string) []*Session {
	var list []*Session
	for sess := range in.Sessions.All {
		if sess.UserID == userID && slices.Contains(in.Live(in.Clients.Get(sess.ClientID)), sess) {
			list = append(list, sess)
		}
	}
	return list
}

// EndSessions revokes the live sessions of a user, but for some.
func (in *Instance) EndSessions(userID string, but ...string) {
	for _, sess := range in.SessionsOf(userID) {
		if !slices.Contains(but, sess.ID) {
			in.EndSession(sess, Revoked)
		}
	}
}

// leftOrganization takes an organization out of the sessions of who is no member
// of it any more.
func (in *Instance) leftOrganization(userID, organizationID string) {
	for sess := range in.Sessions.All {
		if sess.UserID == userID && sess.OrganizationID == organizationID {
			sess.OrganizationID = ""
		}
	}
}
