package core

import (
	"math"
	"strconv"

	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// FactorVerificationAge is the time since the factors of a session were last
// verified, in minutes. -1 means that the user has no such factor.
type FactorVerificationAge struct {
	First, Second float64
}

// readFactorVerificationAge reads a pair of minutes. Anything else is absent, which
// fails every reverification: it is not "just now".
func readFactorVerificationAge(v token.Value) (FactorVerificationAge, bool) {
	pair, ok := v.Array()
	if !ok || len(pair) != 2 {
		return FactorVerificationAge{}, false
	}
	var ages [2]float64
	for i, item := range pair {
		age, ok := item.Number()
		if !ok || math.IsInf(age, 0) || age < 0 && age != -1 {
			return FactorVerificationAge{}, false
		}
		ages[i] = age
	}
	return FactorVerificationAge{First: ages[0], Second: ages[1]}, true
}

// FactorLevel is which factors a [Reverification] looks at.
type FactorLevel string

// The levels, spelled as Clerk spells them.
const (
	FirstFactor  FactorLevel = "first_factor"
	SecondFactor FactorLevel = "second_factor"
	MultiFactor  FactorLevel = "multi_factor"
)

// ReverificationConfig says which factors must have been verified, and how many
// minutes ago at most. Compare Clerk's reverification presets.
type ReverificationConfig struct {
	Level        FactorLevel
	AfterMinutes float64
}

// Clerk's presets for [Reverification].
var (
	// StrictMFA wants both factors within the last 10 minutes.
	StrictMFA = ReverificationConfig{MultiFactor, 10}
	// Strict wants the second factor within the last 10 minutes; users without one
	// need the first.
	Strict = ReverificationConfig{SecondFactor, 10}
	// Moderate is Strict within the last hour.
	Moderate = ReverificationConfig{SecondFactor, 60}
	// Lax is Strict within the last day.
	Lax = ReverificationConfig{SecondFactor, 1440}
)

func (c ReverificationConfig) met(age *FactorVerificationAge) bool {
	if age == nil || !(c.AfterMinutes > 0) {
		return false
	}
	hasFirst, hasSecond := age.First != -1, age.Second != -1
	first := hasFirst && c.AfterMinutes > age.First
	second := hasSecond && c.AfterMinutes > age.Second
	switch c.Level {
	case FirstFactor:
		return first
	case SecondFactor:
		if !hasSecond {
			return first
		}
		return second
	case MultiFactor:
		if !hasSecond {
			return first
		}
		return first && second
	}
	return false
}

// valid reports whether anybody can fulfil it.
func (c ReverificationConfig) valid() bool {
	switch c.Level {
	case FirstFactor, SecondFactor, MultiFactor:
		return c.AfterMinutes > 0
	}
	return false
}

// and returns what fulfils both. A second factor says nothing about the first, so
// one of each takes all.
func (c *ReverificationConfig) and(other *ReverificationConfig) *ReverificationConfig {
	if c == nil {
		return other
	}
	both := ReverificationConfig{Level: c.Level, AfterMinutes: min(c.AfterMinutes, other.AfterMinutes)}
	if c.Level != other.Level {
		both.Level = MultiFactor
	}
	return &both
}

// challenge is what RFC 9470 has for it.
func (c *ReverificationConfig) challenge() string {
	challenge := `error="insufficient_user_authentication"`
	if seconds := math.Ceil(c.AfterMinutes * 60); seconds <= math.MaxInt32 {
		challenge += ", max_age=" + strconv.Itoa(int(seconds))
	}
	return challenge
}

// body is what clerk-js recognises, in the form of Clerk's own servers. JSON has no
// infinite numbers; JavaScript writes null for one.
func (c *ReverificationConfig) body() string {
	age := "null"
	if !math.IsInf(c.AfterMinutes, 0) {
		age = strconv.FormatFloat(c.AfterMinutes, 'f', -1, 64)
	}
	return `{"clerk_error":{"type":"forbidden","reason":"` + string(reason.Reverification) + `","metadata":{"reverification":{"level":"` +
		string(c.Level) + `","afterMinutes":` + age + `}}}}`
}
