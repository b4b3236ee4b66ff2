// Emulator is a local Clerk as a program: the Frontend API, the Backend API, hosted
// pages and webhooks of an instance whose data is your own, with a dashboard at its
// root. It is clerktest on a fixed port.
//
//	go run github.com/clerkgo/clerkgo/emulator@latest --seed seed.yaml
//
// It is for development and tests. Everything that it knows is meant to be guessed:
// it belongs on this machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
)

// memoryLimit is what the program takes at most as long as it can: an instance of a
// million users stays below 2 GiB. GOMEMLIMIT says otherwise.
const memoryLimit = 1900 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// settings are what the command line says.
type settings struct {
	host, name       string
	frontendAPI      string
	port             int
	https            bool
	cert, key        string
	seed, state      string
	assets           string
	production, json bool
	hosts            list
}

// list is a flag that may be given more than once.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(text string) error {
	*l = append(*l, strings.Split(text, ",")...)
	return nil
}

const usage = `Usage: emulator [flags]
       emulator assets [--assets dir]    fetch clerk-js and its components, once, by npm

A local Clerk: Frontend API, Backend API, hosted pages, and a dashboard at its root.

Flags:
`

// run is the program. It returns the status to exit with: 2 for a command line that
// cannot be followed, 1 for what failed.
func run(ctx context.Context, args []string, out, log io.Writer) int {
	if len(args) > 0 && args[0] == "assets" {
		return fetchAssets(ctx, args[1:], out, log)
	}
	var s settings
	flags := flag.NewFlagSet("emulator", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.StringVar(&s.host, "host", "127.0.0.1", "`address` to listen on. Any other than loopback lets everybody who reaches it be anybody")
	flags.IntVar(&s.port, "port", 4010, "port to listen on; 0 takes a free one")
	flags.StringVar(&s.name, "name", "", "`host` name by which applications and browsers reach it (default localhost, or --host)")
	flags.StringVar(&s.frontendAPI, "frontend-api", "", "`host` that the keys name and are made from (default calm-otter-42.clerk.accounts.dev, or clerk.example.test with --production); nobody has to reach it")
	flags.Var(&s.hosts, "allow-host", "`host` whose pages may use the instance and be redirected to, besides loopback and .test; may be repeated")
	flags.BoolVar(&s.https, "https", false, "speak https, with a certificate of its own or --cert and --key")
	flags.StringVar(&s.cert, "cert", "", "`file` with the certificate for --https, in PEM")
	flags.StringVar(&s.key, "key", "", "`file` with the key of --cert, in PEM")
	flags.StringVar(&s.seed, "seed", "", "YAML `file` with users, organizations, roles and more to start with")
	flags.StringVar(&s.state, "state", "", "`file` that keeps everything over restarts; a seed is for its first start")
	flags.StringVar(&s.assets, "assets", "", "`directory` with Clerk's scripts for browsers (default: what \"emulator assets\" has fetched)")
	flags.BoolVar(&s.production, "production", false, "be a production instance: pk_live_ and sk_live_ keys, cookies instead of dev browsers")
	flags.BoolVar(&s.json, "json", false, "print one line of JSON, for scripts, instead of lines to paste")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(log, "emulator: %q is not known; all settings are flags: see emulator --help\n", flags.Arg(0))
		return 2
	case (s.cert == "") != (s.key == ""):
		fmt.Fprintln(log, "emulator: --cert and --key belong together")
		return 2
	case s.cert != "" && !s.https:
		fmt.Fprintln(log, "emulator: --cert is for --https")
		return 2
	}
	if err := serve(ctx, s, out, log); err != nil {
		said := strings.TrimPrefix(err.Error(), "clerktest: ")
		fmt.Fprintln(log, "emulator: "+strings.Replace(said, "Config.FrontendAPI", "--frontend-api", 1))
		return 1
	}
	return 0
}
