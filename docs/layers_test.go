package docs_test

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layer is a line of the table of layers in the decision about core's layers.
var layer = regexp.MustCompile("(?m)^\\| \\d+ \\| [^|]+ \\| ((?:`[a-z]+`,? ?)+) \\|$")

// layersOfCore reads where each file of core stands, by its name without .go: the lowest
// layer is 1.
func layersOfCore(t *testing.T) map[string]int {
	t.Helper()
	found := map[string]int{}
	lines := layer.FindAllStringSubmatch(readFile(t, filepath.Join("decisions", "layers.md")), -1)
	for i, line := range lines {
		for name := range strings.FieldsFuncSeq(line[1], func(r rune) bool { return r < 'a' || r > 'z' }) {
			if found[name] != 0 {
				t.Errorf("%s.go stands in two layers", name)
			}
			found[name] = len(lines) - i // The highest comes first.
		}
	}
	return found
}

// reference says that a file uses what another one declares.
type reference struct{ from, to string }

// unknown stands for every package that core imports. What core's files use of each other
// shows without them.
type unknown struct{}

func (unknown) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path[strings.LastIndexByte(path, '/')+1:])
	p.MarkComplete()
	return p, nil
}

// referencesOf lists the references between the files of a package, each with a name for
// which it stands: a type, a function, a method, a field, a variable or a constant.
func referencesOf(t *testing.T, dir string) map[reference]string {
	t.Helper()
	set := token.NewFileSet()
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: unknown{}, Error: func(error) {}} // What is imported is unknown.
	pkg, _ := config.Check("core", set, parseFolder(t, set, dir), info)
	name := func(at token.Pos) string {
		return strings.TrimSuffix(filepath.Base(set.Position(at).Filename), ".go")
	}
	found := map[reference]string{}
	for id, object := range info.Uses {
		if object.Pkg() != pkg || !object.Pos().IsValid() {
			continue
		}
		if r := (reference{name(id.Pos()), name(object.Pos())}); r.from != r.to {
			found[r] = object.Name()
		}
	}
	return found
}

// TestLayersOfCore: what a file of core asks of another stands below it, as the table in
// decisions/layers.md says. A new file has its place there; where two files would ask
// each other, one of them holds too much.
func TestLayersOfCore(t *testing.T) {
	t.Parallel()
	layers, references := layersOfCore(t), referencesOf(t, filepath.Join("..", "core"))
	files, err := filepath.Glob(filepath.Join("..", "core", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".go")
		if strings.HasSuffix(name, "_test") || name == "doc" {
			continue
		}
		there[name] = true
		if layers[name] == 0 {
			t.Errorf("core/%s.go has no layer in decisions/layers.md", name)
		}
	}
	below := map[string][]string{}
	up := 0
	for r, what := range references {
		below[r.from] = append(below[r.from], r.to)
		if layers[r.from] < layers[r.to] {
			up++
			t.Errorf("core/%s.go uses %s of core/%s.go, which stands above it", r.from, what, r.to)
		}
	}
	for name := range layers {
		if !there[name] {
			t.Errorf("core/%s.go has a layer, and does not exist", name)
		}
	}
	if circle := circleIn(below); len(circle) > 0 {
		t.Errorf("files of core ask each other: %s", strings.Join(circle, " -> "))
	}
	if len(references) < 200 {
		t.Errorf("found only %d references: they cannot be read", len(references))
	}
	t.Logf("%d files in %d layers, %d references, %d lead up", len(there), slices.Max(slices.Collect(maps.Values(layers))), len(references), up)
}

// circleIn returns files of which each asks the next, and the last the first.
func circleIn(below map[string][]string) []string {
	done := map[string]bool{}
	var path []string
	var visit func(string) []string
	visit = func(name string) []string {
		if i := slices.Index(path, name); i >= 0 {
			return append(slices.Clone(path[i:]), name)
		}
		if done[name] {
			return nil
		}
		path = append(path, name)
		for _, next := range below[name] {
			if circle := visit(next); circle != nil {
				return circle
			}
		}
		path = path[:len(path)-1]
		done[name] = true
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(below)) {
		if circle := visit(name); circle != nil {
			return circle
		}
	}
	return nil
}

// TestRoomsKnowNothingAbove: a room of core's knows neither core nor what is built on it,
// and the decision about rooms tells of it.
func TestRoomsKnowNothingAbove(t *testing.T) {
	t.Parallel()
	rooms, err := filepath.Glob(filepath.Join("..", "core", "internal", "*"))
	if err != nil || len(rooms) < 12 {
		t.Fatalf("found only %d rooms: %v", len(rooms), err)
	}
	const module = "github.com/clerkgo/clerkgo/"
	below := []string{"core/internal/", "core/token", "core/pattern", "core/reason"}
	page := readFile(t, filepath.Join("decisions", "engine-room.md"))
	for _, room := range rooms {
		if !strings.Contains(page, filepath.Base(room)) {
			t.Errorf("decisions/engine-room.md does not tell of %s", room)
		}
		for _, file := range parseFolder(t, token.NewFileSet(), room) {
			for _, spec := range file.Imports {
				path, own := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module)
				if own && !slices.ContainsFunc(below, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
					t.Errorf("%s imports %s, which stands above it", room, path)
				}
			}
		}
	}
}
