package compare_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/compare"
)

func answers(t *testing.T, text string) []compare.Answer {
	t.Helper()
	list, err := compare.ReadAnswers(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestDiffering(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want, got string
		withMessage     bool
		fields          []string
	}{
		{name: "absent and null are the same", want: `{"reason":null,"auth":{"a":null,"b":1}}`, got: `{"auth":{"b":1.0}}`},
		{name: "the order of keys does not matter", want: `{"auth":{"a":1,"b":2}}`, got: `{"auth":{"b":2,"a":1}}`},
		{name: "numbers are doubles", want: `{"auth":{"n":9007199254740993}}`, got: `{"auth":{"n":9007199254740992}}`},
		{name: "a number too large for a double is null", want: `{"auth":{"n":null}}`, got: `{"auth":{"n":1e400}}`},
		{name: "errors differ only in their status", want: `{"status":"error","error":"a","backendCalls":["x"]}`, got: `{"status":"error","error":"b"}`},
		{name: "an error is not a sign-in", want: `{"status":"error"}`, got: `{"status":"signed-in"}`, fields: []string{"status"}},
		{name: "repeated calls count once", want: `{"backendCalls":["a","a","b"]}`, got: `{"backendCalls":["a","b","b"]}`},
		{name: "calls have an order", want: `{"backendCalls":["a","b"]}`, got: `{"backendCalls":["b","a"]}`, fields: []string{"backendCalls"}},
		{name: "no calls are no calls", want: `{"backendCalls":[]}`, got: `{}`},
		{name: "the text of the message header does not matter", want: `{"headers":[["x-clerk-auth-message","a"]]}`, got: `{"headers":[["x-clerk-auth-message","b"]]}`},
		{name: "its presence does", want: `{"headers":[["x-clerk-auth-message","a"]]}`, got: `{"headers":[]}`, fields: []string{"headers"}},
		{name: "its text does when asked for", want: `{"headers":[["x-clerk-auth-message","a"]]}`, got: `{"headers":[["x-clerk-auth-message","b"]]}`, withMessage: true, fields: []string{"headers"}},
		{name: "messages are compared when asked for", want: `{"message":"a"}`, got: `{"message":"b"}`, withMessage: true, fields: []string{"message"}},
		{name: "cookies have an order", want: `{"headers":[["set-cookie","a"],["set-cookie","b"]]}`, got: `{"headers":[["set-cookie","b"],["set-cookie","a"]]}`, fields: []string{"headers"}},
		{name: "other headers have none", want: `{"headers":[["a","1"],["b","2"]]}`, got: `{"headers":[["b","2"],["a","1"]]}`},
		{name: "has is compared", want: `{"has":[true]}`, got: `{"has":[false]}`, fields: []string{"has"}},
		{name: "has null is not a list", want: `{"has":null}`, got: `{"has":[]}`, fields: []string{"has"}},
		{name: "extras are not compared", want: `{"token":"a","clerkUrl":"b"}`, got: `{"token":"c"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := compare.Differing(answers(t, tt.want)[0], answers(t, tt.got)[0], compare.Options{WithMessage: tt.withMessage})
			if !slices.Equal(got, tt.fields) {
				t.Errorf("got %v, want %v", got, tt.fields)
			}
		})
	}
}

func TestAnswersReportsMissingAnswers(t *testing.T) {
	t.Parallel()
	report := compare.Answers(answers(t, `{"id":"s1-000001-a","status":"signed-out"}`), nil, compare.Options{})
	if len(report.Unexplained()) != 1 {
		t.Errorf("got %d differences for a case without an answer, want 1", len(report.Unexplained()))
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	want := `{"id":"s1-000001-quirk-x","status":"signed-in","reason":null}`
	got := `{"id":"s1-000001-quirk-x","status":"signed-out","reason":"r"}`
	tests := []struct {
		name, accepted string
		explained      bool
	}{
		{name: "the family and all fields", accepted: `[{"family":"quirk-x","fields":["status","reason"],"reason":"r"}]`, explained: true},
		{name: "a pattern of families", accepted: `[{"family":"quirk-*","fields":["status","reason"],"reason":"r"}]`, explained: true},
		{name: "an id", accepted: `[{"id":"s1-*","fields":["status","reason"],"reason":"r"}]`, explained: true},
		{name: "two entries together", accepted: `[{"family":"quirk-x","fields":["status"],"reason":"r"},{"family":"*","fields":["reason"],"reason":"r"}]`, explained: true},
		{name: "a field is missing", accepted: `[{"family":"quirk-x","fields":["status"],"reason":"r"}]`, explained: false},
		{name: "another family", accepted: `[{"family":"quirk-y","fields":["status","reason"],"reason":"r"}]`, explained: false},
		{name: "narrowed to what is so", accepted: `[{"family":"*","fields":["status","reason"],"want":{"reason":null},"got":{"reason":"r"},"reason":"r"}]`, explained: true},
		{name: "narrowed to what is not so", accepted: `[{"family":"*","fields":["status","reason"],"got":{"reason":"other"},"reason":"r"}]`, explained: false},
		{name: "one of several reasons", accepted: `[{"family":"*","fields":["status","reason"],"got":{"reason":["other","r"]},"reason":"r"}]`, explained: true},
		{name: "none of several reasons", accepted: `[{"family":"*","fields":["status","reason"],"got":{"reason":["other",null]},"reason":"r"}]`, explained: false},
		{name: "a reason or none", accepted: `[{"family":"*","fields":["status","reason"],"want":{"reason":["other",null]},"reason":"r"}]`, explained: true},
		{name: "a pattern of statuses", accepted: `[{"family":"*","fields":["status","reason"],"got":{"status":"signed-*"},"reason":"r"}]`, explained: true},
		{name: "a pattern of other statuses", accepted: `[{"family":"*","fields":["status","reason"],"got":{"status":"hand*"},"reason":"r"}]`, explained: false},
		{name: "an empty list", accepted: `[]`, explained: false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			accepted, err := compare.ReadAccepted(strings.NewReader(tt.accepted))
			if err != nil {
				t.Fatal(err)
			}
			report := compare.Answers(answers(t, want), answers(t, got), compare.Options{Accepted: accepted})
			if explained := len(report.Unexplained()) == 0; explained != tt.explained {
				t.Errorf("got explained %t, want %t", explained, tt.explained)
			}
		})
	}
}

func TestASignInMustBeAcceptedAsOne(t *testing.T) {
	t.Parallel()
	want := answers(t, `{"id":"s1-000001-a","status":"signed-out"}`)
	got := answers(t, `{"id":"s1-000001-a","status":"signed-in"}`)
	for _, signsIn := range []bool{false, true} {
		accepted := []compare.Accepted{{Family: "*", Fields: []string{"status"}, SignsIn: signsIn, Reason: "r"}}
		report := compare.Answers(want, got, compare.Options{Accepted: accepted})
		if explained := len(report.Unexplained()) == 0; explained != signsIn {
			t.Errorf("with signsIn %t: got explained %t", signsIn, explained)
		}
	}
}

func TestReadAcceptedRefusesIncompleteEntries(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `[{"fields":["status"],"reason":"r"}]`, `[{"family":"a","reason":"r"}]`, `[{"family":"a","fields":["status"]}]`,
		`[{"family":"[","fields":["status"],"reason":"r"}]`, `[{"family":"a","fields":["status"],"reason":"r","typo":1}]`,
		`[{"family":"a","fields":["status"],"reason":"r","want":{"status":5}}]`, `[{"family":"a","fields":["status"],"reason":"r","got":{"reason":["["]}}]`,
	} {
		if _, err := compare.ReadAccepted(strings.NewReader(text)); err == nil {
			t.Errorf("ReadAccepted(%s) gave no error", text)
		}
	}
}

func TestPatternAnswers(t *testing.T) {
	t.Parallel()
	options := compare.Options{Fields: compare.PatternFields()}
	same := [2]string{
		`{"routeMatcher":{"error":"invalid-pattern","detail":"a"},"match":{"matched":true,"params":{}}}`,
		`{"routeMatcher":{"matched":false,"error":"invalid-pattern","detail":"b"},"match":{"matched":true,"params":{}}}`,
	}
	if got := compare.Differing(answers(t, same[0])[0], answers(t, same[1])[0], options); got != nil {
		t.Errorf("got differences in %v, want none", got)
	}
	other := answers(t, `{"routeMatcher":{"error":"malformed-url"},"match":{"matched":false,"params":null}}`)[0]
	if got := compare.Differing(answers(t, same[0])[0], other, options); len(got) != 2 {
		t.Errorf("got differences in %v, want two", got)
	}
}

func TestPrintSaysWhatDiffers(t *testing.T) {
	t.Parallel()
	report := compare.Answers(
		answers(t, `{"id":"s1-000001-a","status":"signed-in"}`+"\n\n"+`{"id":"s1-000002-b","status":"signed-in"}`),
		answers(t, `{"id":"s1-000001-a","status":"signed-out"}`+"\n"+`{"id":"s1-000002-b","status":"signed-in"}`), compare.Options{})
	var out bytes.Buffer
	if err := report.Print(&out, nil, 1, false); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"1 x a: status", `want "signed-in"`, `got  "signed-out"`, "2 cases, 1 equal, 0 accepted differences, 1 differences"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("got %q, want it to contain %q", out.String(), text)
		}
	}
}

func TestFamily(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"s1-000042-cookie-valid": "cookie-valid", "p12-000001-quirk-pattern-none": "quirk-pattern-none", "other": "other"} {
		if got := compare.Family(id); got != want {
			t.Errorf("Family(%q) = %q, want %q", id, got, want)
		}
	}
}

func TestMissingOutcomes(t *testing.T) {
	t.Parallel()
	all := compare.Missing(nil)
	some := compare.Missing(answers(t, `{"status":"signed-in","tokenType":"api_key","reason":null}`))
	if len(some) != len(all)-1 {
		t.Errorf("got %d missing outcomes after one of %d was seen", len(some), len(all))
	}
}
