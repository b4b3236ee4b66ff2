package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// checker does all that must hold before a version is tagged.
type checker struct {
	out       io.Writer
	workspace *workspace
	version   string
	skipMake  bool
	gorelease string // the program; needed where there is an older version
}

func (c *checker) run(ctx context.Context) error {
	if err := checkVersion(c.version); err != nil {
		return err
	}
	if err := checkChangelog(c.workspace, c.version); err != nil {
		return err
	}
	c.step("Packing %s", c.version)
	s, err := newStage(ctx, c.workspace, c.version)
	if err != nil {
		return err
	}
	defer s.close()
	for _, m := range s.copy.modules {
		if m.released() {
			fmt.Fprintln(c.out, m.path())
		} else {
			fmt.Fprintf(c.out, "%s: not released\n", m.path())
		}
	}

	if err := c.compare(ctx, s); err != nil {
		return err
	}
	if c.skipMake {
		c.step("make check: left out")
	} else {
		c.step("make check")
		tools := filepath.Join(c.workspace.root, ".tools") // What is installed need not be built again.
		make := command{dir: s.copy.root, env: without(os.Environ(), "PWD", "GOWORK", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"), out: c.out}
		if err := make.run(ctx, "make", "check", "TOOLS="+tools); err != nil {
			return err
		}
	}

	c.step("Installing from empty directories")
	if err := s.install(ctx, c.out, nil); err != nil {
		return err
	}
	if err := c.committed(ctx); err != nil {
		return err
	}
	c.step("%s can be released. On the commit of the release, in this order:", c.version)
	for _, m := range s.copy.released() {
		tag := m.tag(c.version)
		fmt.Fprintf(c.out, "git tag %s && git push origin %s\n", tag, tag)
	}
	return nil
}

func (c *checker) step(format string, args ...any) {
	fmt.Fprintf(c.out, "\n### "+format+"\n", args...)
}

// committed makes sure that what was checked is what is tagged.
func (c *checker) committed(ctx context.Context) error {
	var errs []error
	version, err := c.workspace.version()
	switch {
	case err != nil:
		errs = append(errs, err)
	case version != c.version:
		errs = append(errs, fmt.Errorf("the modules require each other at %s: run make version VERSION=%s, and commit", version, c.version))
	}
	status, err := git(ctx, c.workspace.root, "status", "--porcelain")
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	if status != "" {
		errs = append(errs, fmt.Errorf("not committed, so not in what is tagged:\n%s", strings.TrimRight(status, "\n")))
	}
	tags, err := git(ctx, c.workspace.root, "tag", "--list")
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, m := range c.workspace.released() {
		if tag := m.tag(c.version); slices.Contains(strings.Fields(tags), tag) {
			errs = append(errs, fmt.Errorf("there is a tag %s already: what was published under it stays for ever; take another version", tag))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("all checks passed, but the release is not ready:\n%w", err)
	}
	return nil
}
