package clerktest

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// person is somebody whom the sign-in page offers to sign in as.
type person struct{ ID, Initials, Name, Email, About string }

// people are those of [Config.Users] whom the sign-in page lists.
func (s *Server) people() []person {
	if !s.config.PickUsers {
		return nil
	}
	list := make([]person, 0, len(s.config.Users))
	for i := range s.config.Users {
		u := s.pickable(s.config.Users[i].ID)
		if u == nil {
			continue
		}
		p := person{ID: u.ID, Name: strings.TrimSpace(u.FirstName + " " + u.LastName), Initials: initial(u.FirstName) + initial(u.LastName)}
		p.Email = u.Email()
		if p.Name == "" {
			p.Name, p.Initials, p.Email = u.Identifier(), initial(strings.ToUpper(u.Identifier())), ""
		}
		var about []string
		for _, m := range u.Memberships() {
			about = append(about, strings.TrimPrefix(m.Role, "org:")+" of "+s.state.Organizations.Get(m.OrganizationID).Name)
		}
		p.About = strings.Join(about, " · ")
		list = append(list, p)
	}
	return list
}

func initial(name string) string {
	_, size := utf8.DecodeRuneInString(name)
	return name[:size]
}

// pickable returns the user of an id if the sign-in page offers to sign in as them, and
// nil otherwise.
func (s *Server) pickable(id string) *store.User {
	if !s.config.PickUsers || id == "" {
		return nil
	}
	for i := range s.config.Users {
		if s.config.Users[i].ID == id {
			if u := s.state.Users.Get(id); u != nil && !u.Banned && !u.Locked {
				return u
			}
		}
	}
	return nil
}

// postPick signs in as somebody of the list.
func (s *Server) postPick(c *call) reply {
	if !s.trustedForm(c) {
		return s.showSignIn(c, http.StatusForbidden, "", outOfDate)
	}
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	u := s.pickable(c.form.Get("user_id"))
	if u == nil {
		return s.showSignIn(c, http.StatusUnprocessableEntity, "", "This account cannot be picked. Please sign in with its password.")
	}
	s.state.StartSession(s.needClient(c), u)
	return s.sendBack(c, target)
}

// pageVerify asks a signed-in user to prove again who they are.
func (s *Server) pageVerify(c *call) reply {
	if _, rep, fine := s.back(c); !fine {
		return rep
	}
	sess := s.state.ActiveSession(c.client)
	if sess == nil {
		return s.showSignIn(c, http.StatusOK, "", "")
	}
	return s.showVerify(c, sess, http.StatusOK, "")
}

func (s *Server) showVerify(c *call, sess *store.Session, status int, problem string) reply {
	f := field{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password", Required: true, Focus: true, Invalid: problem != ""}
	if u := s.state.Users.Get(sess.UserID); u != nil && u.Password == nil {
		f.Label, f.Type, f.Autocomplete = "Code (it is "+SignInCode+")", "text", "one-time-code"
	}
	return s.show(c, status, page{
		Title: "Confirm that it is you", Lead: "You are signed in as " + s.displayName(sess.UserID) + ". What you are about to do asks for a fresh proof.",
		Error: problem, Action: "/verify", Button: "Confirm", RedirectURL: c.returnAddress(), Fields: []field{f},
	})
}

func (s *Server) postVerify(c *call) reply {
	sess := s.state.ActiveSession(c.client)
	if sess == nil {
		return s.showSignIn(c, http.StatusUnprocessableEntity, "", "Please sign in first.")
	}
	if !s.trustedForm(c) {
		return s.showVerify(c, sess, http.StatusForbidden, outOfDate)
	}
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	u := s.state.Users.Get(sess.UserID)
	right := s.state.PasswordIs(u, c.form.Get("password"))
	if u != nil && u.Password == nil {
		right = constantEqual(c.form.Get("password"), SignInCode)
	}
	if !right {
		return s.showVerify(c, sess, http.StatusUnprocessableEntity, "That is not right. Please try again.")
	}
	sess.First = s.state.Now()
	return s.sendBack(c, target)
}
