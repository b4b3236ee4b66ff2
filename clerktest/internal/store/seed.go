package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// SeedError says which value of a seed is wrong: "users[2].email_address".
type SeedError struct {
	Path string
	Err  error
}

func (e *SeedError) Error() string { return e.Path + ": " + e.Err.Error() }

func (e *SeedError) Unwrap() error { return e.Err }

// Seed makes the rows of a document: lists by the names of tables, each row as the
// Backend API takes it to be created, and with what only seeds say: an id, plans and
// features, an organization's members. It makes all of them or none, and sends no events.
func (in *Instance) Seed(doc wire.Doc) error {
	before, err := in.Save()
	if err != nil {
		return err
	}
	notify := in.Notify
	in.Notify = nil
	defer func() { in.Notify = notify }()
	if err := in.seed(doc); err != nil {
		return errors.Join(err, in.Load(before))
	}
	return nil
}

func (in *Instance) seed(doc wire.Doc) error {
	tables := in.tables()
	// Roles are named by memberships and name permissions, whichever table is older.
	for i, first := range []string{"permissions", "roles"} {
		at := slices.IndexFunc(tables, func(t namedTable) bool { return t.name == first })
		t := tables[at]
		tables = slices.Insert(slices.Delete(tables, at, at+1), i, t)
	}
	names := make([]string, 0, len(tables))
	for _, t := range tables {
		names = append(names, t.name)
	}
	for _, name := range sortedKeys(doc) {
		if !slices.Contains(names, name) {
			slices.Sort(names)
			return &SeedError{name, wire.WrongValue(name, names...)}
		}
	}
	for _, t := range tables {
		if given := doc[t.name]; given != nil && t.single() {
			fields, is := given.(wire.Doc)
			if !is {
				return &SeedError{t.name, wire.WrongType(t.name, "an object")}
			}
			if err := t.Change(Backend, t.rows[0], fields); err != nil {
				return seedError(t.name, err)
			}
			continue
		}
		if err := in.seedRows(t, t.name, doc[t.name], nil); err != nil {
			return err
		}
	}
	return nil
}

// single reports whether a table has one row only: none can be made.
func (t namedTable) single() bool {
	return len(t.rows) == 1 && !slices.ContainsFunc(t.fields, func(f field) bool { return f.may[Backend]&Create != 0 })
}

func seedError(path string, err error) *SeedError {
	var refused *wire.Error
	if errors.As(err, &refused) && refused.Param != "" && refused.Code != "form_param_missing" {
		path += "." + refused.Param
	}
	return &SeedError{path, err}
}

// seedRows makes the rows of one list.
func (in *Instance) seedRows(t namedTable, path string, given any, preset func(Row)) error {
	list, is := given.([]any)
	if given != nil && !is {
		return &SeedError{path, wire.WrongType(path, "a list")}
	}
	for i, one := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		fields, is := one.(wire.Doc)
		if !is {
			return &SeedError{at, wire.WrongType(at, "an object")}
		}
		if err := in.seedRow(t, at, fields, preset); err != nil {
			return err
		}
	}
	return nil
}

func (in *Instance) seedRow(t namedTable, path string, fields wire.Doc, preset func(Row)) error {
	given, beside := wire.Doc{}, wire.Doc{}
	for _, name := range sortedKeys(fields) {
		f := t.byName[name]
		p := t.param(name, Backend, Create)
		switch {
		case p != nil && reflect.TypeOf(p.Of) == reflect.TypeFor[[]string](), f != nil && f.typ == reflect.TypeFor[[]string]():
			given[name] = fields[name]
			if text, one := fields[name].(string); one {
				given[name] = []any{text}
			}
		case p != nil, f != nil && f.may[Backend]&Create != 0:
			given[name] = fields[name]
		default:
			beside[name] = fields[name]
		}
	}
	for _, name := range []string{"user_id", "created_by"} { // Seeds name users by what they know.
		if text, _ := given[name].(string); text != "" {
			if u := in.userNamed(text); u != nil {
				given[name] = u.ID
			}
		}
	}
	if _, said := given["include_in_initial_role_set"]; t.name == "roles" && !said {
		given["include_in_initial_role_set"] = true // What a seed lists is meant to be used.
	}
	var wrong *SeedError
	row, err := t.Make(Backend, given, func(row Row) {
		if preset != nil {
			preset(row)
		}
		wrong = t.seedFields(row, path, beside)
	})
	if wrong != nil {
		return wrong
	}
	if err != nil {
		return seedError(path, err)
	}
	if o, is := row.(*Organization); is {
		members := namedTable{"members", in.Memberships.Table}
		return in.seedRows(members, path+".members", fields["members"], func(row Row) {
			if m, is := row.(*Membership); is {
				m.OrganizationID, m.Role = o.ID, MemberRole
			}
		})
	}
	return nil
}

// userNamed finds a user by id, external id, address, name or number.
func (in *Instance) userNamed(text string) *User {
	if u := in.Users.Get(text); u != nil {
		return u
	}
	if u := in.Users.By("external_id", text); u != nil {
		return u
	}
	return in.UserByIdentifier(text)
}

// seedFields sets what the Backend API does not take.
func (t namedTable) seedFields(row Row, path string, beside wire.Doc) *SeedError {
	for _, name := range sortedKeys(beside) {
		if _, is := row.(*Organization); is && name == "members" {
			continue // They follow.
		}
		at := path + "." + name
		f := t.seedField(row, name)
		if f == nil {
			return &SeedError{at, wire.Refused("form_param_unknown", name, name+" is no field of "+t.name+".")}
		}
		if err := f.set(row, beside[name]); err != nil {
			return &SeedError{at, err}
		}
		if name == "id" && t.byID[row.Base().ID] != nil {
			return &SeedError{at, wire.Taken("id")}
		}
	}
	return nil
}

// seedField finds a field by its name on the wire, or that of a field without one.
func (t namedTable) seedField(row Row, name string) *field {
	if f := t.byName[name]; f != nil && name != "-" {
		return f
	}
	for i := range t.fields {
		f := &t.fields[i]
		if f.name != "-" || f.typ == reflect.TypeFor[[]byte]() {
			continue
		}
		inGo := reflect.TypeOf(row).Elem().FieldByIndex(f.index).Name
		if snake(inGo) == name || (inGo == "Extra" && name == "permissions") {
			named := *f
			named.name = name
			return &named
		}
	}
	return nil
}
