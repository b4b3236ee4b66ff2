package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// script is a package of Clerk's scripts for browsers.
type script struct {
	name, version, integrity, file string
}

// The packages that this version is tried with. They are packed files instead of an
// installation: the scripts need none of what the packages depend on.
var scripts = []script{
	{"clerk-js", "6.40.0", "sha512-2MnZ/ygvuCmeuqfXQmsxfQaLN/SSJvQbtT2cLXbgr5VKr3KmZFZBVvX977fG3eZ6pprl4J9pO+I2bbe6BvColg==", "clerk.browser.js"},
	{"ui", "1.36.0", "sha512-uI96zYCh5jISLOt1mdpIPy/Y31P0kwFxjUFOxLUwFfTHFmGUcRjbqN6bbb+75tdI2Bz6ARGws3rhspDer+xIfQ==", "ui.browser.js"},
}

// path is where browsers find the package's main script.
func (s script) path() string {
	return "/npm/@clerk/" + s.name + "@" + s.version + "/dist/" + s.file
}

// defaultAssets is where fetched scripts are kept.
func defaultAssets() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "clerkgo-emulator", "assets")
}

// assetsFrom returns the handler of /npm/, and whether a directory has the scripts.
func assetsFrom(dir string) (files bool, handler http.Handler) {
	files = true
	for _, s := range scripts {
		files = files && fileExists(filepath.Join(dir, s.name, "dist", s.file))
	}
	return files, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*") // Pages load them as modules.
		w.Header().Set("X-Content-Type-Options", "nosniff")
		rest, known := strings.CutPrefix(r.URL.Path, "/npm/@clerk/")
		for _, s := range scripts {
			pkg, file, _ := strings.Cut(rest, "/") // Whichever version is asked for: there is one.
			name, _, _ := strings.Cut(pkg, "@")
			if !known || name != s.name {
				continue
			}
			local, err := filepath.Localize(file)
			if full := filepath.Join(dir, s.name, local); err == nil && fileExists(full) {
				http.ServeFile(w, r, full)
				return
			}
		}
		http.Error(w, "The emulator has no "+r.URL.Path+" in "+dir+".\nTo fetch Clerk's scripts once, by npm: emulator assets (go run github.com/clerkgo/clerkgo/emulator@latest assets).", http.StatusNotFound)
	})
}

// fetchAssets is the command "emulator assets".
func fetchAssets(ctx context.Context, args []string, out, log io.Writer) int {
	flags := flag.NewFlagSet("emulator assets", flag.ContinueOnError)
	flags.SetOutput(log)
	dir := flags.String("assets", defaultAssets(), "`directory` to put them in")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil || flags.NArg() > 0:
		return 2
	}
	for _, s := range scripts {
		if err := s.fetch(ctx, *dir); err != nil {
			fmt.Fprintf(log, "emulator: @clerk/%s %s: %v\n", s.name, s.version, err)
			return 1
		}
		fmt.Fprintf(out, "@clerk/%s %s is in %s\n", s.name, s.version, filepath.Join(*dir, s.name))
	}
	return 0
}

func (s script) fetch(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, ".fetch-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // What is left of it harms nobody.
	pack := exec.CommandContext(ctx, "npm", "pack", "--silent", "@clerk/"+s.name+"@"+s.version)
	pack.Dir = work
	var said bytes.Buffer
	pack.Stderr = &said
	printed, err := pack.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("npm is not installed; it comes with Node.js. Or give --assets a directory with clerk-js/dist and ui/dist")
	}
	if err != nil {
		return fmt.Errorf("npm pack: %w: %s", err, strings.TrimSpace(said.String()))
	}
	packed, err := os.ReadFile(filepath.Join(work, filepath.Base(strings.TrimSpace(string(printed)))))
	if err != nil {
		return err
	}
	return s.unpack(packed, work, dir)
}

// unpack checks a packed package and puts its files in their place.
func (s script) unpack(packed []byte, work, dir string) error {
	sum := sha512.Sum512(packed)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != s.integrity {
		return fmt.Errorf("the package is not what it was: its hash is %s", got)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	root := filepath.Join(work, s.name)
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		_, inside, _ := strings.Cut(header.Name, "/") // package/
		if header.Typeflag != tar.TypeReg || !filepath.IsLocal(inside) {
			continue
		}
		if err := writeFile(filepath.Join(root, filepath.FromSlash(inside)), reader); err != nil {
			return err
		}
	}
	final := filepath.Join(dir, s.name)
	if err := os.RemoveAll(final); err != nil {
		return err
	}
	return os.Rename(root, final)
}

func writeFile(name string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
