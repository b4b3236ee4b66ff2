package compare

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"reflect"
	"slices"
)

// Accepted is a difference that is meant, and why.
type Accepted struct {
	// Family and ID are patterns as in [path.Match]; an empty one matches everything. One of them
	// must be set.
	Family string `json:"family,omitempty"`
	ID     string `json:"id,omitempty"`
	// Fields are the members that may differ.
	Fields []string `json:"fields"`
	// Want and Got narrow the entry to answers that have these members. For a status, a reason, a
	// token type and the two redirects a list says what else the member may be (null: absent), and
	// each text is a pattern as in [path.Match].
	Want map[string]any `json:"want,omitempty"`
	Got  map[string]any `json:"got,omitempty"`
	// SignsIn lets the entry explain a sign-in that the reference does not grant. Without it no
	// entry does.
	SignsIn bool `json:"signsIn,omitempty"`
	// Open marks a known fault of ours: the entry goes with the fix. Its reason says what is wrong.
	Open bool `json:"open,omitempty"`
	// Reason says why the difference is meant.
	Reason string `json:"reason"`
}

// AcceptedFile is [ReadAccepted] for a file.
func AcceptedFile(name string) ([]Accepted, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return ReadAccepted(file)
}

// ReadAccepted reads a JSON list of entries and checks that each is complete.
func ReadAccepted(r io.Reader) ([]Accepted, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	var list []Accepted
	if err := decoder.Decode(&list); err != nil {
		return nil, fmt.Errorf("compare: accepted differences: %w", err)
	}
	for i, entry := range list {
		if entry.Family == "" && entry.ID == "" || len(entry.Fields) == 0 || entry.Reason == "" {
			return nil, fmt.Errorf("compare: accepted difference %d needs a family or an id, fields and a reason", i+1)
		}
		patterns := []string{entry.Family, entry.ID}
		for _, members := range []map[string]any{entry.Want, entry.Got} {
			for _, name := range textMembers() {
				for _, value := range alternatives(members[name]) {
					text, ok := value.(string)
					if !ok && value != nil {
						return nil, fmt.Errorf("compare: accepted difference %d: %s is neither text nor null", i+1, name)
					}
					patterns = append(patterns, text)
				}
			}
		}
		for _, pattern := range patterns {
			if _, err := path.Match(pattern, ""); err != nil {
				return nil, fmt.Errorf("compare: accepted difference %d: %w", i+1, err)
			}
		}
	}
	return list, nil
}

const signedIn = "signed-in"

func (a Accepted) applies(want, got Answer) bool {
	if got["status"] == signedIn && want["status"] != signedIn && !a.SignsIn {
		return false
	}
	return matches(a.Family, Family(want.id())) && matches(a.ID, want.id()) && has(want, a.Want) && has(got, a.Got)
}

func matches(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	ok, err := path.Match(pattern, text)
	return ok && err == nil
}

func has(answer Answer, members map[string]any) bool {
	for name, value := range members {
		if slices.Contains(textMembers(), name) {
			if !slices.ContainsFunc(alternatives(value), func(one any) bool { return isText(answer[name], one) }) {
				return false
			}
			continue
		}
		if !reflect.DeepEqual(withoutNulls(answer[name]), withoutNulls(value)) {
			return false
		}
	}
	return true
}

// textMembers are the members of an answer that an entry narrows with patterns.
func textMembers() []string {
	return []string{"status", "reason", "tokenType", "redirectToSignIn", "redirectToSignUp"}
}

func alternatives(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	return []any{value}
}

// isText reports whether a member is a text that matches the pattern, or absent where nil asks for
// that.
func isText(member, pattern any) bool {
	if pattern == nil || member == nil {
		return pattern == nil && member == nil
	}
	text, isString := member.(string)
	form, isPattern := pattern.(string)
	if !isString || !isPattern {
		return false
	}
	ok, err := path.Match(form, text)
	return ok && err == nil
}

// explain returns the entries that together cover the fields, or nothing when they do not.
func explain(accepted []Accepted, want, got Answer, fields []string) []int {
	var used []int
	covered := make(map[string]bool)
	for i, entry := range accepted {
		if !entry.applies(want, got) {
			continue
		}
		useful := false
		for _, field := range entry.Fields {
			if slices.Contains(fields, field) && !covered[field] {
				covered[field], useful = true, true
			}
		}
		if useful {
			used = append(used, i)
		}
	}
	for _, field := range fields {
		if !covered[field] {
			return nil
		}
	}
	return used
}
