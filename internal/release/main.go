// Command release does what a release needs and a person forgets: it sets the
// version that the modules require of each other, tidies all of them, packs them
// as the module proxy does, and installs what it packed as a stranger would.
//
// It leaves the tree alone, except for "version" and "tidy", which are named for
// what they change: everything else happens in a copy. The Makefile calls it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

const usage = `usage: release [-root directory] command

  version v0.2.0          make every module require its siblings at this version
  tidy [-check]           tidy every module, or say what is not tidy
  standalone [module...]  vet and test modules outside the workspace
  install [adapter...]    install adapters, run the examples and the emulator, from empty directories
  check [-skip-make] [-gorelease program] v0.2.0
                          all that must hold before the version is tagged
`

// errUsage says that the arguments are wrong.
var errUsage = errors.New("wrong arguments")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "release: %v\n%s", err, usage)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	flags := newFlags("release")
	root := flags.String("root", "", "the repository; by default the one around the working directory")
	if err := flags.Parse(args); err != nil {
		return usageError(err)
	}
	if flags.NArg() == 0 {
		return usageError(errors.New("which command?"))
	}
	dir, err := findRoot(*root)
	if err != nil {
		return err
	}
	w, err := openWorkspace(dir)
	if err != nil {
		return err
	}
	command, args := flags.Arg(0), flags.Args()[1:]
	switch command {
	case "version":
		if len(args) != 1 {
			return usageError(errors.New("version takes one version"))
		}
		return w.setVersion(args[0])
	case "tidy":
		sub := newFlags("tidy")
		check := sub.Bool("check", false, "change nothing")
		if err := sub.Parse(args); err != nil || sub.NArg() > 0 {
			return usageError(errors.Join(err, errors.New("tidy takes only -check")))
		}
		return tidy(ctx, out, w, *check)
	case "standalone":
		return standalone(ctx, out, w, args)
	case "install":
		return installCurrent(ctx, out, w, args)
	case "check":
		var c checker
		sub := newFlags("check")
		sub.BoolVar(&c.skipMake, "skip-make", false, "leave make check out")
		sub.StringVar(&c.gorelease, "gorelease", "", "the program gorelease")
		if err := sub.Parse(args); err != nil || sub.NArg() != 1 {
			return usageError(errors.Join(err, errors.New("check takes one version")))
		}
		c.out, c.workspace, c.version = out, w, sub.Arg(0)
		return c.run(ctx)
	default:
		return usageError(fmt.Errorf("there is no command %q", command))
	}
}

func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

func usageError(err error) error {
	return fmt.Errorf("%w: %w", errUsage, err)
}

// findRoot returns the directory of go.work: dir, or one around the working
// directory.
func findRoot(dir string) (string, error) {
	if dir != "" {
		return filepath.Abs(dir)
	}
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir = wd; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.work in %s or above it", wd)
		}
	}
}
