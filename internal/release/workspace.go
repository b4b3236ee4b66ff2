package main

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// notReleased starts the comment above the module line of a go.mod that gets no
// version of its own.
const notReleased = "// Not released"

// workspace is what go.work lists.
type workspace struct {
	root    string    // absolute
	modules []*member // what a module requires stands before it; then by path
}

// member is one module of the workspace.
type member struct {
	dir  string // relative to the root, with slashes; "." for the root module
	file *modfile.File
}

func (m *member) path() string { return m.file.Module.Mod.Path }

// released says whether the module is tagged and published.
func (m *member) released() bool {
	return !slices.ContainsFunc(m.file.Module.Syntax.Before, func(c modfile.Comment) bool {
		return strings.HasPrefix(c.Token, notReleased)
	})
}

// tag is the name of the Git tag by which the module proxy finds a version.
func (m *member) tag(version string) string {
	if m.dir == "." {
		return version
	}
	return m.dir + "/" + version
}

// requires lists the modules of the workspace that m requires, by path.
func (w *workspace) requires(m *member) []string {
	var siblings []string
	for _, r := range m.file.Require {
		if w.find(r.Mod.Path) != nil {
			siblings = append(siblings, r.Mod.Path)
		}
	}
	return siblings
}

// replaced says whether m replaces every module of the workspace that it requires,
// so that it builds alone.
func (w *workspace) replaced(m *member) bool {
	for _, sibling := range w.requires(m) {
		if !slices.ContainsFunc(m.file.Replace, func(r *modfile.Replace) bool { return r.Old.Path == sibling }) {
			return false
		}
	}
	return true
}

// find returns the module with the path, or nil.
func (w *workspace) find(modulePath string) *member {
	for _, m := range w.modules {
		if m.path() == modulePath {
			return m
		}
	}
	return nil
}

// main returns the module in the root directory.
func (w *workspace) main() *member {
	return w.modules[slices.IndexFunc(w.modules, func(m *member) bool { return m.dir == "." })]
}

// released lists the modules that are published, in the order in which their tags
// are pushed: nobody can fetch a module before what it requires.
func (w *workspace) released() []*member {
	var released []*member
	for _, m := range w.modules {
		if m.released() {
			released = append(released, m)
		}
	}
	return released
}

// openWorkspace reads go.work in root, and the go.mod of every module in it.
func openWorkspace(root string) (*workspace, error) {
	name := filepath.Join(root, "go.work")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	work, err := modfile.ParseWork(name, text, nil)
	if err != nil {
		return nil, err
	}
	w := &workspace{root: root}
	for _, use := range work.Use {
		m := &member{dir: path.Clean(filepath.ToSlash(use.Path))}
		if m.file, err = readModule(filepath.Join(root, filepath.FromSlash(m.dir), "go.mod")); err != nil {
			return nil, err
		}
		w.modules = append(w.modules, m)
	}
	if !slices.ContainsFunc(w.modules, func(m *member) bool { return m.dir == "." }) {
		return nil, fmt.Errorf("%s: no module in the root directory", name)
	}
	for _, m := range w.modules {
		if want := path.Join(w.main().path(), m.dir); m.path() != want {
			return nil, fmt.Errorf("%s/go.mod: the module is %s; in this directory it must be %s to be found", m.dir, m.path(), want)
		}
	}
	return w, w.sort()
}

// sort puts what a module requires before it.
func (w *workspace) sort() error {
	rest := slices.Clone(w.modules)
	slices.SortFunc(rest, func(a, b *member) int { return cmp.Compare(a.path(), b.path()) })
	var sorted []*member
	for len(rest) > 0 {
		next := slices.IndexFunc(rest, func(m *member) bool {
			return !slices.ContainsFunc(rest, func(other *member) bool {
				return slices.Contains(w.requires(m), other.path())
			})
		})
		if next < 0 {
			return fmt.Errorf("modules require each other in a circle: %s and others", rest[0].path())
		}
		sorted = append(sorted, rest[next])
		rest = slices.Delete(rest, next, next+1)
	}
	w.modules = sorted
	return nil
}

func readModule(name string) (*modfile.File, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	file, err := modfile.Parse(name, text, nil)
	if err != nil {
		return nil, err
	}
	if file.Module == nil {
		return nil, fmt.Errorf("%s: no module line", name)
	}
	return file, nil
}
