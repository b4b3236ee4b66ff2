package clerktest

import (
	"net/http"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// SignInCode is the code that every e-mail of the instance would bring: no mail
// is sent, and this code is always right.
const SignInCode = "424242"

const minPassword = 8

func signInRoutes() []route {
	return []route{
		{"POST /v1/client/sign_ins", surfaceFrontend, (*Server).createSignIn},
		{"GET /v1/client/sign_ins/{id}", surfaceFrontend, (*Server).getSignIn},
		{"POST /v1/client/sign_ins/{id}/prepare_first_factor", surfaceFrontend, (*Server).prepareSignIn},
		{"POST /v1/client/sign_ins/{id}/attempt_first_factor", surfaceFrontend, (*Server).attemptSignIn},
		{"POST /v1/client/sign_ups", surfaceFrontend, (*Server).createSignUp},
		{"GET /v1/client/sign_ups/{id}", surfaceFrontend, (*Server).getSignUp},
		{"PATCH /v1/client/sign_ups/{id}", surfaceFrontend, (*Server).updateSignUp},
		{"POST /v1/client/sign_ups/{id}/prepare_verification", surfaceFrontend, (*Server).prepareSignUp},
		{"POST /v1/client/sign_ups/{id}/attempt_verification", surfaceFrontend, (*Server).attemptSignUp},
		{"GET /v1/tickets/accept", surfaceNavigate, (*Server).acceptTicket},
	}
}

// signIn is an attempt to sign in that a browser has under way.
type signIn struct {
	id         string
	userID     string
	identifier string
	status     string
	prepared   bool
	sessionID  string
}

func (s *Server) signInObject(in *signIn) map[string]any {
	u := s.state.Users.Get(in.userID)
	doc := map[string]any{
		"object": "sign_in", "id": in.id, "status": in.status, "identifier": textOrNull(in.identifier),
		"supported_identifiers": []string{"email_address", "username"}, "supported_first_factors": s.firstFactors(u),
		"supported_second_factors": nil, "first_factor_verification": nil, "second_factor_verification": nil,
		"created_session_id": textOrNull(in.sessionID), "user_data": nil, "abandon_at": s.expires(24 * time.Hour),
	}
	if in.prepared {
		v := verification("email_code")
		v["status"], v["attempts"], v["expire_at"] = "unverified", 0, s.expires(10*time.Minute)
		if in.sessionID != "" {
			v["status"] = "verified"
		}
		doc["first_factor_verification"] = v
	}
	if u != nil {
		doc["user_data"] = map[string]any{
			"first_name": textOrNull(u.FirstName), "last_name": textOrNull(u.LastName), "image_url": u.ImageURL, "has_image": u.ImageURL != "",
		}
	}
	return doc
}

func (s *Server) firstFactors(u *store.User) []any {
	list := []any{}
	if u == nil {
		return list
	}
	if u.Password != nil {
		list = append(list, map[string]any{"strategy": "password"})
	}
	return append(list, map[string]any{
		"strategy": "email_code", "email_address_id": u.PrimaryEmailAddressID, "safe_identifier": u.Email(), "primary": true,
	})
}

func (s *Server) createSignIn(c *call) reply {
	if c.form.Get("strategy") == "ticket" {
		return s.signInWithTicket(c)
	}
	identifier := c.form.Get("identifier")
	if identifier == "" {
		identifier = c.form.Get("email_address")
	}
	in := &signIn{id: s.newID("sia"), identifier: identifier, status: "needs_identifier"}
	if identifier != "" {
		u := s.state.UserByIdentifier(identifier)
		if u == nil {
			return failure(http.StatusUnprocessableEntity, "form_identifier_not_found", "There is no account with that identifier.", "identifier")
		}
		if u.Banned || u.Locked {
			return failure(http.StatusForbidden, "user_banned", "This account may not sign in.", "identifier")
		}
		in.userID, in.status = u.ID, "needs_first_factor"
	} else if c.form.Has("password") {
		return failure(http.StatusUnprocessableEntity, "form_param_nil", "The identifier is missing.", "identifier")
	}
	if c.form.Has("password") {
		if rep, fine := s.checkFactor(c, s.state.Users.Get(in.userID)); !fine {
			return rep
		}
		return s.completeSignIn(c, in)
	}
	s.needClient(c).signIn = in
	return s.enveloped(c, s.signInObject(in))
}

// checkFactor checks the password or the code of a form.
func (s *Server) checkFactor(c *call, u *store.User) (reply, bool) {
	if c.form.Get("strategy") == "email_code" || (!c.form.Has("password") && c.form.Has("code")) {
		if u == nil || !constantEqual(c.form.Get("code"), SignInCode) {
			return failure(http.StatusUnprocessableEntity, "form_code_incorrect", "The code is not right.", "code"), false
		}
		return reply{}, true
	}
	if !s.state.PasswordIs(u, c.form.Get("password")) {
		return failure(http.StatusUnprocessableEntity, "form_password_incorrect", "The password is not right.", "password"), false
	}
	return reply{}, true
}

// completeSignIn signs the browser in. The sign-in leaves the client, which
// carries the new session instead.
func (s *Server) completeSignIn(c *call, in *signIn) reply {
	cl := s.needClient(c)
	sess := s.startSession(cl, s.state.Users.Get(in.userID))
	in.status, in.sessionID = "complete", sess.id
	return s.enveloped(c, s.signInObject(in))
}

// pathSignIn finds the browser's own attempt that the path names.
func (s *Server) pathSignIn(c *call) *signIn {
	if c.client == nil || c.client.signIn == nil || c.client.signIn.id != c.r.PathValue("id") {
		return nil
	}
	return c.client.signIn
}

func (s *Server) getSignIn(c *call) reply {
	in := s.pathSignIn(c)
	if in == nil {
		return notFound("Sign-in")
	}
	return s.enveloped(c, s.signInObject(in))
}

func (s *Server) prepareSignIn(c *call) reply {
	in := s.pathSignIn(c)
	if in == nil || s.state.Users.Get(in.userID) == nil {
		return notFound("Sign-in")
	}
	if c.form.Get("strategy") != "email_code" {
		return failure(http.StatusUnprocessableEntity, "strategy_for_user_invalid", "This strategy needs no preparation, or is not offered.", "strategy")
	}
	in.prepared = true
	return s.enveloped(c, s.signInObject(in))
}

func (s *Server) attemptSignIn(c *call) reply {
	in := s.pathSignIn(c)
	if in == nil || s.state.Users.Get(in.userID) == nil {
		return notFound("Sign-in")
	}
	if c.form.Get("strategy") == "email_code" && !in.prepared {
		return failure(http.StatusUnprocessableEntity, "verification_missing", "The verification has not been prepared.", "strategy")
	}
	if rep, fine := s.checkFactor(c, s.state.Users.Get(in.userID)); !fine {
		return rep
	}
	return s.completeSignIn(c, in)
}

// ticket is a one-time way to sign in that a server gave out.
type ticket struct {
	id, token, userID, orgID string
	status                   string
	actor                    map[string]any
	expireAt                 time.Time
	sessionLifetime          time.Duration
	createdAt                time.Time
	updatedAt                time.Time
}

func (s *Server) ticketByToken(token string) *ticket {
	for _, t := range s.tickets {
		if token != "" && constantEqual(t.token, token) {
			return t
		}
	}
	return nil
}

func (s *Server) signInWithTicket(c *call) reply {
	t := s.ticketByToken(c.form.Get("ticket"))
	if t == nil || s.state.Users.Get(t.userID) == nil {
		return failure(http.StatusUnprocessableEntity, "ticket_invalid_code", "The ticket is not valid.", "ticket")
	}
	if t.status != statusPending || !s.clock.Now().Before(t.expireAt) {
		return failure(http.StatusUnprocessableEntity, "ticket_expired_code", "The ticket has been used, revoked or has expired.", "ticket")
	}
	t.status, t.updatedAt = "accepted", s.clock.Now()
	in := &signIn{id: s.newID("sia"), userID: t.userID, identifier: s.state.Users.Get(t.userID).Identifier()}
	rep := s.completeSignIn(c, in)
	sess := s.sessions[in.sessionID]
	if t.orgID != "" {
		s.activate(sess, t.orgID)
	}
	if t.actor != nil {
		sess.actor = t.actor
	}
	if t.sessionLifetime > 0 {
		sess.expireAt = s.clock.Now().Add(t.sessionLifetime)
	}
	if t.orgID != "" || t.actor != nil {
		rep = s.enveloped(c, s.signInObject(in)) // With a token that knows about them.
	}
	return rep
}

// acceptTicket is the link form of a ticket: on to the sign-in page, or to the
// application's own if it is named.
func (s *Server) acceptTicket(c *call) reply {
	token := c.query.Get("ticket")
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	if target == nil {
		t := s.ticketByToken(token)
		if t == nil || t.status != statusPending || !s.clock.Now().Before(t.expireAt) || s.state.Users.Get(t.userID) == nil {
			return s.showSignIn(c, http.StatusUnprocessableEntity, "", "This link has been used or has expired.")
		}
		c.form = map[string][]string{"ticket": {token}, "strategy": {"ticket"}}
		s.signInWithTicket(c)
		return s.sendBack(c, nil)
	}
	location := withParam(target, "__clerk_ticket", token)
	return reply{status: http.StatusSeeOther, location: location + "&__clerk_status=sign_in"}
}

// signUp is a registration that a browser has under way.
type signUp struct {
	id, status          string
	email, password     string
	username            string
	firstName, lastName string
	verified            bool
	sessionID, userID   string
}

func (s *Server) signUpObject(up *signUp) map[string]any {
	missing, unverified := []string{}, []string{}
	if up.email == "" {
		missing = append(missing, "email_address")
	} else if !up.verified {
		unverified = append(unverified, "email_address")
	}
	if up.password == "" {
		missing = append(missing, "password")
	}
	email := map[string]any{
		"status": "unverified", "strategy": "email_code", "attempts": 0, "expire_at": nil,
		"next_action": "needs_attempt", "supported_strategies": []string{"email_code"},
	}
	if up.verified {
		email["status"], email["next_action"] = "verified", ""
	}
	return map[string]any{
		"object": "sign_up", "id": up.id, "status": up.status,
		"required_fields": []string{"email_address", "password"}, "optional_fields": []string{"first_name", "last_name", "username"},
		"missing_fields": missing, "unverified_fields": unverified,
		"verifications": map[string]any{"email_address": email, "phone_number": nil, "web3_wallet": nil, "external_account": nil},
		"email_address": textOrNull(up.email), "phone_number": nil, "username": textOrNull(up.username), "web3_wallet": nil,
		"first_name": textOrNull(up.firstName), "last_name": textOrNull(up.lastName), "has_password": up.password != "",
		"unsafe_metadata": map[string]any{}, "created_session_id": textOrNull(up.sessionID), "created_user_id": textOrNull(up.userID),
		"abandon_at": s.expires(24 * time.Hour), "legal_accepted_at": nil, "locale": "en-US",
	}
}

func (s *Server) createSignUp(c *call) reply {
	up := &signUp{id: s.newID("sua"), status: "missing_requirements"}
	if rep, fine := s.fillSignUp(c, up); !fine {
		return rep
	}
	s.needClient(c).signUp = up
	return s.enveloped(c, s.signUpObject(up))
}

// fillSignUp copies the fields of a form that are there.
func (s *Server) fillSignUp(c *call, up *signUp) (reply, bool) {
	if email := strings.TrimSpace(c.form.Get("email_address")); email != "" {
		if !strings.Contains(email, "@") {
			return failure(http.StatusUnprocessableEntity, "form_param_format_invalid", "That is not an email address.", "email_address"), false
		}
		if s.state.UserByIdentifier(email) != nil {
			return failure(http.StatusUnprocessableEntity, "form_identifier_exists", "That email address is taken. Please try another.", "email_address"), false
		}
		if email != up.email {
			up.email, up.verified = email, false
		}
	}
	if password := c.form.Get("password"); password != "" {
		if len(password) < minPassword {
			return failure(http.StatusUnprocessableEntity, "form_password_length_too_short", "The password needs at least 8 characters.", "password"), false
		}
		up.password = password
	}
	for name, dst := range map[string]*string{"first_name": &up.firstName, "last_name": &up.lastName, "username": &up.username} {
		if c.form.Has(name) {
			*dst = c.form.Get(name)
		}
	}
	return reply{}, true
}

func (s *Server) pathSignUp(c *call) *signUp {
	if c.client == nil || c.client.signUp == nil || c.client.signUp.id != c.r.PathValue("id") {
		return nil
	}
	return c.client.signUp
}

func (s *Server) getSignUp(c *call) reply {
	up := s.pathSignUp(c)
	if up == nil {
		return notFound("Sign-up")
	}
	return s.enveloped(c, s.signUpObject(up))
}

func (s *Server) updateSignUp(c *call) reply {
	up := s.pathSignUp(c)
	if up == nil {
		return notFound("Sign-up")
	}
	if rep, fine := s.fillSignUp(c, up); !fine {
		return rep
	}
	return s.completeSignUp(c, up)
}

func (s *Server) prepareSignUp(c *call) reply {
	up := s.pathSignUp(c)
	if up == nil {
		return notFound("Sign-up")
	}
	if up.email == "" || c.form.Get("strategy") != "email_code" {
		return failure(http.StatusUnprocessableEntity, "form_param_nil", "There is no email address to verify, or the strategy is not offered.", "email_address")
	}
	return s.enveloped(c, s.signUpObject(up))
}

func (s *Server) attemptSignUp(c *call) reply {
	up := s.pathSignUp(c)
	if up == nil {
		return notFound("Sign-up")
	}
	if up.email == "" || !constantEqual(c.form.Get("code"), SignInCode) {
		return failure(http.StatusUnprocessableEntity, "form_code_incorrect", "The code is not right.", "code")
	}
	up.verified = true
	return s.completeSignUp(c, up)
}

// completeSignUp makes the user and signs in, once nothing is missing.
func (s *Server) completeSignUp(c *call, up *signUp) reply {
	if !up.verified || up.email == "" || up.password == "" {
		return s.enveloped(c, s.signUpObject(up))
	}
	if s.state.UserByIdentifier(up.email) != nil {
		return failure(http.StatusUnprocessableEntity, "form_identifier_exists", "That email address is taken. Please try another.", "email_address")
	}
	u := s.putUser(User{Email: up.email, Password: up.password, FirstName: up.firstName, LastName: up.lastName, Username: up.username})
	sess := s.startSession(s.needClient(c), u)
	up.status, up.sessionID, up.userID = "complete", sess.id, u.ID
	return s.enveloped(c, s.signUpObject(up))
}
