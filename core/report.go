package core

import (
	"errors"
	"strings"
)

// FindingLevel says how much a [Finding] matters. The greater it is, the more.
type FindingLevel int

// The levels of findings.
const (
	// LevelOK means that something was looked at and is right.
	LevelOK FindingLevel = iota
	// LevelNote is something to know, or something that was not looked at.
	LevelNote
	// LevelWarning is something that may fail, is unsafe in production, or could not be checked.
	LevelWarning
	// LevelFault is something that does not work as it is.
	LevelFault
)

var levelNames = [...]string{"ok", "note", "warning", "fault"}

// String returns ok, note, warning or fault.
func (l FindingLevel) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return "unknown"
	}
	return levelNames[l]
}

// MarshalText writes a level by its name, in JSON for example.
func (l FindingLevel) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads a level by its name.
func (l *FindingLevel) UnmarshalText(text []byte) error {
	for i, name := range levelNames {
		if string(text) == name {
			*l = FindingLevel(i)
			return nil
		}
	}
	return errors.New("core: a finding's level is ok, note, warning or fault")
}

// Finding is one thing that a check-up has looked at. Its texts are for developers: they
// hold no key and no token, but names of hosts and of options.
type Finding struct {
	Level FindingLevel `json:"level"`
	// Check is the kind of finding: options, keys, "JWT key", clock, parties, proxy,
	// satellite, application or versions.
	Check string `json:"check"`
	// Subject is what was looked at: an address, an option.
	Subject string `json:"subject"`
	// Found says what was found of it.
	Found string `json:"found"`
	// Remedy says what to do about it. It is empty where there is nothing to do.
	Remedy string `json:"remedy,omitempty"`
}

// String is the finding in one line.
func (f Finding) String() string {
	text := f.Level.String() + ": " + f.Check + ": " + f.Subject + ": " + f.Found
	if f.Remedy != "" {
		text += " " + f.Remedy
	}
	return text
}

// Report is what a check-up found: see [Doctor].
type Report struct {
	// Findings are in the order in which they were looked at, whatever their levels.
	Findings []Finding `json:"findings"`
}

// Worst returns the highest level of the findings, LevelOK where there are none.
func (r Report) Worst() FindingLevel {
	worst := LevelOK
	for _, f := range r.Findings {
		worst = max(worst, f.Level)
	}
	return worst
}

// String has a line for each finding.
func (r Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(f.String())
		b.WriteByte('\n')
	}
	return b.String()
}
