package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// SeedError says which value of a seed is wrong: "users[2].email_address".
type SeedError struct {
	Path string
	Err  error
}

func (e *SeedError) Error() string { return e.Path + ": " + e.Err.Error() }

func (e *SeedError) Unwrap() error { return e.Err }

// SeedDoc reads a seed. Its lists are read when their rows are made, one by one: all of
// a million users as values of Go would take more than the users themselves.
func SeedDoc(text []byte) (wire.Doc, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return nil, err
	}
	doc := make(wire.Doc, len(parts))
	for name, part := range parts {
		if part[0] == '[' {
			doc[name] = seedList(part)
			continue
		}
		var v any
		if err := json.Unmarshal(part, &v); err != nil {
			return nil, err
		}
		doc[name] = v
	}
	return doc, nil
}

// seedList is a list in JSON.
type seedList json.RawMessage

// rows visits the rows of a list.
func (l seedList) rows(yield func(int, any) bool) {
	reader := json.NewDecoder(bytes.NewReader(l))
	_, err := reader.Token() // The bracket.
	for i := 0; err == nil && reader.More(); i++ {
		var row any
		if err = reader.Decode(&row); err == nil && !yield(i, row) { // It was right as a whole.
			return
		}
	}
}

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
	if err := (&seeder{Instance: in, tables: map[string]*Table{}}).seed(doc); err != nil {
		return errors.Join(err, in.Load(before))
	}
	return nil
}

// seeder makes the rows of one seed.
type seeder struct {
	*Instance

	order  []string // of the tables
	tables map[string]*Table
	later  []func() *SeedError // looks for what rows name that come after them
}

func (in *seeder) seed(doc wire.Doc) error {
	tables := in.Instance.tables()
	// Roles are named by memberships and name permissions, whichever table is older.
	for i, first := range []string{"permissions", "roles"} {
		at := slices.IndexFunc(tables, func(t namedTable) bool { return t.name == first })
		t := tables[at]
		tables = slices.Insert(slices.Delete(tables, at, at+1), i, t)
	}
	for _, t := range tables {
		in.order, in.tables[t.name] = append(in.order, t.name), t.Table
	}
	for _, name := range sortedKeys(doc) {
		if !slices.Contains(in.order, name) {
			return &SeedError{name, wire.WrongValue(name, slices.Sorted(slices.Values(in.order))...)}
		}
	}
	limits := *in.OrganizationSettings.One()
	in.OrganizationSettings.One().MaxAllowedPermissions, in.OrganizationSettings.One().MaxAllowedRoles = 0, 0 // A seed says what there is.
	for _, t := range tables {
		if t.name != "permissions" && t.name != "roles" && limits.ID != "" {
			*in.OrganizationSettings.One(), limits = limits, OrganizationSettings{}
		}
		if given := doc[t.name]; given != nil && t.single() {
			fields, is := given.(wire.Doc)
			if !is {
				return &SeedError{t.name, wire.WrongType(t.name, "an object")}
			}
			fields, wrong := in.named(t, t.name, fields, nil)
			if wrong != nil {
				return wrong
			}
			given, beside := wire.Doc{}, wire.Doc{}
			for name, value := range fields {
				if f := t.byName[name]; t.param(name, Backend, Update) != nil || (f != nil && f.may[Backend]&Update != 0) {
					given[name] = value
				} else {
					beside[name] = value
				}
			}
			if wrong := t.seedFields(t.rows[0], t.name, beside); wrong != nil {
				return wrong
			}
			if err := t.Change(Backend, t.rows[0], given); err != nil {
				return seedError(t.name, err)
			}
			continue
		}
		if err := in.seedRows(t, t.name, doc[t.name], nil); err != nil {
			return err
		}
	}
	for _, look := range in.later {
		if wrong := look(); wrong != nil {
			return wrong
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
func (in *seeder) seedRows(t namedTable, path string, given any, preset func(Row)) error {
	var rows iter.Seq2[int, any]
	switch list := given.(type) {
	case nil:
		return nil
	case []any:
		rows = slices.All(list)
	case seedList:
		rows = list.rows
	default:
		return &SeedError{path, wire.WrongType(path, "a list")}
	}
	for i, one := range rows {
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

func (in *seeder) seedRow(t namedTable, path string, fields wire.Doc, preset func(Row)) error {
	var made Row
	fields, wrong := in.named(t, path, fields, func() Row { return made })
	if wrong != nil {
		return wrong
	}
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
	if _, said := given["include_in_initial_role_set"]; t.name == "roles" && !said {
		given["include_in_initial_role_set"] = true // What a seed lists is meant to be used.
	}
	row, err := t.Make(Backend, given, func(row Row) {
		if preset != nil {
			preset(row)
		}
		made = row
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

// named returns the fields of a row in which what names another row is its id, or for
// roles and permissions their key. A row of a table that follows is looked for later.
func (in *seeder) named(t namedTable, path string, fields wire.Doc, made func() Row) (wire.Doc, *SeedError) {
	out, like := maps.Clone(fields), t.make()
	for _, name := range sortedKeys(fields) {
		f, of := t.seedField(like, name), paramsOf[name]
		if f != nil && f.of != "" {
			of = f.of
		}
		at := path + "." + name
		switch value := fields[name].(type) {
		case string:
			if of == "" || value == "" {
				break
			}
			if made != nil && slices.Index(in.order, of) > slices.Index(in.order, in.nameOf(t)) {
				in.later = append(in.later, func() *SeedError {
					id, wrong := in.rowNamed(of, at, value)
					if wrong == nil {
						f.in(made()).SetString(id)
					}
					return wrong
				})
				break
			}
			id, wrong := in.rowNamed(of, at, value)
			if wrong != nil {
				return nil, wrong
			}
			out[name] = id
		case []any:
			if of == "" {
				break
			}
			for _, one := range value {
				if text, is := one.(string); is {
					if _, wrong := in.rowNamed(of, at, text); wrong != nil {
						return nil, wrong
					}
				}
			}
		}
	}
	return out, nil
}

// paramsOf are the parameters that name rows of tables, as the tag "of" says it of fields.
var paramsOf = map[string]string{"creator_role_id": "roles", "domains_default_role_id": "roles"}

// nameOf is the name of a table, also of one that is seeded under another's.
func (in *seeder) nameOf(t namedTable) string {
	if t.name == "members" {
		return "memberships"
	}
	return t.name
}

// rowNamed finds the row of a table, or of one of several, that a text names.
func (in *seeder) rowNamed(of, at, text string) (string, *SeedError) {
	for name := range strings.SplitSeq(of, "|") {
		if name == "users" {
			if u := in.userNamed(text); u != nil {
				return u.ID, nil
			}
			continue
		}
		t := in.tables[name]
		if t == nil {
			continue
		}
		if row := t.Get(text); row != nil && (name == "roles" || name == "permissions") {
			return text, nil
		} else if row != nil {
			return row.Base().ID, nil
		}
	}
	list := strings.ReplaceAll(of, "|", " and ")
	by := map[string]string{
		"users": "id, email address, phone number, username or external id", "organizations": "id or slug",
		"roles": "key, such as org:member", "permissions": "key, such as org:sys_memberships:read",
	}[of]
	if by == "" {
		by = "id"
	}
	return "", &SeedError{at, wire.Refused("resource_not_found", at[strings.LastIndexByte(at, '.')+1:],
		fmt.Sprintf("There is no %q among the %s. List it there, or name another by its %s.", text, strings.ReplaceAll(list, "_", " "), by))}
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
