package clerktest

import (
	"fmt"
	"strings"
)

// check refuses a config whose people and organizations do not fit together: what would
// replace another of them unseen, or names one that there is not.
func (c *Config) check() error {
	taken := map[string]string{}
	claim := func(kind, value, at string) error {
		if value == "" {
			return nil
		}
		key := kind + " " + strings.ToLower(value)
		if other := taken[key]; other != "" {
			return fmt.Errorf("clerktest: %s is %q, as %s is. Give each its own", at, value, other)
		}
		taken[key] = at
		return nil
	}
	for i := range c.Users {
		u, at := &c.Users[i], fmt.Sprintf("Config.Users[%d]", i)
		for _, one := range []struct{ kind, value, field string }{
			{"user", u.ID, "ID"}, {"address", u.Email, "Email"}, {"username", u.Username, "Username"}, {"external id", u.ExternalID, "ExternalID"},
		} {
			if err := claim(one.kind, one.value, at+"."+one.field); err != nil {
				return err
			}
		}
	}
	for i := range c.Organizations {
		o, at := &c.Organizations[i], fmt.Sprintf("Config.Organizations[%d]", i)
		if err := claim("organization", o.ID, at+".ID"); err != nil {
			return err
		}
		if err := claim("slug", o.Slug, at+".Slug"); err != nil {
			return err
		}
		for j, m := range o.Members {
			at := fmt.Sprintf("%s.Members[%d].UserID", at, j)
			if m.UserID == "" {
				return fmt.Errorf("clerktest: %s is empty. Name one of Config.Users by its ID, or give the ID of a user who is to be made", at)
			}
			if err := claim(fmt.Sprintf("member of %d:", i), m.UserID, at); err != nil {
				return err
			}
		}
	}
	for i, t := range c.Templates {
		if err := claim("template", t.Name, fmt.Sprintf("Config.Templates[%d].Name", i)); err != nil {
			return err
		}
	}
	return nil
}

// checkActive refuses users who are to start in an organization that there is not.
// It is called when all of them have been made.
func (s *Server) checkActive() error {
	for i := range s.config.Users {
		if key := s.config.Users[i].ActiveOrganization; key != "" && s.state.Organizations.Get(key) == nil {
			return fmt.Errorf("clerktest: Config.Users[%d].ActiveOrganization: there is no organization %q. List it in Config.Organizations, or name one of them by ID or slug", i, key)
		}
	}
	return nil
}
