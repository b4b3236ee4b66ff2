package clerktest

import (
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// Everything here is called with s.mu held. The functions show records as JSON
// documents; the Frontend API and the Backend API differ in a few fields.

// frontendSession is a session as clerk-js reads it, with a fresh token.
func (s *Server) frontendSession(sess *store.Session, azp string) map[string]any {
	doc := s.state.Sessions.Show(sess, store.Frontend)
	doc["factor_verification_age"] = []int{factorAge(s.clock.Now().Unix(), sess.First), factorAge(s.clock.Now().Unix(), sess.Second)}
	doc["tasks"] = nil
	if len(sess.Tasks) > 0 {
		tasks := make([]any, 0, len(sess.Tasks))
		for _, key := range sess.Tasks {
			tasks = append(tasks, map[string]any{"key": key})
		}
		doc["tasks"] = tasks
	}
	if u := s.state.Users.Get(sess.UserID); u != nil {
		doc["user"] = s.state.Users.Show(u, store.Frontend)
	}
	doc["public_user_data"] = s.state.PublicUserData(sess.UserID)
	doc["last_active_token"] = nil
	if sess.Live() {
		doc["last_active_token"] = map[string]any{"object": "token", "jwt": s.mintSession(sess, &tokenSpec{azp: azp})}
	}
	return doc
}

// clientObject is the browser's state, which comes along with every change.
func (s *Server) clientObject(c *call) any {
	if c.client == nil {
		return nil
	}
	sessions := []any{}
	var active any
	if sess := s.state.ActiveSession(c.client); sess != nil {
		active = sess.ID
	}
	for _, sess := range s.state.Live(c.client) {
		sessions = append(sessions, s.frontendSession(sess, c.pageOrigin()))
	}
	doc := map[string]any{
		"object":                       "client",
		"id":                           c.client.ID,
		"sessions":                     sessions,
		"sign_in":                      nil,
		"sign_up":                      nil,
		"last_active_session_id":       active,
		"captcha_bypass":               true,
		"cookie_expires_at":            nil,
		"last_authentication_strategy": nil,
		"created_at":                   c.client.CreatedAt,
		"updated_at":                   c.client.UpdatedAt,
	}
	if si := s.state.SignIns.Get(c.client.SignInID); si != nil {
		doc["sign_in"] = s.state.SignIns.Show(si, store.Frontend)
	}
	if up := s.state.SignUps.Get(c.client.SignUpID); up != nil {
		doc["sign_up"] = s.state.SignUps.Show(up, store.Frontend)
	}
	return doc
}

// enveloped is an answer of the Frontend API: the resource and the state.
func (s *Server) enveloped(c *call, response any) reply {
	return ok(map[string]any{"response": response, "client": s.clientObject(c)})
}
