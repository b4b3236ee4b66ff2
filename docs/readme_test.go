package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestReadmeHasEveryOption makes sure that the table of options in README.md has each field of core.Options.
func TestReadmeHasEveryOption(t *testing.T) {
	t.Parallel()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../core/options.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var options *ast.StructType
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, is := n.(*ast.TypeSpec); is && spec.Name.Name == "Options" {
			options, _ = spec.Type.(*ast.StructType)
		}
		return options == nil
	})
	if options == nil {
		t.Fatal("core/options.go has no struct Options")
	}
	_, table, _ := strings.Cut(readFile(t, "../README.md"), "\n## Configuration\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var fields strings.Builder // the first cells
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 1 {
			fields.WriteString(cells[1])
		}
	}
	n := 0
	for _, field := range options.Fields.List {
		for _, name := range field.Names {
			if n++; !strings.Contains(fields.String(), "`"+name.Name+"`") {
				t.Errorf("README.md's table lacks %s", name.Name)
			}
		}
	}
	if n < 40 {
		t.Errorf("core.Options has %d fields only", n)
	}
}
