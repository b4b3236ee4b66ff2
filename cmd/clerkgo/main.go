// Command clerkgo looks for what usually goes wrong between an application and Clerk.
//
//	go run github.com/clerkgo/clerkgo/cmd/clerkgo@latest doctor --url https://app.example.com/dashboard
//
// It reads the same environment as the application: CLERK_PUBLISHABLE_KEY,
// CLERK_SECRET_KEY and the others of core.Options.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
)

// The exit statuses.
const (
	exitFine  = 0
	exitFault = 1
	exitUsage = 2
)

const usage = `clerkgo looks for what usually goes wrong between an application and Clerk.

Usage:
  clerkgo doctor [flags]   examine keys, clock, addresses, proxies and versions
  clerkgo version          print the version
  clerkgo help             print this

"clerkgo doctor -h" lists the flags.
`

// program is one run of the command.
type program struct {
	stdout, stderr io.Writer
	lookup         func(string) (string, bool) // of the environment
	colours        bool
	client         *http.Client // nil but in tests
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	p := program{stdout: os.Stdout, stderr: os.Stderr, lookup: os.LookupEnv, colours: wantsColours(os.Stdout, os.LookupEnv)}
	status := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}

// run performs the command that the arguments name, and returns the exit status.
func (p *program) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(p.stderr, usage)
		return exitUsage
	}
	switch name, rest := args[0], args[1:]; name {
	case "doctor":
		return p.doctor(ctx, rest)
	case "version", "-version", "--version":
		fmt.Fprintf(p.stdout, "clerkgo %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(p.stdout, usage)
	default:
		fmt.Fprintf(p.stderr, "clerkgo: there is no command %q\n\n%s", name, usage)
		return exitUsage
	}
	return exitFine
}

// version is that of this program.
func version() string {
	if build, ok := debug.ReadBuildInfo(); ok && build.Main.Version != "" {
		return build.Main.Version
	}
	return "of an unknown version"
}

// wantsColours reports whether a file is a terminal of somebody who wants colours.
func wantsColours(f *os.File, lookup func(string) (string, bool)) bool {
	if off, _ := lookup("NO_COLOR"); off != "" {
		return false
	}
	if term, _ := lookup("TERM"); term == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
