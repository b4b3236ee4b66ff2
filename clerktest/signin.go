package clerktest

import (
	"net/http"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
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

func (s *Server) signInObject(in *store.SignIn) map[string]any {
	u := s.state.Users.Get(in.UserID)
	doc := map[string]any{
		"object": "sign_in", "id": in.ID, "status": in.Status, "identifier": textOrNull(in.Identifier),
		"supported_identifiers": []string{"email_address", "username"}, "supported_first_factors": s.firstFactors(u),
		"supported_second_factors": nil, "first_factor_verification": nil, "second_factor_verification": nil,
		"created_session_id": textOrNull(in.SessionID), "user_data": nil, "abandon_at": s.expires(24 * time.Hour),
	}
	if in.Prepared {
		v := verification("email_code")
		v["status"], v["attempts"], v["expire_at"] = "unverified", 0, s.expires(10*time.Minute)
		if in.SessionID != "" {
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
	in := &store.SignIn{Record: store.Record{ID: s.newID("sia")}, Identifier: identifier, Status: "needs_identifier"}
	if identifier != "" {
		u := s.state.UserByIdentifier(identifier)
		if u == nil {
			return failure(http.StatusUnprocessableEntity, "form_identifier_not_found", "There is no account with that identifier.", "identifier")
		}
		if u.Banned || u.Locked {
			return failure(http.StatusForbidden, "user_banned", "This account may not sign in.", "identifier")
		}
		in.UserID, in.Status = u.ID, "needs_first_factor"
	} else if c.form.Has("password") {
		return failure(http.StatusUnprocessableEntity, "form_param_nil", "The identifier is missing.", "identifier")
	}
	if c.form.Has("password") {
		if rep, fine := s.checkFactor(c, s.state.Users.Get(in.UserID)); !fine {
			return rep
		}
		return s.completeSignIn(c, in)
	}
	s.needClient(c).SignIn = in
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
func (s *Server) completeSignIn(c *call, in *store.SignIn) reply {
	cl := s.needClient(c)
	sess := s.state.StartSession(cl, s.state.Users.Get(in.UserID))
	in.Status, in.SessionID = "complete", sess.ID
	return s.enveloped(c, s.signInObject(in))
}

// pathSignIn finds the browser's own attempt that the path names.
func (s *Server) pathSignIn(c *call) *store.SignIn {
	if c.client == nil || c.client.SignIn == nil || c.client.SignIn.ID != c.r.PathValue("id") {
		return nil
	}
	return c.client.SignIn
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
	if in == nil || s.state.Users.Get(in.UserID) == nil {
		return notFound("Sign-in")
	}
	if c.form.Get("strategy") != "email_code" {
		return failure(http.StatusUnprocessableEntity, "strategy_for_user_invalid", "This strategy needs no preparation, or is not offered.", "strategy")
	}
	in.Prepared = true
	return s.enveloped(c, s.signInObject(in))
}

func (s *Server) attemptSignIn(c *call) reply {
	in := s.pathSignIn(c)
	if in == nil || s.state.Users.Get(in.UserID) == nil {
		return notFound("Sign-in")
	}
	if c.form.Get("strategy") == "email_code" && !in.Prepared {
		return failure(http.StatusUnprocessableEntity, "verification_missing", "The verification has not been prepared.", "strategy")
	}
	if rep, fine := s.checkFactor(c, s.state.Users.Get(in.UserID)); !fine {
		return rep
	}
	return s.completeSignIn(c, in)
}

// signInTicket finds a ticket of which a user signs in, which must be open.
func (s *Server) signInTicket(token string) (*store.Table, *store.Ticket, error) {
	table, row := s.state.Offer(token)
	t, _ := row.(*store.Ticket)
	switch {
	case t == nil || s.state.Users.Get(t.UserID) == nil:
		return nil, nil, wire.Refused("ticket_invalid_code", "ticket", "The ticket is not valid.")
	case s.state.StatusOf(&t.Offer) != store.Pending:
		return nil, nil, wire.Refused("ticket_expired_code", "ticket", "The ticket has been used, revoked or has expired.")
	}
	return table, t, nil
}

func (s *Server) signInWithTicket(c *call) reply {
	table, t, err := s.signInTicket(c.form.Get("ticket"))
	if err != nil {
		return refusal(err)
	}
	s.state.Settle(table, t, store.Accepted)
	in := &store.SignIn{Record: store.Record{ID: s.newID("sia")}, UserID: t.UserID, Identifier: s.state.Users.Get(t.UserID).Identifier()}
	rep := s.completeSignIn(c, in)
	sess := s.state.Sessions.Get(in.SessionID)
	if t.OrganizationID != "" {
		s.state.Activate(sess, t.OrganizationID)
	}
	if t.Actor != nil {
		sess.Actor = t.Actor
	}
	if t.MaxDuration > 0 {
		sess.ExpireAt = s.state.Now().Add(time.Duration(t.MaxDuration) * time.Second)
	}
	if t.OrganizationID != "" || t.Actor != nil {
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
		_, t, err := s.signInTicket(token)
		if err != nil {
			return s.showSignIn(c, http.StatusUnprocessableEntity, "", "This link has been used or has expired.")
		}
		c.form = map[string][]string{"ticket": {token}, "strategy": {"ticket"}}
		s.signInWithTicket(c)
		if t.RedirectURL != "" { // Of an agent's task; it was checked when that was made.
			target, _ = s.checkRedirect(t.RedirectURL)
		}
		return s.sendBack(c, target)
	}
	location := withParam(target, "__clerk_ticket", token)
	return reply{status: http.StatusSeeOther, location: location + "&__clerk_status=sign_in"}
}

func (s *Server) signUpObject(up *store.SignUp) map[string]any {
	missing, unverified := []string{}, []string{}
	if up.Email == "" {
		missing = append(missing, "email_address")
	} else if !up.Verified {
		unverified = append(unverified, "email_address")
	}
	if up.Password == "" {
		missing = append(missing, "password")
	}
	email := map[string]any{
		"status": "unverified", "strategy": "email_code", "attempts": 0, "expire_at": nil,
		"next_action": "needs_attempt", "supported_strategies": []string{"email_code"},
	}
	if up.Verified {
		email["status"], email["next_action"] = "verified", ""
	}
	return map[string]any{
		"object": "sign_up", "id": up.ID, "status": up.Status,
		"required_fields": []string{"email_address", "password"}, "optional_fields": []string{"first_name", "last_name", "username"},
		"missing_fields": missing, "unverified_fields": unverified,
		"verifications": map[string]any{"email_address": email, "phone_number": nil, "web3_wallet": nil, "external_account": nil},
		"email_address": textOrNull(up.Email), "phone_number": nil, "username": textOrNull(up.Username), "web3_wallet": nil,
		"first_name": textOrNull(up.FirstName), "last_name": textOrNull(up.LastName), "has_password": up.Password != "",
		"unsafe_metadata": map[string]any{}, "created_session_id": textOrNull(up.SessionID), "created_user_id": textOrNull(up.UserID),
		"abandon_at": s.expires(24 * time.Hour), "legal_accepted_at": nil, "locale": "en-US",
	}
}

func (s *Server) createSignUp(c *call) reply {
	up := &store.SignUp{Record: store.Record{ID: s.newID("sua")}, Status: "missing_requirements"}
	if rep, fine := s.fillSignUp(c, up); !fine {
		return rep
	}
	s.needClient(c).SignUp = up
	return s.enveloped(c, s.signUpObject(up))
}

// fillSignUp copies the fields of a form that are there.
func (s *Server) fillSignUp(c *call, up *store.SignUp) (reply, bool) {
	if email := strings.TrimSpace(c.form.Get("email_address")); email != "" {
		if !strings.Contains(email, "@") {
			return failure(http.StatusUnprocessableEntity, "form_param_format_invalid", "That is not an email address.", "email_address"), false
		}
		if s.state.UserByIdentifier(email) != nil {
			return failure(http.StatusUnprocessableEntity, "form_identifier_exists", "That email address is taken. Please try another.", "email_address"), false
		}
		if err := s.state.MaySignUp(email, "email_address"); err != nil {
			return refusal(err), false
		}
		if email != up.Email {
			up.Email, up.Verified = email, false
		}
	}
	if password := c.form.Get("password"); password != "" {
		if len(password) < minPassword {
			return failure(http.StatusUnprocessableEntity, "form_password_length_too_short", "The password needs at least 8 characters.", "password"), false
		}
		up.Password = password
	}
	for name, dst := range map[string]*string{"first_name": &up.FirstName, "last_name": &up.LastName, "username": &up.Username} {
		if c.form.Has(name) {
			*dst = c.form.Get(name)
		}
	}
	return reply{}, true
}

func (s *Server) pathSignUp(c *call) *store.SignUp {
	if c.client == nil || c.client.SignUp == nil || c.client.SignUp.ID != c.r.PathValue("id") {
		return nil
	}
	return c.client.SignUp
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
	if up.Email == "" || c.form.Get("strategy") != "email_code" {
		return failure(http.StatusUnprocessableEntity, "form_param_nil", "There is no email address to verify, or the strategy is not offered.", "email_address")
	}
	return s.enveloped(c, s.signUpObject(up))
}

func (s *Server) attemptSignUp(c *call) reply {
	up := s.pathSignUp(c)
	if up == nil {
		return notFound("Sign-up")
	}
	if up.Email == "" || !constantEqual(c.form.Get("code"), SignInCode) {
		return failure(http.StatusUnprocessableEntity, "form_code_incorrect", "The code is not right.", "code")
	}
	up.Verified = true
	return s.completeSignUp(c, up)
}

// completeSignUp makes the user and signs in, once nothing is missing.
func (s *Server) completeSignUp(c *call, up *store.SignUp) reply {
	if !up.Verified || up.Email == "" || up.Password == "" {
		return s.enveloped(c, s.signUpObject(up))
	}
	if s.state.UserByIdentifier(up.Email) != nil {
		return failure(http.StatusUnprocessableEntity, "form_identifier_exists", "That email address is taken. Please try another.", "email_address")
	}
	u := s.putUser(User{Email: up.Email, Password: up.Password, FirstName: up.FirstName, LastName: up.LastName, Username: up.Username})
	sess := s.state.StartSession(s.needClient(c), u)
	up.Status, up.SessionID, up.UserID = "complete", sess.ID, u.ID
	return s.enveloped(c, s.signUpObject(up))
}
