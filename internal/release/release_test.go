package main

import (
	"context"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository opens the repository that this test belongs to.
func repository(t *testing.T) *workspace {
	t.Helper()
	root, err := findRoot("")
	if err != nil {
		t.Fatal(err)
	}
	w, err := openWorkspace(root)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// files of a small workspace: a root module, an adapter, a module of programs and
// one that is not released.
func files() map[string]string {
	return map[string]string{
		"LICENSE":                  "Do as you like.\n",
		"CHANGELOG.md":             "# Changelog\n\n## v0.1.0\n\n- Everything.\n",
		"go.work":                  "go 1.26.0\n\nuse (\n\t.\n\t./bench\n\t./examples\n\t./ginclerk\n)\n",
		"go.mod":                   "module example.com/suite\n\ngo 1.26.0\n",
		"suite.go":                 "package suite\n",
		"testdata/case.txt":        "a case\n",
		"bench/go.mod":             "// Not released: it is run in the repository only.\nmodule example.com/suite/bench\n\ngo 1.26.0\n\nrequire example.com/suite v0.1.0\n\nreplace example.com/suite => ../\n",
		"bench/bench.go":           "package bench\n",
		"examples/go.mod":          "module example.com/suite/examples\n\ngo 1.26.0\n\nrequire (\n\texample.com/suite v0.1.0\n\texample.com/suite/ginclerk v0.1.0\n)\n",
		"examples/gin/main.go":     "package main\n\nimport _ \"example.com/suite/ginclerk\"\n\nfunc main() {}\n",
		"ginclerk/go.mod":          "module example.com/suite/ginclerk\n\ngo 1.26.0\n\nrequire example.com/suite v0.1.0\n\nreplace example.com/suite => ../\n",
		"ginclerk/ginclerk.go":     "package ginclerk\n\nimport _ \"example.com/suite\"\n",
		"ginclerk/testdata/in.txt": "read by a test\n",
	}
}

// write writes files and opens the workspace, which Git knows.
func write(t *testing.T, files map[string]string) *workspace {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("releases are made by means of Git, which is not here")
	}
	root := t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := git(t.Context(), root, "init", "--quiet"); err != nil {
		t.Fatal(err)
	}
	if err := commit(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	w, err := openWorkspace(root)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestModulesAgree holds what all modules of the repository have in common.
func TestModulesAgree(t *testing.T) {
	t.Parallel()
	w := repository(t)
	if _, err := w.version(); err != nil {
		t.Error(err)
	}
	goVersion := w.main().file.Go.Version
	for _, m := range w.modules {
		if m.file.Go == nil || m.file.Go.Version != goVersion {
			t.Errorf("%s/go.mod must say go %s", m.dir, goVersion)
		}
		if m.file.Toolchain != nil {
			t.Errorf("%s/go.mod must not choose a toolchain", m.dir)
		}
		if !m.released() && !w.replaced(m) {
			t.Errorf("%s/go.mod must replace its siblings: it is not released, so that nobody runs it by a version", m.dir)
		}
	}
	for _, file := range []string{"go.work", "README.md"} {
		text, err := os.ReadFile(filepath.Join(w.root, file))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"go.work": "go " + goVersion + "\n", "README.md": "Go " + strings.TrimSuffix(goVersion, ".0") + " or newer"}[file]
		if !strings.Contains(string(text), want) {
			t.Errorf("%s must say %q", file, want)
		}
	}
}

// TestEveryModuleIsInTheWorkspace makes sure that no module is forgotten: not by
// go.work, and not by the updates of dependencies.
func TestEveryModuleIsInTheWorkspace(t *testing.T) {
	t.Parallel()
	w := repository(t)
	var dirs []string
	for _, m := range w.modules {
		dirs = append(dirs, m.dir)
	}
	err := filepath.WalkDir(w.root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(w.root, filepath.Dir(file))
		if err != nil {
			return err
		}
		switch name := entry.Name(); {
		case entry.IsDir() && file != w.root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules"):
			return fs.SkipDir
		case name == "go.mod" && !slices.Contains(dirs, filepath.ToSlash(dir)):
			t.Errorf("go.work lacks %s", dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	updates, err := os.ReadFile(filepath.Join(w.root, ".github", "dependabot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if line := "      - /" + strings.TrimPrefix(dir, ".") + "\n"; !strings.Contains(string(updates), line) {
			t.Errorf(".github/dependabot.yml lacks the line %q", line)
		}
	}
}

func TestReadmeCanBeFollowed(t *testing.T) {
	t.Parallel()
	w := repository(t)
	adapters, err := readAdapters(w)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range adapters {
		if a.install != "go get "+a.pkg {
			t.Errorf("%s: got the line %q", a.name, a.install)
		}
	}
}

func TestOrderAndTags(t *testing.T) {
	t.Parallel()
	w := write(t, files())
	var got []string
	for _, m := range w.released() {
		got = append(got, m.tag("v0.2.0"))
	}
	if want := []string{"v0.2.0", "ginclerk/v0.2.0", "examples/v0.2.0"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q: nobody can fetch a module before what it requires", got, want)
	}
}

func TestSetVersion(t *testing.T) {
	t.Parallel()
	w := write(t, files())
	if err := w.setVersion("v0.2.0"); err != nil {
		t.Fatal(err)
	}
	if got, err := w.version(); got != "v0.2.0" || err != nil {
		t.Errorf("got %q, %v, want v0.2.0", got, err)
	}
	text, err := os.ReadFile(filepath.Join(w.root, "bench", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(files()["bench/go.mod"], "v0.1.0", "v0.2.0", 1); string(text) != want {
		t.Errorf("bench/go.mod: got\n%s\nwant\n%s", text, want)
	}
	for _, version := range []string{"", "0.2.0", "v0.2", "v0.2.0+build", "latest"} {
		if err := w.setVersion(version); err == nil {
			t.Errorf("%q: got no error", version)
		}
	}
}

func TestVersionsThatDisagree(t *testing.T) {
	t.Parallel()
	f := files()
	f["bench/go.mod"] = strings.Replace(f["bench/go.mod"], "v0.1.0", "v0.0.9", 1)
	if _, err := write(t, f).version(); err == nil || !strings.Contains(err.Error(), "make version") {
		t.Errorf("got %v, want an error that names the remedy", err)
	}
}

func TestPack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		more map[string]string
		want string // part of the error; empty means none
	}{
		"everything is packed": {},
		"a file of a test is left out": {
			more: map[string]string{"ginclerk/.gitattributes": "testdata export-ignore\n"},
			want: "packing example.com/suite/ginclerk: the packed module lacks testdata/in.txt",
		},
		"a vendored file is left out": {
			more: map[string]string{"vendor/example.com/other/other.go": "package other\n"},
			want: "packing example.com/suite: the packed module lacks vendor/example.com/other/other.go",
		},
		"the licence is left out": {
			more: map[string]string{".gitattributes": "LICENSE export-ignore\n"},
			want: "packing example.com/suite: the packed module lacks LICENSE",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := files()
			maps.Copy(f, test.more)
			p := &proxy{dir: t.TempDir()}
			err := p.pack(t.Context(), write(t, f), "v0.1.0")
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if err != nil {
				return
			}
			for _, file := range []string{"list", "v0.1.0.info", "v0.1.0.mod", "v0.1.0.zip"} {
				if _, err := os.Stat(filepath.Join(p.dir, "example.com/suite/ginclerk/@v", file)); err != nil {
					t.Error(err)
				}
			}
			if _, err := os.Stat(filepath.Join(p.dir, "example.com/suite/bench")); err == nil {
				t.Error("a module that is not released was packed")
			}
		})
	}
}

// TestTidy runs on a workspace without dependencies, which needs no network.
func TestTidy(t *testing.T) {
	t.Parallel()
	f := files()
	f["examples/go.mod"] = strings.Replace(f["examples/go.mod"], "\texample.com/suite v0.1.0\n", "\texample.com/suite v0.1.0 // indirect\n", 1)
	w := write(t, f)
	if err := tidy(t.Context(), io.Discard, w, true); err == nil || !strings.Contains(err.Error(), "not tidy: bench/go.mod, examples/go.mod:") {
		t.Fatalf("got %v, want bench/go.mod and examples/go.mod named", err)
	}
	if err := tidy(t.Context(), io.Discard, w, false); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(w.root, "examples", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "replace") || !strings.Contains(string(text), "example.com/suite/ginclerk v0.1.0") {
		t.Errorf("examples/go.mod: got\n%s", text)
	}
	if err := tidy(t.Context(), io.Discard, w, true); err != nil {
		t.Error(err)
	}
}

func TestChangelog(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		ok   bool
	}{
		"a section":                {text: "## v0.1.0\n\n- A thing.\n", ok: true},
		"a section with a date":    {text: "## v0.1.0 (2026-12-01)\n\n### Added\n\n- A thing.\n", ok: true},
		"no section":               {text: "## Unreleased\n\n- A thing.\n", ok: false},
		"a longer version":         {text: "## v0.1.01\n\n- A thing.\n", ok: false},
		"a section with no change": {text: "## v0.1.0\n\n## v0.0.9\n\n- A thing.\n", ok: false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := findChanges("# Changelog\n\n"+test.text, "v0.1.0"); (err == nil) != test.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestReadmeThatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	const (
		install = "## Install\n\n```sh\ngo get m/ginclerk    # or echoclerk\n```\n\n"
		gin     = "```go\npackage main\n\nimport \"m/ginclerk\"\n\nfunc main() { ginclerk.Run(\"localhost:8080\") }\n```\n\n"
		table   = "## Adapters\n\n| Framework | Module |\n|---|---|\n| Gin | `m/ginclerk` |\n"
	)
	echo := strings.ReplaceAll(gin, "gin", "echo")
	for name, test := range map[string]struct{ readme, want string }{
		"all is there":                    {readme: install + gin + table},
		"two adapters":                    {readme: install + gin + echo + table + "| Echo | `m/echoclerk` |\n"},
		"no line to install by":           {readme: gin + table, want: "no line"},
		"no table":                        {readme: install + gin, want: "not in the table"},
		"an adapter without a program":    {readme: install + gin + table + "| Echo | `m/echoclerk` |\n", want: "no program uses m/echoclerk"},
		"a program without an adapter":    {readme: install + gin + echo + table, want: "m/echoclerk, which is not in the table"},
		"a program at another address":    {readme: install + strings.Replace(gin, "8080", "80", 1) + table, want: "must listen on"},
		"a program that is not Go":        {readme: install + strings.Replace(gin, "import", "imports", 1) + table, want: "README.md:"},
		"two programs for one framework":  {readme: install + gin + gin + table, want: "two programs"},
		"a program of which part is left": {readme: install + strings.Replace(gin, "package main\n", "", 1) + table, want: "no program uses m/ginclerk"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseAdapters("m", test.readme)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestLastTag(t *testing.T) {
	t.Parallel()
	w := write(t, files())
	for _, tag := range []string{"v0.1.0", "v0.9.0", "v0.10.0", "v0.11.0", "v0.10.1-rc.1", "v1", "vendor", "ginclerk/v0.10.5"} {
		if _, err := git(t.Context(), w.root, "tag", tag); err != nil {
			t.Fatal(err)
		}
	}
	for version, want := range map[string]string{"v0.1.0": "", "v0.9.0": "v0.1.0", "v0.10.1": "v0.10.1-rc.1", "v0.10.1-beta": "v0.10.0", "v0.12.0": "v0.11.0"} {
		if got, err := lastTag(t.Context(), w.root, version); got != want || err != nil {
			t.Errorf("before %s: got %q, %v, want %q", version, got, err, want)
		}
	}
}

func TestBreaks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		report, last, version string
		ok                    bool
	}{
		"an addition in a patch version":      {report: "## compatible changes\nD: added\n", last: "v0.1.0", version: "v0.1.1", ok: true},
		"a removal in a patch version":        {report: "## incompatible changes\nC: removed\n", last: "v0.1.0", version: "v0.1.1", ok: false},
		"a removal in a minor version":        {report: "## incompatible changes\nC: removed\n", last: "v0.1.0", version: "v0.2.0", ok: true},
		"a removal in another minor version":  {report: "## incompatible changes\nC: removed\n", last: "v0.1.5", version: "v0.10.0", ok: true},
		"a removal in a later patch version":  {report: "## incompatible changes\nC: removed\n", last: "v0.10.1", version: "v0.10.2", ok: false},
		"a removal in the next major version": {report: "## incompatible changes\nC: removed\n", last: "v0.10.1", version: "v1.0.0", ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := judge(test.report, test.last, test.version); (err == nil) != test.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestNotReady holds what keeps a version from being tagged though every check
// passes.
func TestNotReady(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		version string
		change  func(ctx context.Context, w *workspace) error
		want    string
	}{
		"all is committed":            {version: "v0.1.0"},
		"another version is required": {version: "v0.2.0", want: "make version VERSION=v0.2.0"},
		"a file is not committed": {
			version: "v0.1.0",
			change: func(_ context.Context, w *workspace) error {
				return os.WriteFile(filepath.Join(w.root, "more.go"), []byte("package suite\n"), 0o600)
			},
			want: "more.go",
		},
		"a tag is taken": {
			version: "v0.1.0",
			change: func(ctx context.Context, w *workspace) error {
				_, err := git(ctx, w.root, "tag", "ginclerk/v0.1.0")
				return err
			},
			want: "ginclerk/v0.1.0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := write(t, files())
			if test.change != nil {
				if err := test.change(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			}
			c := checker{out: io.Discard, workspace: w, version: test.version}
			err := c.committed(t.Context())
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
