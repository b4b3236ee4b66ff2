package main

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// address is where the README's programs listen.
const address = "localhost:8080"

// adapter is an adapter as the README offers it.
type adapter struct {
	name    string // ginclerk
	pkg     string // its import path
	install string // the line that installs it
	program string // the program that uses it
}

var (
	installLine = regexp.MustCompile(`(?m)^go get (\S+)`)
	fencedGo    = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	tableRow    = regexp.MustCompile("(?m)^\\|[^|\n]*\\| *`([^`]+)` *\\|")
	heading     = regexp.MustCompile(`(?m)^## (.*)$`)
)

// readAdapters finds the adapters in the README: one for each row of its table,
// each with an installation line and a program.
func readAdapters(w *workspace) ([]adapter, error) {
	text, err := os.ReadFile(filepath.Join(w.root, "README.md"))
	if err != nil {
		return nil, err
	}
	return parseAdapters(w.main().path(), string(text))
}

func parseAdapters(module, readme string) ([]adapter, error) {
	installs := map[string]string{}
	first := ""
	for _, m := range installLine.FindAllStringSubmatch(section(readme, "Install"), -1) {
		if strings.HasPrefix(m[1], module+"/") {
			installs[m[1]] = m[0]
			if first == "" {
				first = m[1]
			}
		}
	}
	if first == "" {
		return nil, errors.New(`README.md: no line "go get …" in the section "Install"`)
	}
	programs, err := readPrograms(module, readme)
	if err != nil {
		return nil, err
	}
	var adapters []adapter
	for _, m := range tableRow.FindAllStringSubmatch(section(readme, "Adapters"), -1) {
		pkg := m[1]
		a := adapter{name: path.Base(pkg), pkg: pkg, install: installs[pkg], program: programs[pkg]}
		if a.install == "" { // "or echoclerk, fiberclerk"
			a.install = strings.Replace(installs[first], first, pkg, 1)
		}
		if a.program == "" {
			return nil, fmt.Errorf("README.md: no program uses %s", pkg)
		}
		delete(programs, pkg)
		adapters = append(adapters, a)
	}
	for pkg := range programs {
		return nil, fmt.Errorf("README.md: a program uses %s, which is not in the table of adapters", pkg)
	}
	if adapters == nil {
		return nil, errors.New(`README.md: no table in the section "Adapters"`)
	}
	return adapters, nil
}

// section returns the text below a heading of the second level, up to the next.
func section(text, title string) string {
	for _, at := range heading.FindAllStringSubmatchIndex(text, -1) {
		if text[at[2]:at[3]] != title {
			continue
		}
		rest := text[at[1]:]
		if next := heading.FindStringIndex(rest); next != nil {
			return rest[:next[0]]
		}
		return rest
	}
	return ""
}

// readPrograms finds the complete programs in a text, by the adapter that they
// import.
func readPrograms(module, text string) (map[string]string, error) {
	programs := map[string]string{}
	for _, m := range fencedGo.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "package main\n") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), "README.md", m[1], parser.ImportsOnly)
		if err != nil {
			return nil, err
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, err
			}
			if !strings.HasPrefix(imported, module+"/") || !strings.HasSuffix(imported, "clerk") {
				continue
			}
			if programs[imported] != "" {
				return nil, fmt.Errorf("README.md: two programs use %s", imported)
			}
			if strings.Count(m[1], strconv.Quote(address)) != 1 {
				return nil, fmt.Errorf("README.md: the program for %s must listen on %q", imported, address)
			}
			programs[imported] = m[1]
		}
	}
	return programs, nil
}
