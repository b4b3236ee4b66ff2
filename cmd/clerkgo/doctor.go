package main

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core"
)

const doctorUsage = `Usage: clerkgo doctor [flags]

Examines what an application and Clerk have to agree on. The options come from the
environment, as in the application: CLERK_PUBLISHABLE_KEY, CLERK_SECRET_KEY and the
others of core.Options. Run it where the application runs, so that it has the same
clock and the same network. It changes nothing, and prints no key.

Flags:
  --url URL                an address of the application, as browsers use it, of a page
                           that Middleware covers; may be repeated
  --authorized-party URL   an entry of Options.AuthorizedParties; may be repeated
  --ignore-forwarded       Options.IgnoreForwarded is set
  --binary FILE            the application's program, whose versions are looked at
  --timeout DURATION       how long it may take in all (default 15s)
  --strict                 warnings count as faults in the exit status
  --json                   print the report as JSON

Exit status: 0 no fault, 1 at least one fault, 2 wrong usage.
`

// list is a flag that may be repeated.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

// request is what the flags of "clerkgo doctor" ask for.
type request struct {
	options      core.Options
	at           core.Checkup
	strict, json bool
}

func parse(args []string) (r request, err error) {
	flags := flag.NewFlagSet("clerkgo doctor", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var binary string
	flags.Var((*list)(&r.at.Addresses), "url", "")
	flags.Var((*list)(&r.options.AuthorizedParties), "authorized-party", "")
	flags.BoolVar(&r.options.IgnoreForwarded, "ignore-forwarded", false, "")
	flags.StringVar(&binary, "binary", "", "")
	flags.DurationVar(&r.at.Timeout, "timeout", 15*time.Second, "")
	flags.BoolVar(&r.strict, "strict", false, "")
	flags.BoolVar(&r.json, "json", false, "")
	if err := flags.Parse(args); err != nil {
		return r, err
	}
	switch {
	case flags.NArg() > 0:
		return r, fmt.Errorf("%q is no flag: addresses come behind --url", flags.Arg(0))
	case r.at.Timeout <= 0:
		return r, errors.New("--timeout must be positive, such as 15s")
	case binary == "":
		return r, nil
	}
	r.at.Build, err = buildinfo.ReadFile(binary)
	if err != nil {
		return r, fmt.Errorf("--binary: %w", err)
	}
	return r, nil
}

// doctor performs "clerkgo doctor".
func (p *program) doctor(ctx context.Context, args []string) int {
	r, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(p.stdout, doctorUsage)
		return exitFine
	case err != nil:
		fmt.Fprintf(p.stderr, "clerkgo doctor: %s\n\n%s", err, doctorUsage)
		return exitUsage
	}
	r.options.LookupEnv, r.options.HTTPClient, r.at.HTTPClient = p.lookup, p.client, p.client
	report := core.Doctor(ctx, r.options, r.at)
	report.Findings = withoutUnknown(report.Findings, &r)
	if r.json {
		err = json.NewEncoder(p.stdout).Encode(report)
	} else {
		err = table{p.stdout, p.colours}.write(report)
	}
	worst := report.Worst()
	if err != nil || worst == core.LevelFault || r.strict && worst == core.LevelWarning {
		return exitFault
	}
	return exitFine
}

// withoutUnknown puts a note in the place of what was said about things that stand in the
// application's code, and that nobody has told this program.
func withoutUnknown(findings []core.Finding, r *request) []core.Finding {
	replace := func(check, subject, found string) {
		first := slices.IndexFunc(findings, func(f core.Finding) bool { return f.Check == check })
		if first < 0 {
			return
		}
		findings[first] = core.Finding{Level: core.LevelNote, Check: check, Subject: subject, Found: found}
		rest := slices.DeleteFunc(findings[first+1:], func(f core.Finding) bool { return f.Check == check })
		findings = findings[:first+1+len(rest)]
	}
	if len(r.options.AuthorizedParties) == 0 {
		replace("parties", "Options.AuthorizedParties", "were not looked at: they stand in code. Give them with --authorized-party.")
	}
	if r.at.Build == nil {
		replace("versions", "the application's modules", "were not looked at. Give its program with --binary.")
	}
	return findings
}
