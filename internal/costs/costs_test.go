package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	all   = flag.Bool("costs.all", false, "measure every pattern in every place, which takes ten minutes")
	where = flag.String("costs.place", "", "measure every pattern in places whose `name` contains this")
)

const (
	// What a stranger's bytes may cost.
	bytesEach, bytesAtAll = 32, 16 << 10
	stepsEach, stepsAtAll = 1000, 100_000
	// every leaves out most pairs of a pattern and a place, unless all are asked for.
	// It is no divisor of what the lists have in common.
	every = 61
)

// TestCosts: what core allocates and how long it works grows with what is sent, and no
// faster.
func TestCosts(t *testing.T) {
	program := filepath.Join(t.TempDir(), "costs")
	packages := []string{
		"github.com/clerkgo/clerkgo/internal/costs", "github.com/clerkgo/clerkgo/core/...", "golang.org/x/net/idna", "golang.org/x/text/...",
		"strings", "bytes", "strconv", "encoding/json", "encoding/base64", "net/url", "regexp", "math/big", "net/netip", "net/textproto",
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-cover", "-covermode=atomic", "-coverpkg="+strings.Join(packages, ","), "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	step := every
	if *all || *where != "" {
		step = 1
	}
	run := exec.CommandContext(t.Context(), program, "-every", strconv.Itoa(step), "-place", *where)
	run.Env, run.Stderr = append(os.Environ(), "GOCOVERDIR="+t.TempDir()), os.Stderr
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	n, faults := 0, 0
	most := Cost{}
	for ; lines.Scan(); n++ {
		var c Cost
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		sent := uint64(c.Sent)
		if c.Steps > most.Steps {
			most = c
		}
		if c.Bytes <= bytesEach*sent+bytesAtAll && c.Steps <= stepsEach*sent+stepsAtAll {
			continue
		}
		if faults++; faults <= 20 {
			t.Errorf("%s: %d bytes of %q cost %d bytes and %d steps", c.Place, c.Sent, c.Pattern, c.Bytes, c.Steps)
		}
	}
	if faults > 20 {
		t.Errorf("and %d more", faults-20)
	}
	if *where == "" && n < 5000 || most.Steps < 100_000 {
		t.Errorf("only %d measurements of at most %d steps: nothing was counted", n, most.Steps)
	}
	t.Logf("%d measurements; most steps: %+v", n, most)
}

// TestPlaces: no header, cookie, parameter or claim that core's source names lacks a
// place. What core asks of a request in other ways, the program notices itself.
func TestPlaces(t *testing.T) {
	t.Parallel()
	s := source{constants: make(map[string]string)}
	rooms, err := filepath.Glob("../../core/internal/*")
	if err != nil || len(rooms) < 10 {
		t.Fatalf("found only %d rooms: %v", len(rooms), err)
	}
	for _, room := range append(rooms, "../../core", "../../core/token") {
		s.read(t, room)
	}
	known := map[string][]string{"header": headers, "cookie": cookies, "parameter": parameters, "claim": slices.Concat(claims, parameterClaims)}
	found := map[string]int{}
	for kind, names := range s.names() {
		for _, name := range names {
			found[kind]++
			if !slices.Contains(known[kind], name) {
				t.Errorf("the %s %s, which core reads, has no place", kind, name)
			}
		}
	}
	for kind, least := range map[string]int{"header": 10, "cookie": 7, "parameter": 6, "claim": 15} {
		if found[kind] < least {
			t.Errorf("found only %d names of a %s in the source", found[kind], kind)
		}
	}
}

// TestPlacesKeepTheirOrder: what is left out of the sample is the same in each run.
func TestPlacesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	s, err := newSetup()
	if err != nil {
		t.Fatal(err)
	}
	names := func() (list []string) {
		for _, p := range s.places() {
			list = append(list, p.name)
		}
		return list
	}
	first := names()
	for range 3 {
		if again := names(); !slices.Equal(again, first) {
			t.Fatalf("places are\n%q\nand then\n%q", first, again)
		}
	}
}

// source is what the source of a package says.
type source struct {
	files     []*ast.File
	constants map[string]string // texts
}

func (s *source) read(t *testing.T, dir string) {
	t.Helper()
	entries, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range entries {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, file)
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Names) == len(spec.Values) {
				for i, value := range spec.Values {
					if text, ok := s.text(value); ok {
						s.constants[spec.Names[i].Name] = text
					}
				}
			}
			return true
		})
	}
}

// text returns the value of an expression that is a text known here.
func (s *source) text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		text, ok := s.constants[e.Name]
		return text, ok
	case *ast.SelectorExpr: // Another room's.
		text, ok := s.constants[e.Sel.Name]
		return text, ok
	}
	return "", false
}

// names returns the names in the source, by kind.
func (s *source) names() map[string][]string {
	names := make(map[string][]string)
	add := func(kind, name string) {
		if name != "" && !slices.Contains(names[kind], name) {
			names[kind] = append(names[kind], name)
		}
	}
	for name, value := range s.constants {
		switch {
		case strings.HasPrefix(strings.ToLower(name), "cookie") && strings.HasPrefix(value, "__"):
			add("cookie", value)
		case strings.HasPrefix(strings.ToLower(name), "query") && strings.HasPrefix(value, "__"):
			add("parameter", value)
		}
	}
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				s.call(n, add)
			case *ast.SwitchStmt:
				// How a token's members are told apart.
				if tag, ok := n.Tag.(*ast.SelectorExpr); ok && tag.Sel.Name == "name" && file.Name.Name == "token" {
					for _, clause := range n.Body.List {
						clause, ok := clause.(*ast.CaseClause)
						if !ok {
							continue
						}
						for _, e := range clause.List {
							text, _ := s.text(e)
							add("claim", text)
						}
					}
				}
			}
			return true
		})
	}
	return names
}

func (s *source) call(call *ast.CallExpr, add func(kind, name string)) {
	if len(call.Args) == 0 {
		return
	}
	text, known := s.text(call.Args[len(call.Args)-1])
	if !known {
		return
	}
	name, of := "", ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if inner, ok := f.X.(*ast.CallExpr); ok {
			if selector, ok := inner.Fun.(*ast.SelectorExpr); ok {
				of = selector.Sel.Name
			}
		}
		if field, ok := f.X.(*ast.SelectorExpr); ok && field.Sel.Name != "Header" { // Not of http.Response.
			of = field.Sel.Name
		}
		if variable, ok := f.X.(*ast.Ident); ok && (variable.Name == "claims" || variable.Name == "c") {
			of = "claims"
		}
	}
	switch {
	case (strings.EqualFold(name, "header") || strings.EqualFold(name, "values")) && len(call.Args) == 2, name == "Header" && len(call.Args) == 1:
		add("header", text)
	case name == "Get" && slices.Contains([]string{"Claims", "claims", "Header", "header"}, of):
		add("claim", text)
	case name == "query" || name == "lookupQuery" || name == "QueryParam":
		add("parameter", text)
	}
}
