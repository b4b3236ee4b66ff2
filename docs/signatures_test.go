package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// publicPackages are the packages that applications, and adapters of others, import.
func publicPackages(t *testing.T) []string {
	t.Helper()
	var dirs []string
	for _, glob := range [...]string{"../*clerk", "../core", "../core/*", "../clerktest", "../clerktest/*"} {
		found, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range found {
			if files, _ := filepath.Glob(filepath.Join(dir, "*.go")); len(files) > 0 && filepath.Base(dir) != "internal" {
				dirs = append(dirs, dir)
			}
		}
	}
	if len(dirs) < 12 {
		t.Fatalf("found only %v", dirs)
	}
	return dirs
}

// parseFolder parses the files of a folder that are no tests.
func parseFolder(t *testing.T, set *token.FileSet, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, parsed)
	}
	return files
}

// TestNothingInternalInPublicSignatures: what an application sees of a package, it can
// name.
func TestNothingInternalInPublicSignatures(t *testing.T) {
	t.Parallel()
	looked := 0
	for _, dir := range publicPackages(t) {
		set := token.NewFileSet()
		f := newFace()
		files := parseFolder(t, set, dir)
		for _, file := range files {
			f.learn(file)
		}
		for _, file := range files {
			f.in = roomsOf(file)
			for _, decl := range file.Decls {
				f.look(decl)
			}
		}
		looked += f.looked
		for _, found := range f.found {
			t.Errorf("%s shows what is internal", set.Position(found))
		}
	}
	if looked < 500 {
		t.Errorf("looked at %d declarations only", looked)
	}
}

// TestInternalSignaturesAreSeen: the test above sees each way in which something internal
// can be shown.
func TestInternalSignaturesAreSeen(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]int{
		"func F(room.T)":                                        1,
		"func F() (int, []*room.T)":                             1,
		"func F(func(map[string]room.T))":                       1,
		"func f(room.T)":                                        0,
		"type T struct{}; func (T) M(room.T)":                   1,
		"type T struct{}; func (T) m(room.T)":                   0,
		"type t struct{}; func (t) M(room.T)":                   0,
		"type T struct{ F room.T }":                             1,
		"type T struct{ f room.T }":                             0,
		"type T struct{ room.T }":                               1,
		"type T struct{ *room.T }":                              1,
		"type T struct{ t }; type t struct{ F room.T }":         1,
		"type T struct{ t }; type t struct{ f room.T }":         0,
		"type T = room.T":                                       1,
		"type T room.T":                                         1,
		"type T interface{ M() room.T }":                        1,
		"type T[P room.T] struct{}":                             1,
		"func F() t; type t struct{ F room.T }":                 1,
		"var V room.T":                                          1,
		"var V = room.T{}":                                      1,
		"var V = room.New()":                                    1,
		"var v = room.New()":                                    0,
		"const C = room.C":                                      0,
		"func F(other.T)":                                       0,
		"type T struct{}; func (t T) M() { room.Do(room.T{}) }": 0,
	} {
		text := "package p\nimport (\n\"example.test/core/internal/room\"\n\"example.test/other\"\n)\n" + strings.ReplaceAll(source, "; ", "\n")
		parsed, err := parser.ParseFile(token.NewFileSet(), "p.go", text, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		f := newFace()
		f.learn(parsed)
		f.in = roomsOf(parsed)
		for _, decl := range parsed.Decls {
			f.look(decl)
		}
		if len(f.found) != want {
			t.Errorf("%s: found %d, want %d", source, len(f.found), want)
		}
	}
}

// face is what a package shows.
type face struct {
	local map[string]*ast.TypeSpec          // its types
	rooms map[*ast.TypeSpec]map[string]bool // by their file: the names of internal packages
	seen  map[*ast.TypeSpec]bool
	in    map[string]bool // the names of internal packages where one looks

	looked int
	found  []token.Pos
}

func newFace() *face {
	return &face{local: map[string]*ast.TypeSpec{}, rooms: map[*ast.TypeSpec]map[string]bool{}, seen: map[*ast.TypeSpec]bool{}}
}

// roomsOf lists the names under which a file imports internal packages.
func roomsOf(file *ast.File) map[string]bool {
	rooms := map[string]bool{}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil || !slices.Contains(strings.Split(path, "/"), "internal") {
			continue
		}
		name := path[strings.LastIndexByte(path, '/')+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		rooms[name] = true
	}
	return rooms
}

// learn notes the types of a file.
func (f *face) learn(file *ast.File) {
	rooms := roomsOf(file)
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok {
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok {
					f.local[s.Name.Name], f.rooms[s] = s, rooms
				}
			}
		}
	}
}

// look looks at what a declaration shows.
func (f *face) look(decl ast.Decl) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type))) {
			f.looked++
			f.expr(d.Type)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					f.looked++
					f.spec(s)
				}
			case *ast.ValueSpec:
				if d.Tok == token.VAR && slices.ContainsFunc(s.Names, (*ast.Ident).IsExported) {
					f.looked++
					f.value(s)
				}
			}
		}
	}
}

// receiver is the name of the type of a receiver.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// spec looks at a type, of whichever file.
func (f *face) spec(s *ast.TypeSpec) {
	if f.seen[s] {
		return
	}
	f.seen[s] = true
	before := f.in
	f.in = f.rooms[s]
	if s.TypeParams != nil {
		for _, p := range s.TypeParams.List {
			f.expr(p.Type)
		}
	}
	f.expr(s.Type)
	f.in = before
}

// value looks at variables. What an initial value calls or builds has the type of that.
func (f *face) value(s *ast.ValueSpec) {
	if s.Type != nil {
		f.expr(s.Type)
		return
	}
	for _, value := range s.Values {
		switch v := value.(type) {
		case *ast.CompositeLit:
			f.expr(v.Type)
		case *ast.CallExpr:
			f.expr(v.Fun)
		}
	}
}

// expr looks at an expression that stands for a type.
func (f *face) expr(e ast.Expr) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructType:
			for _, field := range n.Fields.List {
				if len(field.Names) == 0 || slices.ContainsFunc(field.Names, (*ast.Ident).IsExported) {
					f.expr(field.Type)
				}
			}
			return false
		case *ast.SelectorExpr:
			if room, ok := n.X.(*ast.Ident); ok && f.in[room.Name] {
				f.found = append(f.found, n.Pos())
			}
			return false
		case *ast.Field: // Of a signature, or of an interface: its name is no type.
			f.expr(n.Type)
			return false
		case *ast.Ident:
			if s, ok := f.local[n.Name]; ok && !n.IsExported() {
				f.spec(s)
			}
		}
		return true
	})
}
