package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// setVersion makes every module require its siblings at the version.
func (w *workspace) setVersion(version string) error {
	if err := checkVersion(version); err != nil {
		return err
	}
	for _, m := range w.modules {
		name := filepath.Join(w.root, filepath.FromSlash(m.dir), "go.mod")
		err := editModule(name, func(file *modfile.File) error {
			for _, sibling := range w.requires(m) {
				if err := file.AddRequire(sibling, version); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	fresh, err := openWorkspace(w.root)
	if err != nil {
		return err
	}
	*w = *fresh
	return nil
}

// version returns the version at which all modules require their siblings.
func (w *workspace) version() (string, error) {
	version := ""
	var errs []error
	for _, m := range w.modules {
		for _, r := range m.file.Require {
			switch {
			case w.find(r.Mod.Path) == nil || r.Mod.Version == version:
			case version == "":
				version = r.Mod.Version
			default:
				errs = append(errs, fmt.Errorf("%s/go.mod requires %s %s, where others say %s: run make version VERSION=v…",
					m.dir, r.Mod.Path, r.Mod.Version, version))
			}
		}
	}
	if version == "" {
		errs = append(errs, errors.New("no module requires another"))
	}
	return version, errors.Join(errs...)
}

func checkVersion(version string) error {
	if semver.Canonical(version) != version || version == "" {
		return fmt.Errorf("%q is no version: it must be of the form v0.2.0", version)
	}
	return nil
}

// editModule changes a go.mod, and writes it only where that changes its text.
func editModule(name string, edit func(*modfile.File) error) error {
	before, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	file, err := modfile.Parse(name, before, nil)
	if err != nil {
		return err
	}
	if err := edit(file); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	file.Cleanup()
	after, err := file.Format()
	if err != nil {
		return err
	}
	if string(after) == string(before) {
		return nil
	}
	return os.WriteFile(name, after, 0o644)
}
