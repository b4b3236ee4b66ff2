package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// standalone vets and tests modules outside the workspace: those named by their
// directories, or all. Modules that replace their siblings are tested where they
// are. The others get their siblings as strangers do, packed, from a proxy.
func standalone(ctx context.Context, out io.Writer, w *workspace, dirs []string) error {
	if err := w.know(dirs); err != nil {
		return err
	}
	var stage *stage
	for _, m := range w.modules {
		if len(dirs) > 0 && !slices.Contains(dirs, m.dir) {
			continue
		}
		fmt.Fprintf(out, "== %s (standalone)\n", m.dir)
		c := command{dir: filepath.Join(w.root, filepath.FromSlash(m.dir)), env: append(without(os.Environ(), "PWD"), "GOWORK=off"), out: out}
		if !w.replaced(m) {
			if stage == nil {
				var err error
				if stage, err = newStage(ctx, w, ""); err != nil {
					return err
				}
				defer stage.close()
			}
			c.dir = filepath.Join(stage.copy.root, filepath.FromSlash(m.dir))
			c.env = append(slices.Clone(stage.env), "GOFLAGS=-modcacherw -trimpath -mod=mod") // Their go.sum has no hashes of siblings.
		}
		if err := c.run(ctx, "go", "vet", "./..."); err != nil {
			return err
		}
		if err := c.run(ctx, "go", "test", "./..."); err != nil {
			return err
		}
	}
	return nil
}

// know makes sure that all directories are modules'.
func (w *workspace) know(dirs []string) error {
	for _, dir := range dirs {
		if !slices.ContainsFunc(w.modules, func(m *member) bool { return m.dir == dir }) {
			return fmt.Errorf("there is no module in %s", dir)
		}
	}
	return nil
}

// stage is a copy of the repository, packed, and the environment of a stranger who
// gets the modules from there.
type stage struct {
	dir     string
	copy    *workspace
	proxy   *proxy
	version string
	env     []string
}

// newStage copies and packs the repository at a version; empty means the one that
// its modules require.
func newStage(ctx context.Context, w *workspace, version string) (_ *stage, err error) {
	s := &stage{version: version}
	if s.dir, err = os.MkdirTemp("", "clerkgo-release-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.copy, err = w.copyTo(ctx, s.directory("copy")); err != nil {
		return nil, err
	}
	if version == "" {
		if s.version, err = s.copy.version(); err != nil {
			return nil, err
		}
	} else {
		if err := s.copy.setVersion(version); err != nil {
			return nil, err
		}
		if err := commit(ctx, s.copy.root); err != nil {
			return nil, err
		}
	}
	s.proxy = &proxy{dir: s.directory("proxy")}
	if err := s.proxy.pack(ctx, s.copy, s.version); err != nil {
		return nil, err
	}
	s.env, err = s.proxy.environment(ctx, s.copy, s.directory("modules"))
	return s, err
}

// directory returns a directory of the stage, which need not exist.
func (s *stage) directory(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}

// close removes everything.
func (s *stage) close() { _ = os.RemoveAll(s.dir) }
