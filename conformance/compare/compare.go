// Package compare finds where two implementations answer conformance cases differently.
package compare

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// Fields are the compared members of an answer.
func Fields() []string {
	return []string{"status", "reason", "headers", "tokenType", "auth", "has", "redirectToSignIn", "redirectToSignUp", "backendCalls", "act"}
}

// PatternFields are the compared members of an answer in pattern mode.
func PatternFields() []string { return []string{"routeMatcher", "match"} }

// AdapterFields are the compared members of an answer in adapter mode.
func AdapterFields() []string { return []string{"http", "backendCalls"} }

// Options choose what is compared.
type Options struct {
	// Fields are the compared members; nil means [Fields].
	Fields []string
	// WithMessage compares the text of messages too.
	WithMessage bool
	// Accepted lists the differences that are meant.
	Accepted []Accepted
}

// Difference is a case that was answered differently.
type Difference struct {
	ID     string
	Fields []string
	// Want and Got hold the differing members of the two answers. Got is nil when there was no
	// answer.
	Want, Got map[string]any
	// Accepted holds the entries that together explain every differing field; it is empty when some
	// field is unexplained.
	Accepted []int
}

// Report is the result of comparing two files.
type Report struct {
	Cases       int
	Differences []Difference
	// Used counts, for each accepted entry, the cases that it explained.
	Used []int
}

// Unexplained returns the differences that no accepted entry explains.
func (r *Report) Unexplained() []Difference {
	return slices.DeleteFunc(slices.Clone(r.Differences), func(d Difference) bool { return len(d.Accepted) > 0 })
}

// Answer is an answer that is ready to be compared.
type Answer map[string]any

// ReadAnswers reads JSON lines. Blank lines are ignored.
func ReadAnswers(r io.Reader) ([]Answer, error) {
	var answers []Answer
	lines := bufio.NewReaderSize(r, 1<<20)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			answer, err := ParseAnswer(line)
			if err != nil {
				return nil, fmt.Errorf("compare: line %d: %w", number, err)
			}
			answers = append(answers, answer)
		}
		if err == io.EOF {
			return answers, nil
		}
		if err != nil {
			return nil, fmt.Errorf("compare: %w", err)
		}
	}
}

// ParseAnswer reads one answer.
func ParseAnswer(line []byte) (Answer, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	var answer Answer
	if err := decoder.Decode(&answer); err != nil {
		return nil, err
	}
	for name, value := range answer {
		answer[name] = withDoubles(value)
	}
	return answer, nil
}

// withDoubles makes every number a double, in place. One that is too large is null, as JavaScript
// prints it.
func withDoubles(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			v[key] = withDoubles(member)
		}
	case []any:
		for i, element := range v {
			v[i] = withDoubles(element)
		}
	case json.Number:
		if number, err := v.Float64(); err == nil {
			return number
		}
		return nil
	}
	return value
}

// Answers compares the answers to every case of want.
func Answers(want, got []Answer, options Options) *Report {
	byID := make(map[string]Answer, len(got))
	for _, answer := range got {
		byID[answer.id()] = answer
	}
	report := &Report{Cases: len(want), Used: make([]int, len(options.Accepted))}
	for _, expected := range want {
		actual := byID[expected.id()]
		fields := Differing(expected, actual, options)
		if len(fields) == 0 {
			continue
		}
		d := Difference{ID: expected.id(), Fields: fields, Want: expected.only(fields)}
		if actual != nil {
			d.Got = actual.only(fields)
		}
		d.Accepted = explain(options.Accepted, expected, actual, fields)
		for _, i := range d.Accepted {
			report.Used[i]++
		}
		report.Differences = append(report.Differences, d)
	}
	return report
}

// Differing returns the compared members in which the answers differ. A nil got differs in all of
// them.
func Differing(want, got Answer, options Options) []string {
	fields := options.Fields
	if fields == nil {
		fields = Fields()
	}
	if got == nil {
		return fields
	}
	if want["status"] == "error" && got["status"] == "error" {
		return nil
	}
	if options.WithMessage && options.Fields == nil {
		fields = append(slices.Clone(fields), "message")
	}
	var differing []string
	for _, field := range fields {
		a, b := want.normal(field, options.WithMessage), got.normal(field, options.WithMessage)
		if !reflect.DeepEqual(a, b) {
			differing = append(differing, field)
		}
	}
	return differing
}

func (a Answer) id() string {
	id, _ := a["id"].(string)
	return id
}

func (a Answer) only(fields []string) map[string]any {
	members := make(map[string]any, len(fields))
	for _, field := range fields {
		members[field] = a[field]
	}
	return members
}

// normal returns a member in the form in which equal answers are equal values.
func (a Answer) normal(field string, withMessage bool) any {
	value := withoutNulls(a[field])
	switch field {
	case "headers":
		return normalHeaders(value, withMessage)
	case "backendCalls":
		calls, _ := value.([]any)
		calls = slices.CompactFunc(slices.Clone(calls), reflect.DeepEqual)
		return append([]any{}, calls...)
	case "http":
		members, ok := value.(map[string]any)
		if ok {
			members["headers"] = normalHeaders(members["headers"], withMessage)
		}
		return members
	case "routeMatcher", "match":
		if members, ok := value.(map[string]any); ok {
			delete(members, "detail")
			if members["error"] != nil {
				delete(members, "matched")
			}
		}
	}
	return value
}

func normalHeaders(value any, withMessage bool) []string {
	list, _ := value.([]any)
	headers := make([]string, 0, len(list))
	for _, entry := range list {
		pair, _ := entry.([]any)
		if len(pair) != 2 {
			headers = append(headers, fmt.Sprint(entry))
			continue
		}
		if pair[0] == "x-clerk-auth-message" && !withMessage {
			pair = []any{pair[0], ""}
		}
		headers = append(headers, fmt.Sprintf("%v: %v", pair[0], pair[1]))
	}
	sort.SliceStable(headers, func(i, j int) bool {
		a, _, _ := strings.Cut(headers[i], ":")
		b, _, _ := strings.Cut(headers[j], ":")
		return a < b
	})
	return headers
}

// withoutNulls copies a value without the members that are null.
func withoutNulls(value any) any {
	switch v := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(v))
		for key, member := range v {
			if member != nil {
				members[key] = withoutNulls(member)
			}
		}
		return members
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = withoutNulls(element)
		}
		return list
	}
	return value
}

var idFormat = regexp.MustCompile(`^[a-z]+[0-9]+-[0-9]+-`)

// Family returns the family that an id names.
func Family(id string) string {
	return idFormat.ReplaceAllString(id, "")
}
