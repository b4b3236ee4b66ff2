package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/clerkgo/clerkgo/core"
)

// table writes a report for people.
type table struct {
	to      io.Writer
	colours bool
}

const (
	lineWidth  = 110
	levelWidth = len("warning")
	checkWidth = len("application")
)

func (t table) write(r core.Report) error {
	var b strings.Builder
	var counts [core.LevelFault + 1]int
	indent := strings.Repeat(" ", levelWidth+checkWidth+4)
	for _, f := range r.Findings {
		counts[f.Level]++
		head := t.coloured(f.Level, fmt.Sprintf("%-*s", levelWidth, f.Level)) + fmt.Sprintf("  %-*s  ", checkWidth, f.Check)
		b.WriteString(head + wrapped(f.Subject+": "+f.Found, indent))
		if f.Remedy != "" {
			b.WriteString(indent + wrapped("Remedy: "+f.Remedy, indent))
		}
	}
	var sum []string
	for level := core.LevelFault; level >= core.LevelOK; level-- {
		if n := counts[level]; n > 0 {
			sum = append(sum, t.coloured(level, count(n, level)))
		}
	}
	b.WriteString("\n" + strings.Join(sum, ", ") + "\n")
	_, err := io.WriteString(t.to, b.String())
	return err
}

func count(n int, level core.FindingLevel) string {
	if n == 1 || level == core.LevelOK {
		return fmt.Sprintf("%d %s", n, level)
	}
	return fmt.Sprintf("%d %ss", n, level)
}

// coloured shows a text in the colour of a level.
func (t table) coloured(level core.FindingLevel, text string) string {
	if !t.colours {
		return text
	}
	colour := map[core.FindingLevel]string{core.LevelOK: "32", core.LevelNote: "36", core.LevelWarning: "33", core.LevelFault: "1;31"}[level]
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// wrapped breaks a text into lines, of which all but the first are indented. What a
// terminal would obey is not let through.
func wrapped(text, indent string) string {
	var b strings.Builder
	at := len(indent)
	for i, word := range strings.Fields(text) {
		word = strings.Map(func(r rune) rune {
			if unicode.IsPrint(r) {
				return r
			}
			return '?'
		}, word)
		switch length := len([]rune(word)); {
		case i == 0:
			at += length
		case at+1+length > lineWidth:
			b.WriteString("\n" + indent)
			at = len(indent) + length
		default:
			b.WriteByte(' ')
			at += 1 + length
		}
		b.WriteString(word)
	}
	b.WriteByte('\n')
	return b.String()
}
