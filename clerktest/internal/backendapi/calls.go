package backendapi

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
)

// calls is what Clerk's own client calls, as conformance/clients records it.
//
//go:embed calls.json
var calls []byte

// ClientCall is a call that a method of Clerk's client makes.
type ClientCall struct {
	Family string              `json:"family"`
	Name   string              `json:"name"`
	Method string              `json:"method"`
	Path   string              `json:"path"`
	Query  []string            `json:"query"`
	Body   any                 `json:"body"`    // The kind of each field, in a list for a list of such.
	Choice map[string][]string `json:"choices"` // The texts that a parameter may be.
}

// Pattern returns the route that the call wants.
func (c ClientCall) Pattern() string { return c.Method + " " + c.Path }

// ClientCalls returns the calls that @clerk/backend makes, and its version. It
// panics if the record is not readable, which any start shows.
func ClientCalls() (list []ClientCall, version string) {
	var record struct {
		Version string
		Calls   []ClientCall
	}
	if err := json.Unmarshal(calls, &record); err != nil {
		panic("clerktest: calls.json: " + err.Error())
	}
	return record.Calls, record.Version
}

// OthersCalls are calls that clerk-sdk-go makes besides and that are not served.
func OthersCalls() []string {
	return []string{
		"DELETE /v1/role_sets/{role_set_id}",
		"DELETE /v1/role_sets/{role_set_id}/roles",
		"DELETE /v1/templates/{template_type}/{slug}",
		"GET /v1/billing/subscription_items",
		"GET /v1/templates/{template_type}",
		"GET /v1/templates/{template_type}/{slug}",
		"POST /v1/templates/{template_type}/{slug}/preview",
		"POST /v1/templates/{template_type}/{slug}/revert",
		"POST /v1/templates/{template_type}/{slug}/toggle_delivery",
		"PUT /v1/templates/{template_type}/{slug}",
	}
}

var segment = regexp.MustCompile(`\{[^}]*\}`)

// Shape is a pattern without the names of its parameters: two patterns of one
// shape match the same requests.
func Shape(pattern string) string { return segment.ReplaceAllString(pattern, "{}") }

// Unbuilt returns the patterns that Clerk's clients call and that served, a list
// of patterns, does not have.
func Unbuilt(served []string) []string {
	known := map[string]bool{}
	for _, pattern := range served {
		known[Shape(pattern)] = true
	}
	var list []string
	all, _ := ClientCalls()
	for _, c := range all {
		if shape := Shape(c.Pattern()); !known[shape] {
			known[shape] = true
			list = append(list, c.Pattern())
		}
	}
	list = append(list, OthersCalls()...)
	slices.Sort(list)
	return list
}
