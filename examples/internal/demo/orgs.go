package demo

import (
	"net/http"
	"slices"
	"strings"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/organizationmembership"
	"github.com/clerk/clerk-sdk-go/v2/user"

	"github.com/clerkgo/clerkgo/core"
)

// choice is an organization that a user can switch to.
type choice struct {
	Name, Slug, Role string
	Permissions      []string
	Active           bool
}

// choices are the user's organizations. It is a call to the Backend API: the session
// token names the active one only.
func choices(v Visit) ([]choice, error) {
	list, err := v.Client.Users().ListOrganizationMemberships(v.Context, v.Auth.UserID, &user.ListOrganizationMembershipsParams{ListParams: clerk.ListParams{Limit: new(int64(50))}})
	if err != nil {
		return nil, err
	}
	orgs := make([]choice, 0, len(list.OrganizationMemberships))
	for _, m := range list.OrganizationMemberships {
		permissions := slices.DeleteFunc(slices.Clone(m.Permissions), func(p string) bool { return strings.HasPrefix(p, "org:sys_") })
		orgs = append(orgs, choice{
			Name: m.Organization.Name, Slug: m.Organization.Slug, Role: m.Role, Permissions: permissions, Active: m.Organization.ID == v.Auth.OrgID,
		})
	}
	return orgs, nil
}

// organizations is what /orgs and /orgs/:slug show.
type organizations struct {
	Choices  []choice
	Name     string // of the active one
	Slug     string // that was asked for
	Members  []member
	Projects []project
	MayAdd   bool
	Strange  string // an organization that exists, of which few are members
}

type member struct{ Name, Email, Role string }

// Organizations lists the user's organizations.
func (s *Site) Organizations(v Visit) Answer {
	orgs, err := choices(v)
	if err != nil {
		return s.failed(v, err)
	}
	data := organizations{Choices: orgs}
	if s.clerk != nil {
		data.Strange = "globex"
		if v.Auth.UserID == "user_charles" {
			data.Strange = "acme"
		}
	}
	return s.page(v, "orgs", "Organizations", data)
}

// Organization shows the organization that the address names. The middleware has made
// it the active one (Options.OrganizationSync), unless the user is no member: then
// another one is active still, or none, which a handler must look at.
func (s *Site) Organization(v Visit) Answer {
	orgs, err := choices(v)
	if err != nil {
		return s.failed(v, err)
	}
	data := organizations{Choices: orgs, Slug: v.Value("slug")}
	if v.Auth.OrgSlug != data.Slug {
		a := s.page(v, "no-member", "No such organization", data)
		a.Status = http.StatusNotFound
		a.Page.Current = "orgs"
		return a
	}
	members, err := organizationmembership.NewClient(v.Client.Config()).List(v.Context, &organizationmembership.ListParams{OrganizationID: v.Auth.OrgID})
	if err != nil {
		return s.failed(v, err)
	}
	for _, m := range members.OrganizationMemberships {
		if u := m.PublicUserData; u != nil {
			data.Members = append(data.Members, member{fullName(u.FirstName, u.LastName, u.Identifier), u.Identifier, m.Role})
		}
		data.Name = m.Organization.Name
	}
	data.Projects, data.MayAdd = s.projects.of(owner(v.Auth)), v.Auth.Has(core.Permission("org:projects:create"))
	a := s.page(v, "org", data.Name, data)
	a.Page.Current = "orgs"
	return a
}

// Personal is the account without an organization, which the address /me makes active.
func (s *Site) Personal(v Visit) Answer {
	orgs, err := choices(v)
	if err != nil {
		return s.failed(v, err)
	}
	a := s.page(v, "personal", "Personal account", organizations{Choices: orgs, Projects: s.projects.of(owner(v.Auth))})
	a.Page.Current = "orgs"
	return a
}

// AddProject adds a project to the active organization. The route's guard has asked for
// the permission.
func (s *Site) AddProject(v Visit) Answer {
	slug := v.Value("slug")
	if v.Auth.OrgSlug != slug { // The form was shown for another organization.
		return s.Organization(v)
	}
	name := strings.TrimSpace(v.Value("name"))
	if name == "" || len(name) > 60 {
		return s.Organization(v).refused(http.StatusUnprocessableEntity, "A project needs a name of at most 60 bytes.")
	}
	if !s.projects.add(owner(v.Auth), name) {
		return s.Organization(v).refused(http.StatusUnprocessableEntity, "That is enough projects for a demonstration. Delete one first.")
	}
	return redirect("/orgs/" + slug + "?done=project-added")
}

func fullName(first, last *string, otherwise string) string {
	var words []string
	for _, word := range []*string{first, last} {
		if word != nil && *word != "" {
			words = append(words, *word)
		}
	}
	if len(words) == 0 {
		return otherwise
	}
	return strings.Join(words, " ")
}
