package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

// proxy is a directory that serves modules as the module proxy does, at a file
// URL.
type proxy struct {
	dir string
}

// pack packs the released modules of a copy at one version, from its last commit.
func (p *proxy) pack(ctx context.Context, w *workspace, version string) error {
	for _, m := range w.released() {
		if err := p.packModule(ctx, w, m, version); err != nil {
			return fmt.Errorf("packing %s: %w", m.path(), err)
		}
	}
	return nil
}

func (p *proxy) packModule(ctx context.Context, w *workspace, m *member, version string) (err error) {
	escaped, err := module.EscapePath(m.path())
	if err != nil {
		return err
	}
	dir := filepath.Join(p.dir, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	archive := filepath.Join(dir, version+".zip")
	if err := writeZip(archive, module.Version{Path: m.path(), Version: version}, w.root, m.subdirectory()); err != nil {
		return err
	}
	if err := checkZip(ctx, archive, w, m, version); err != nil {
		return err
	}
	if err := copyFile(filepath.Join(dir, version+".mod"), filepath.Join(w.root, m.subdirectory(), "go.mod")); err != nil {
		return err
	}
	info, err := json.Marshal(map[string]any{"Version": version, "Time": time.Now().UTC()})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, version+".info"), info, 0o644); err != nil {
		return err
	}
	list, err := os.OpenFile(filepath.Join(dir, "list"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(list, version)
	return errors.Join(err, list.Close())
}

// subdirectory is the module's directory as the module proxy names it.
func (m *member) subdirectory() string {
	if m.dir == "." {
		return ""
	}
	return m.dir
}

func writeZip(name string, m module.Version, root, subdirectory string) error {
	archive, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(modzip.CreateFromVCS(archive, m, root, "HEAD", subdirectory), archive.Close())
}

// checkZip makes sure that a packed module holds its licence and every file that
// is committed in its directory: what it embeds, and what its tests read.
func checkZip(ctx context.Context, name string, w *workspace, m *member, version string) error {
	archive, err := zip.OpenReader(name)
	if err != nil {
		return err
	}
	defer archive.Close()
	packed := make(map[string]bool, len(archive.File))
	for _, file := range archive.File {
		packed[strings.TrimPrefix(file.Name, m.path()+"@"+version+"/")] = true
	}

	committed, err := git(ctx, filepath.Join(w.root, m.subdirectory()), "ls-files", "-z")
	if err != nil {
		return err
	}
	var missing []string
	if !packed["LICENSE"] {
		missing = append(missing, "LICENSE")
	}
	for file := range strings.SplitSeq(strings.TrimSuffix(committed, "\x00"), "\x00") {
		if !packed[file] && !w.inside(m, file) {
			missing = append(missing, file)
		}
	}
	if missing != nil {
		return fmt.Errorf("the packed module lacks %s", strings.Join(missing, ", "))
	}
	return nil
}

// inside says whether a file below m's directory belongs to another module.
func (w *workspace) inside(m *member, file string) bool {
	return slices.ContainsFunc(w.modules, func(other *member) bool {
		below := other.dir + "/"
		if m.dir != "." {
			var ok bool
			if below, ok = strings.CutPrefix(below, m.dir+"/"); !ok {
				return false
			}
		}
		return other != m && strings.HasPrefix(file, below)
	})
}

// environment is that of a stranger's go command, with a module cache of its own:
// what one run packs must not stay for the next. Our modules come from the
// proxy, others from this machine's module cache or from where they always come
// from. There is no workspace, and nothing is set for our modules except that the
// checksum database does not know them. GONOPROXY must be empty: Go looks for
// modules that it names in the module cache first, and is content with the root
// module there when asked for a package of a module below it.
func (p *proxy) environment(ctx context.Context, w *workspace, modcache string) ([]string, error) {
	settings, err := goEnv(ctx, "GOPROXY", "GONOSUMDB", "GOMODCACHE", "GOSUMDB", "GOTOOLCHAIN", "GOCACHE")
	if err != nil {
		return nil, err
	}
	proxies := []string{fileURL(p.dir), fileURL(filepath.Join(settings["GOMODCACHE"], "cache", "download")), settings["GOPROXY"]}
	unknown := []string{w.main().path()}
	if settings["GONOSUMDB"] != "" {
		unknown = append(unknown, settings["GONOSUMDB"])
	}
	return append(without(os.Environ(), "PWD", "GOPRIVATE", "GONOPROXY"),
		"GOENV=off", // It could set GOPRIVATE.
		"GOSUMDB="+settings["GOSUMDB"],
		"GOTOOLCHAIN="+settings["GOTOOLCHAIN"],
		"GOCACHE="+settings["GOCACHE"],
		"GOPROXY="+strings.Join(proxies, ","),
		"GONOSUMDB="+strings.Join(unknown, ","),
		"GOMODCACHE="+modcache,
		"GOFLAGS=-modcacherw -trimpath",
		"GOWORK=off",
	), nil
}

func fileURL(dir string) string {
	dir = filepath.ToSlash(dir)
	if !strings.HasPrefix(dir, "/") {
		dir = "/" + dir // A drive letter.
	}
	return (&url.URL{Scheme: "file", Path: dir}).String()
}
