package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// tidy brings go.mod and go.sum of every module, and go.work.sum, to what they
// must be, or says which of them are not. It works in a copy.
//
// Modules that cannot replace their siblings, because they are run by
// "go run path@version", do so in the copy. That leaves no hashes of siblings in
// their go.sum: those would change with every commit.
func tidy(ctx context.Context, out io.Writer, w *workspace, check bool) error {
	dir, err := os.MkdirTemp("", "clerkgo-tidy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sandbox, err := w.copyTo(ctx, dir)
	if err != nil {
		return err
	}
	var files []string
	for _, m := range sandbox.modules {
		fmt.Fprintf(out, "== %s (tidy)\n", m.dir)
		if err := sandbox.tidyModule(ctx, m); err != nil {
			return err
		}
		files = append(files, filepath.Join(filepath.FromSlash(m.dir), "go.mod"), filepath.Join(filepath.FromSlash(m.dir), "go.sum"))
	}
	fmt.Fprintln(out, "== go.work.sum")
	if err := sandbox.tidySums(ctx); err != nil {
		return err
	}

	var untidy []string
	for _, file := range append(files, "go.work.sum") {
		want, wantErr := os.ReadFile(filepath.Join(sandbox.root, file))
		got, gotErr := os.ReadFile(filepath.Join(w.root, file))
		if err := errors.Join(ignoreAbsent(wantErr), ignoreAbsent(gotErr)); err != nil {
			return err
		}
		switch {
		case bytes.Equal(got, want):
		case check:
			untidy = append(untidy, file)
			diff, _ := git(ctx, sandbox.root, "diff", "HEAD", "--", file) // Only to show it.
			fmt.Fprint(out, diff)
		default:
			fmt.Fprintf(out, "%s changes\n", file)
			if err := os.WriteFile(filepath.Join(w.root, file), want, 0o644); err != nil {
				return err
			}
		}
	}
	if untidy != nil {
		return fmt.Errorf("not tidy: %s: run make tidy", strings.Join(untidy, ", "))
	}
	return nil
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (w *workspace) tidyModule(ctx context.Context, m *member) error {
	dir := filepath.Join(w.root, filepath.FromSlash(m.dir))
	name := filepath.Join(dir, "go.mod")
	var added []string
	err := editModule(name, func(file *modfile.File) error {
		if w.replaced(m) {
			return nil
		}
		for _, sibling := range w.modules {
			if sibling == m {
				continue
			}
			added = append(added, sibling.path())
			if err := file.AddReplace(sibling.path(), "", filepath.Join(w.root, filepath.FromSlash(sibling.dir)), ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	c := command{dir: dir, env: append(without(os.Environ(), "PWD"), "GOWORK=off")}
	if err := c.quietly(ctx, "go", "mod", "tidy"); err != nil {
		return fmt.Errorf("%s: %w", m.dir, err)
	}
	return editModule(name, func(file *modfile.File) error {
		for _, sibling := range added {
			if err := file.DropReplace(sibling, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// tidySums writes go.work.sum anew. Go adds to it what a command needs and finds
// nowhere, and then drops what that command did not need: it is stable only if it
// holds what any command can need, which is what the download of everything
// writes. The download asks for our modules too, which need not be published yet,
// unless go.work replaces them.
func (w *workspace) tidySums(ctx context.Context) error {
	if err := ignoreAbsent(os.Remove(filepath.Join(w.root, "go.work.sum"))); err != nil {
		return err
	}
	name := filepath.Join(w.root, "go.work")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	work, err := modfile.ParseWork(name, text, nil)
	if err != nil {
		return err
	}
	for _, m := range w.modules {
		for _, r := range m.file.Require {
			sibling := w.find(r.Mod.Path)
			if sibling == nil {
				continue
			}
			if err := work.AddReplace(r.Mod.Path, r.Mod.Version, "./"+sibling.dir, ""); err != nil {
				return err
			}
		}
	}
	if err := os.WriteFile(name, modfile.Format(work.Syntax), 0o600); err != nil {
		return err
	}
	c := command{dir: w.root, env: without(os.Environ(), "PWD", "GOWORK")}
	return c.quietly(ctx, "go", "mod", "download")
}
