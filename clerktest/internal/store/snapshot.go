package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Snapshot is all that an instance keeps, as a file holds it.
type Snapshot struct {
	Secret   []byte                       `json:"secret"` // Keys the hashes of passwords.
	Counters map[string]int               `json:"counters"`
	Tables   map[string][]json.RawMessage `json:"tables"`
	Outbox   []Message                    `json:"outbox"`
}

// namedTable is a table under the name that seeds and snapshots know it by.
type namedTable struct {
	name string
	*Table
}

func (t *Table) self() *Table { return t }

// tables lists the tables by their names, "email_addresses", in the order in which
// their rows can be put: what is pointed to before what points.
func (in *Instance) tables() []namedTable {
	var list []namedTable
	for f, v := range reflect.ValueOf(in).Elem().Fields() {
		if !f.IsExported() {
			continue
		}
		if of, is := reflect.TypeAssert[interface{ self() *Table }](v); is {
			list = append(list, namedTable{snake(f.Name), of.self()})
		}
	}
	return list
}

// snake spells a name of Go as seeds do: RedirectURLs is redirect_urls.
func snake(name string) string {
	var out strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		lowerBefore := i > 0 && unicode.IsLower(letters[i-1])
		wordAfter := i > 0 && i+1 < len(letters) && unicode.IsLower(letters[i+1]) && letters[i+1] != 's'
		if unicode.IsUpper(r) && (lowerBefore || wordAfter) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// Save returns what the instance keeps.
func (in *Instance) Save() (Snapshot, error) {
	s := Snapshot{Secret: slices.Clone(in.secret[:]), Counters: maps.Clone(in.counters), Outbox: slices.Clone(in.outbox), Tables: map[string][]json.RawMessage{}}
	for _, t := range in.tables() {
		rows := make([]json.RawMessage, 0, len(t.rows))
		for _, row := range t.rows {
			raw, err := json.Marshal(row)
			if err != nil {
				return Snapshot{}, fmt.Errorf("clerktest: save %s %s: %w", t.Object, row.Base().ID, err)
			}
			rows = append(rows, raw)
		}
		s.Tables[t.name] = rows
	}
	return s, nil
}

// Load replaces what the instance keeps. Nothing changes if there is an error.
func (in *Instance) Load(s Snapshot) error {
	if len(s.Secret) != len(in.secret) {
		return fmt.Errorf("clerktest: the state has a secret of %d bytes, not %d", len(s.Secret), len(in.secret))
	}
	tables := in.tables()
	read := make(map[string][]Row, len(tables))
	for _, t := range tables {
		for _, raw := range s.Tables[t.name] {
			row := t.make()
			decoder := json.NewDecoder(bytes.NewReader(raw))
			decoder.DisallowUnknownFields() // What another version wrote must not be lost unseen.
			if err := decoder.Decode(row); err != nil {
				return fmt.Errorf("clerktest: the state has %s that this version does not know: %w", t.name, err)
			}
			if row.Base().ID == "" {
				return fmt.Errorf("clerktest: the state has %s without an id", t.name)
			}
			read[t.name] = append(read[t.name], row)
		}
	}
	for name := range s.Tables {
		if _, known := read[name]; !known && len(s.Tables[name]) > 0 {
			return fmt.Errorf("clerktest: the state has %s, which this version does not know", name)
		}
	}
	for _, t := range tables {
		if _, has := s.Tables[t.name]; has { // What an older state does not know stays as it is in a new instance.
			*t.Table = *newTable(in, t.Kind)
		}
	}
	for _, t := range tables {
		for _, row := range read[t.name] {
			t.Put(row)
		}
	}
	in.seedSettings() // Which older states have not.
	copy(in.secret[:], s.Secret)
	in.outbox = s.Outbox
	in.counters = map[string]int{}
	maps.Copy(in.counters, s.Counters)
	return nil
}
