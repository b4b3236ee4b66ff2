package core

import (
	"os"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/optiontext"
)

// Tolerances of clocks that are believed.
const (
	maxClockSkew   = 24 * time.Hour
	usualClockSkew = 5 * time.Minute
)

// checkClockSkew refuses a tolerance with which tokens would hardly ever expire.
func (c *Clerk) checkClockSkew() error {
	if c.skew > maxClockSkew {
		return optionError("Options.ClockSkew is more than a day, so that tokens pass days after they have expired: leave it nil for " + defaultClockSkew.String())
	}
	return nil
}

func (c *Clerk) warnOddClock(warn func(string)) {
	skew := c.skew.String()
	switch {
	case c.skew < 0:
		warn("Options.ClockSkew is negative (" + skew + "): tokens count as expired before they are; zero tolerates nothing")
	case 0 < c.skew && c.skew < time.Millisecond:
		warn("Options.ClockSkew is " + skew + ": a time.Duration counts nanoseconds; write 5 * time.Second for five seconds")
	case c.skew > usualClockSkew:
		warn("Options.ClockSkew is " + skew + ": so long after they have expired tokens still pass; set the clock of this machine instead")
	}
}

// warnOddBooleans tells of variables that are set to what counts as false only because
// it is not understood.
func (c *Clerk) warnOddBooleans(warn func(string)) {
	lookup := c.opts.LookupEnv
	if lookup == nil {
		lookup = os.LookupEnv
	}
	for _, name := range [...]string{"CLERK_IS_SATELLITE", "NEXT_PUBLIC_CLERK_IS_SATELLITE"} {
		value, _ := lookup(name)
		value = optiontext.Trim(value)
		if value == "" {
			continue
		}
		if !c.opts.IsSatellite && !strings.EqualFold(value, "false") && !isZero(value) {
			warn(name + " is neither true nor false, and counts as false: write true or 1 for a satellite")
		}
		return // Only the first counts.
	}
}

// isZero reports whether a text is the number zero, however it is written.
func isZero(text string) bool { return strings.Trim(text, "0") == "" }
