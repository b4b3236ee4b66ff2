package demo

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

// roles are those that the application knows. Nobody can be given another one.
var roles = []string{"moderator", "admin"}

// person is a user on the admin page.
type person struct {
	ID, Name, Email, Role string
	Self                  bool
}

// people is what the admin page shows.
type people struct {
	Query  string
	List   []person
	Total  int64
	Roles  []string
	Claim  bool // the session token tells the role
	Active string
}

const shownPeople = 50

// Admin is the dashboard of Clerk's guide to roles in metadata. Its route's guard has
// asked for the role; the Backend API knows everybody's.
func (s *Site) Admin(v Visit) Answer {
	query := strings.TrimSpace(v.Value("query"))
	params := &user.ListParams{ListParams: clerk.ListParams{Limit: new(int64(shownPeople))}}
	if query != "" {
		params.Query = &query
	}
	list, err := v.Client.Users().List(v.Context, params)
	if err != nil {
		return s.failed(v, err)
	}
	data := people{Query: strings.Clone(query), Total: list.TotalCount, Roles: roles}
	for _, u := range list.Users {
		var metadata struct{ Role string }
		if json.Unmarshal(u.PublicMetadata, &metadata) != nil {
			metadata.Role = ""
		}
		email := primaryAddress(u)
		data.List = append(data.List, person{
			ID: u.ID, Name: fullName(u.FirstName, u.LastName, email), Email: email, Role: metadata.Role, Self: u.ID == v.Auth.UserID,
		})
	}
	return s.page(v, "admin", "Admin", data)
}

func primaryAddress(u *clerk.User) string {
	for _, e := range u.EmailAddresses {
		if u.PrimaryEmailAddressID != nil && e.ID == *u.PrimaryEmailAddressID {
			return e.EmailAddress
		}
	}
	return ""
}

// SetRole gives a user a role, of those that exist.
func (s *Site) SetRole(v Visit) Answer {
	role := v.Value("role")
	if !slices.Contains(roles, role) {
		return s.Admin(v).refused(http.StatusUnprocessableEntity, "There is no such role.")
	}
	return s.changeRole(v, role, "role-set")
}

// RemoveRole takes a user's role away.
func (s *Site) RemoveRole(v Visit) Answer { return s.changeRole(v, nil, "role-removed") }

// changeRole writes a role into a user's public metadata; nil removes it, because a null
// deletes its key. The rest of the metadata stays.
func (s *Site) changeRole(v Visit, role any, done string) Answer {
	id := strings.Clone(v.Value("user_id"))
	if id == v.Auth.UserID {
		return s.Admin(v).refused(http.StatusConflict, "You cannot change your own role: an admin who slips would lock everybody out. Ask another admin.")
	}
	text, err := json.Marshal(map[string]any{"role": role})
	if err != nil {
		return s.failed(v, err)
	}
	metadata := json.RawMessage(text)
	if _, err := v.Client.Users().UpdateMetadata(v.Context, id, &user.UpdateMetadataParams{PublicMetadata: &metadata}); err != nil {
		return s.failed(v, err)
	}
	return redirect("/admin?done=" + done)
}
