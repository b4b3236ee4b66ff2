package core_test

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core"
)

// lockedBuffer is a buffer for logs.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// lines are those with a text.
func (l *lockedBuffer) lines(text string) (lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestFaultsOfSkippedRequestsAreLoggedOnce: with core.SkipStatic, everybody can ask for
// /admin/x.css.
func TestFaultsOfSkippedRequestsAreLoggedOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		ask  func(ctx context.Context, ra *core.RequestAuth, value func(any) any) core.Outcome
		want string
	}{
		{name: "a guard of an adapter", want: "core_test.Protect was called but", ask: func(ctx context.Context, _ *core.RequestAuth, value func(any) any) core.Outcome {
			return adapter.Check(ctx, value, adapter.Guard("Protect"))
		}},
		{name: "Require", want: "core_test.Require was called but", ask: func(ctx context.Context, _ *core.RequestAuth, value func(any) any) core.Outcome {
			return adapter.Require(ctx, value)
		}},
		{name: "Require with a fault", want: "Role names no role", ask: func(ctx context.Context, _ *core.RequestAuth, value func(any) any) core.Outcome {
			return adapter.Require(ctx, value, core.Role(""))
		}},
		{name: "a guard", want: "Options.Skip leaves out", ask: func(ctx context.Context, ra *core.RequestAuth, _ func(any) any) core.Outcome {
			return adapter.Guard("Protect").Check(ctx, ra)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out lockedBuffer
			now := time.Unix(1795217577, 0)
			o := plain(newServer(t, false))
			o.Skip, o.Logger, o.Now = core.SkipStatic, slog.New(slog.NewTextHandler(&out, nil)), func() time.Time { return now }
			ra := attach(t, newClerk(t, o), get("/admin/x.css"))
			value := ra.NewContext(t.Context()).Value
			for range 100 {
				if outcome := test.ask(t.Context(), ra, value); !outcome.IsFault() {
					t.Fatalf("got %+v, want a fault", outcome)
				}
			}
			if got := out.lines(test.want); len(got) != 1 || !strings.Contains(got[0], `level=ERROR msg="core: request failed"`) {
				t.Fatalf("got %q in the instance's log, want one line with %q", got, test.want)
			}
			now = now.Add(time.Minute)
			test.ask(t.Context(), ra, value)
			if got := out.lines(test.want); len(got) != 2 || !strings.Contains(got[1], "repeated=99") {
				t.Errorf("got %q a minute later, want another line", got)
			}
		})
	}
}

// floods counts the runs of a test: each needs texts that no other has logged.
var floods atomic.Int64

// TestFaultsWithoutAnInstanceAreLoggedOnce changes the default logger, so nothing runs beside it.
func TestFaultsWithoutAnInstanceAreLoggedOnce(t *testing.T) { //nolint:paralleltest // see above
	var out lockedBuffer
	before, writer, flags := slog.Default(), log.Writer(), log.Flags()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	t.Cleanup(func() {
		slog.SetDefault(before)
		log.SetOutput(writer)
		log.SetFlags(flags)
	})
	a := core.Adapter{Name: "flood" + strconv.FormatInt(floods.Add(1), 10)}
	nothing := func(any) any { return nil }
	matcher := core.MustRouteMatcher("/a")
	for call, ask := range map[string]func() core.Outcome{
		"Protect": func() core.Outcome { return a.Check(t.Context(), nothing, a.Guard("Protect")) },
		"ProtectRoutes": func() core.Outcome {
			return a.CheckRoute(t.Context(), nothing, a.RouteGuard("ProtectRoutes", matcher), core.RoutePath{})
		},
		"Require": func() core.Outcome { return a.Require(t.Context(), nothing) },
		"Auth": func() (outcome core.Outcome) {
			defer func() { outcome, _ = a.Recover(recover()) }()
			a.MustFind(nothing, "Auth")
			return outcome
		},
	} {
		for range 100 {
			if outcome := ask(); !outcome.IsFault() {
				t.Fatalf("%s: got %+v, want a fault", call, outcome)
			}
		}
		if got := out.lines(a.Name + "." + call + " was called but"); len(got) != 1 || !strings.Contains(got[0], `level=ERROR msg="core: request failed"`) {
			t.Errorf("%s: got %d lines, first %.200q, want one", call, len(got), got)
		}
	}
}

// TestFaultsWithTextsOfRequestsAreFew: a program may take a requirement from the request.
func TestFaultsWithTextsOfRequestsAreFew(t *testing.T) {
	t.Parallel()
	var out lockedBuffer
	o := plain(newServer(t, false))
	o.Logger = slog.New(slog.NewTextHandler(&out, nil))
	value := attach(t, newClerk(t, o), get("/")).NewContext(t.Context()).Value
	for i := range 1000 {
		adapter.Require(t.Context(), value, core.AcceptTokens(core.TokenType(strconv.Itoa(i))))
	}
	if got := out.lines("invalid options of core_test.Require"); len(got) == 0 || len(got) > 150 {
		t.Errorf("got %d lines, want a few", len(got))
	}
}
