package loglimit_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/loglimit"
)

func TestALineAMinuteForEachSubject(t *testing.T) {
	t.Parallel()
	var l loglimit.Limit
	now := time.Unix(1795217577, 0)
	for i, step := range []struct {
		subject string
		after   time.Duration
		ok      bool
		leftOut int
	}{
		{subject: "a", ok: true},
		{subject: "a"},
		{subject: "b", ok: true},
		{subject: "a", after: 59 * time.Second},
		{subject: "a", after: time.Second, ok: true, leftOut: 2},
		{subject: "a"},
		{subject: "a", after: -time.Hour, ok: true, leftOut: 1},
	} {
		now = now.Add(step.after)
		if leftOut, ok := l.Allow(step.subject, now); ok != step.ok || leftOut != step.leftOut {
			t.Errorf("step %d: got %d, %t, want %d, %t", i, leftOut, ok, step.leftOut, step.ok)
		}
	}
}

// TestManySubjectsShareALine: where a text of a request is in the subject, there is no end to them.
func TestManySubjectsShareALine(t *testing.T) {
	t.Parallel()
	var l loglimit.Limit
	now := time.Unix(1795217577, 0)
	logged := func() (lines int) {
		for i := range 10_000 {
			if _, ok := l.Allow(strconv.Itoa(i), now); ok {
				lines++
			}
		}
		return lines
	}
	first := logged()
	if first < 100 || first > 150 {
		t.Errorf("got %d lines, want a hundred", first)
	}
	if again := logged(); again != 0 {
		t.Errorf("got %d lines in the same minute, want none", again)
	}
	now = now.Add(time.Minute)
	if later := logged(); later != first {
		t.Errorf("got %d lines a minute later, want %d", later, first)
	}
}
