package weburl_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

var (
	nodeScript = flag.String("weburl.node", "", "compare with Node.js, which runs this `script`")
	nodeSeed   = flag.Uint64("weburl.seed", 1, "seed of the URLs that are compared")
	nodeCount  = flag.Int("weburl.count", 50_000, "number of URLs that are compared")
	nodeWrite  = flag.Bool("weburl.write", false, "write them to testdata/vectors.jsonl.gz")
)

// vector is a URL and what Node.js makes of it.
type vector struct {
	Input string  `json:"input"`
	Base  *string `json:"base,omitempty"`
	Name  *string `json:"name,omitempty"` // of a query parameter
	Value *string `json:"value,omitempty"`
	answer
}

type answer struct {
	Failure  bool    `json:"failure,omitempty"`
	Href     string  `json:"href,omitempty"`
	Protocol string  `json:"protocol,omitempty"`
	Username string  `json:"username,omitempty"`
	Password string  `json:"password,omitempty"`
	Hostname string  `json:"hostname,omitempty"`
	Port     string  `json:"port,omitempty"`
	Pathname string  `json:"pathname,omitempty"`
	Search   string  `json:"search,omitempty"`
	Hash     string  `json:"hash,omitempty"`
	Origin   string  `json:"origin,omitempty"`
	Get      *string `json:"get,omitempty"`
	Append   string  `json:"append,omitempty"`
	Set      string  `json:"set,omitempty"`
	Delete   string  `json:"delete,omitempty"`
	Against  string  `json:"against,omitempty"` // the path of the base
}

// ours answers a vector as Node.js does.
func ours(v *vector) answer {
	u, err := weburl.Parse(v.Input)
	var base weburl.URL
	if v.Base != nil {
		if base, err = weburl.Parse(*v.Base); err == nil {
			u, err = base.Resolve(v.Input)
		}
	}
	if err != nil {
		return answer{Failure: true}
	}
	mark := func(s string) string {
		if len(s) == 1 {
			return "" // A mere mark is no query or fragment for scripts.
		}
		return s
	}
	a := answer{
		Href: u.String(), Protocol: u.Scheme() + ":", Username: u.Username(), Password: u.Password(), Hostname: u.Hostname(),
		Port: u.Port(), Pathname: u.Path(), Search: mark(u.Search()), Hash: mark(u.Hash()), Origin: u.Origin(), Against: base.Path(),
	}
	if v.Name != nil {
		if value, ok := weburl.QueryParam(u.Query(), *v.Name); ok {
			a.Get = &value
		}
		a.Append = u.AppendParams(weburl.Param{Name: *v.Name, Value: *v.Value}).String()
		a.Set = u.SetParam(*v.Name, *v.Value).String()
		a.Delete = u.DeleteParams(*v.Name).String()
	}
	return a
}

// nodeErs reports whether Node.js 20 departs from the standard here.
func nodeErs(v *vector, a *answer) bool {
	both := v.Input
	if v.Base != nil {
		base, _ := weburl.Parse(*v.Base)
		switch {
		case strings.Contains(v.Input, "#") && base.IsOpaque():
			return true // It resolves more than fragments against opaque paths.
		case v.Search == "" && base.Search() == "?":
			return true // It drops an empty query.
		}
		both += *v.Base
	}
	if a.Failure && !v.Failure || a.Protocol == "blob:" && a.Origin == "null" && v.Origin != "null" {
		// It lets labels pass that mix directions, and those that encode nothing.
		return strings.Contains(both, "א") || emptyPunycode.MatchString(both)
	}
	return !v.Failure && (nodeLeavesDots(v.Pathname, a.Pathname) || nodeLeavesDots(v.Against, a.Against))
}

// nodeLeavesDots reports whether a path of Node.js 20 still has what .. should have taken: behind
// an empty path of a scheme that it does not know, sometimes behind segments that start with a dot,
// and behind what it takes for a drive of Windows.
func nodeLeavesDots(theirs, ours string) bool {
	return theirs == "" && ours == "/" || dotSegment.MatchString(theirs) || falseDrive.MatchString(theirs)
}

var (
	dotSegment    = regexp.MustCompile(`/(\.|%2[eE]){1,2}(/|$)`)
	emptyPunycode = regexp.MustCompile(`(?i)xn--.*-`)
	falseDrive    = regexp.MustCompile(`^/[A-Za-z]:[^/]`)
)

// compare reports whether we agree with Node.js.
func compare(t *testing.T, v *vector) bool {
	t.Helper()
	got := ours(v)
	if nodeErs(v, &got) {
		return true
	}
	if u, err := weburl.Parse(v.Href); err == nil && u.IsOpaque() {
		// Browsers differ in what a change of the query does to spaces in front of it.
		v.Append, v.Set, v.Delete, got.Append, got.Set, got.Delete = "", "", "", "", "", ""
	}
	if diff := cmp.Diff(v.answer, got); diff != "" {
		base := "none"
		if v.Base != nil {
			base = *v.Base
		}
		t.Errorf("%q, base %q, parameter %q (-Node.js +ours):\n%s", v.Input, base, deref(v.Name), diff)
		return false
	}
	return true
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

const vectorFile = "testdata/vectors.jsonl.gz"

// TestVectors: we agree with what Node.js answered.
func TestVectors(t *testing.T) {
	t.Parallel()
	f, err := os.Open(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	n, failures := 0, 0
	lines := bufio.NewScanner(z)
	for ; lines.Scan(); n++ {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if v.Failure {
			failures++
		}
		compare(t, &v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if n < 2000 || failures < n/20 || failures > n/2 {
		t.Errorf("%d vectors, of which %d are no URLs: that tells little", n, failures)
	}
}

// TestNode compares with a Node.js that runs beside, on fresh URLs: see conformance/run.sh.
func TestNode(t *testing.T) {
	if *nodeScript == "" {
		t.Skip("-weburl.node names no script")
	}
	g := newGenerator(*nodeSeed)
	cases := make([]vector, *nodeCount)
	var in bytes.Buffer
	questions := json.NewEncoder(&in)
	for i := range cases {
		cases[i] = g.url()
		if err := questions.Encode(cases[i]); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "node", *nodeScript)
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(bytes.NewReader(out))
	differ, failures := 0, 0
	for i := range cases {
		if err := answers.Decode(&cases[i].answer); err != nil {
			t.Fatal(err)
		}
		if cases[i].Failure {
			failures++
		}
		if !compare(t, &cases[i]) {
			if differ++; differ == 20 {
				t.Fatal("and perhaps more")
			}
		}
	}
	t.Logf("%d URLs, of which %d are none", len(cases), failures)
	if *nodeWrite && !t.Failed() {
		writeVectors(t, cases)
	}
}

func writeVectors(t *testing.T, cases []vector) {
	t.Helper()
	var file bytes.Buffer
	z, err := gzip.NewWriterLevel(&file, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	lines := json.NewEncoder(z)
	lines.SetEscapeHTML(false)
	for i := range cases {
		if err := lines.Encode(cases[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorFile, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
