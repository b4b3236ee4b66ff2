package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// compare compares the exported API of every module with that of the last version
// that has a tag, if there is one: a break needs a version that says so.
func (c *checker) compare(ctx context.Context, s *stage) error {
	last, err := lastTag(ctx, c.workspace.root, c.version)
	if err != nil {
		return err
	}
	if last == "" {
		c.step("gorelease: there is no older version to compare with")
		return nil
	}
	c.step("gorelease: compared with %s", last)
	if c.gorelease == "" {
		return errors.New("-gorelease is needed: there is an older version")
	}
	old, err := c.unpackOld(ctx, s, last)
	if err != nil {
		return err
	}
	fresh, err := s.copy.copyTo(ctx, s.directory("compared"))
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range fresh.released() {
		importable, err := fresh.importable(ctx, m)
		if err != nil {
			return err
		}
		if !importable || old.find(m.path()) == nil {
			fmt.Fprintf(c.out, "== %s: nothing to compare\n", m.dir)
			continue
		}
		fmt.Fprintf(c.out, "== %s\n", m.dir)
		if err := c.compareModule(ctx, s, old, fresh, m, last); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.dir, err))
		}
	}
	return errors.Join(errs...)
}

// compareModule compares one module. Gorelease refuses a version that the proxy
// has, and does not believe replace lines: so the proxy that it sees has the old
// version of all modules, and the new one of all others, and go.sum gets the hashes
// of those.
func (c *checker) compareModule(ctx context.Context, s *stage, old, fresh *workspace, m *member, last string) error {
	p := &proxy{dir: s.directory("proxies", strings.ReplaceAll(m.dir, "/", "-"))}
	if err := p.pack(ctx, old, last); err != nil {
		return err
	}
	for _, other := range fresh.released() {
		if other == m {
			continue
		}
		if err := p.packModule(ctx, fresh, other, c.version); err != nil {
			return err
		}
	}
	env, err := p.environment(ctx, fresh, s.directory("modules-compared"))
	if err != nil {
		return err
	}
	dir := filepath.Join(fresh.root, filepath.FromSlash(m.dir))
	err = editModule(filepath.Join(dir, "go.mod"), func(file *modfile.File) error {
		for _, sibling := range fresh.requires(m) {
			if err := file.DropReplace(sibling, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	cmd := command{dir: dir, env: env, out: c.out}
	if err := cmd.quietly(ctx, "go", "mod", "tidy"); err != nil {
		return err
	}
	if err := commit(ctx, fresh.root); err != nil { // It also refuses what is not committed.
		return err
	}
	var report bytes.Buffer
	cmd.out = io.MultiWriter(c.out, &report)
	if err := cmd.run(ctx, c.gorelease, "-base="+last, "-version="+c.version); err != nil {
		return err
	}
	return judge(report.String(), last, c.version)
}

// judge holds what gorelease does not: before v1.0.0 too, a version that breaks
// users' programs has another minor version.
func judge(report, last, version string) error {
	if strings.Contains(report, "## incompatible changes") && semver.MajorMinor(last) == semver.MajorMinor(version) {
		return fmt.Errorf("incompatible changes need another minor version than that of %s", last)
	}
	return nil
}

// lastTag returns the newest version below version that has a tag, or "".
func lastTag(ctx context.Context, root, version string) (string, error) {
	tags, err := git(ctx, root, "tag", "--list", "v*")
	if err != nil {
		return "", err
	}
	older := slices.DeleteFunc(strings.Fields(tags), func(tag string) bool {
		return semver.Canonical(tag) != tag || semver.Compare(tag, version) >= 0
	})
	if len(older) == 0 {
		return "", nil
	}
	return slices.MaxFunc(older, semver.Compare), nil
}

// unpackOld takes an older version from its tag, so that the comparison does not
// depend on what is published.
func (c *checker) unpackOld(ctx context.Context, s *stage, tag string) (*workspace, error) {
	dir := s.directory("old")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	tree := exec.CommandContext(ctx, "git", "archive", "--format=tar", tag)
	tree.Dir = c.workspace.root
	archive, err := tree.Output()
	if err != nil {
		return nil, fmt.Errorf("git archive %s: %w", tag, err)
	}
	unpack := exec.CommandContext(ctx, "tar", "-x", "-f", "-")
	unpack.Dir, unpack.Stdin = dir, bytes.NewReader(archive)
	if printed, err := unpack.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("tar: %w\n%s", err, printed)
	}
	if _, err := git(ctx, dir, "init", "--quiet"); err != nil {
		return nil, err
	}
	if err := commit(ctx, dir); err != nil {
		return nil, err
	}
	return openWorkspace(dir)
}

// importable says whether others can import a package of the module.
func (w *workspace) importable(ctx context.Context, m *member) (bool, error) {
	c := command{dir: filepath.Join(w.root, filepath.FromSlash(m.dir)), env: without(os.Environ(), "PWD", "GOWORK")}
	listed, err := c.output(ctx, "go", "list", "-f", "{{.Name}} {{.ImportPath}}", "./...")
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(listed) {
		name, pkg, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name != "main" && !strings.Contains(pkg+"/", "/internal/") {
			return true, nil
		}
	}
	return false, nil
}
