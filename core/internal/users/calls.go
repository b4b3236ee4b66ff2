package users

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
)

// ChangedBy returns whom a call to Clerk's Backend API may have changed, "" for everybody, by
// the segments of its path below the version, and by its answer, which may be missing.
func ChangedBy(method string, path []string, answer []byte) (ids []string) {
	if method == http.MethodGet || method == http.MethodHead || len(path) == 0 {
		return nil
	}
	switch {
	case path[0] == "users" && len(path) > 1:
		ids = append(ids, path[1])
	case path[0] == "organizations" && len(path) > 3 && path[2] == "memberships":
		ids = append(ids, path[3])
	case path[0] == "email_addresses" || path[0] == "phone_numbers":
		return []string{""} // Nothing says whose they are.
	}
	type resource struct {
		Object string `json:"object"`
		ID     string `json:"id"`
		Member struct {
			UserID string `json:"user_id"`
		} `json:"public_user_data"`
	}
	var all []resource
	if answer = bytes.TrimSpace(answer); bytes.HasPrefix(answer, []byte("[")) {
		_ = json.Unmarshal(answer, &all) // What is of another form than known says nothing.
	} else {
		all = make([]resource, 1)
		_ = json.Unmarshal(answer, &all[0]) // as above
	}
	for _, r := range all {
		switch {
		case r.Object == "user" && r.ID != "":
			ids = append(ids, r.ID)
		case r.Member.UserID != "":
			ids = append(ids, r.Member.UserID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
