package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"
)

// decision is what became of one request.
type decision struct {
	At                     time.Time
	Method, Path           string
	Status, Reason         string
	User, Role, Explaining string
}

// decisions turns the log of core.Options.Debug into a line for each request, and keeps
// the last ones for /break.
type decisions struct {
	coloured bool

	mu   sync.Mutex
	out  io.Writer
	last []decision // newest first
}

const keptDecisions = 8

func newDecisions(out io.Writer, coloured bool) *decisions {
	if out == nil {
		out = io.Discard
	}
	return &decisions{out: out, coloured: coloured}
}

// showsColours reports whether a file is a terminal whose owner has nothing against
// colours (https://no-color.org).
func showsColours(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func (d *decisions) logger() *slog.Logger { return slog.New(handler{d}) }

// recent returns the last decisions, newest first.
func (d *decisions) recent() []decision {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]decision(nil), d.last...)
}

// fault writes down what a page does not show.
func (d *decisions) fault(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.line(red, "error", err.Error())
}

// refused writes down what a guard refused.
func (d *decisions) refused(status int, why error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := fmt.Sprint("answered ", status)
	if why != nil {
		text += ": " + why.Error()
	}
	d.line(yellow, "refused", text)
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	grey   = "90"
)

func (d *decisions) paint(colour, text string) string {
	if !d.coloured {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// line writes what belongs to the request above it. The caller holds d.mu.
func (d *decisions) line(colour, what, text string) {
	fmt.Fprintf(d.out, "            %s  %s\n", d.paint(colour, what), oneLine(text))
}

func (d *decisions) decided(one decision) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = append([]decision{one}, d.last...)
	d.last = d.last[:min(len(d.last), keptDecisions)]
	colour := map[string]string{"signed-in": green, "handshake": yellow}[one.Status]
	if colour == "" {
		colour = grey
	}
	who := one.User
	if one.Role != "" {
		who += " " + one.Role
	}
	if who == "" {
		who = one.Reason
	}
	fmt.Fprintf(d.out, "  %s  %-4s %-24s %s  %s\n", d.paint(grey, one.At.Format("15:04:05")), one.Method, one.Path,
		d.paint(colour, fmt.Sprintf("%-10s", one.Status)), oneLine(who))
}

// oneLine keeps what others wrote from moving the cursor or changing its colour.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// handler reads core's log.
type handler struct{ d *decisions }

func (h handler) Enabled(context.Context, slog.Level) bool { return true }

func (h handler) WithAttrs([]slog.Attr) slog.Handler { return h }

func (h handler) WithGroup(string) slog.Handler { return h }

func (h handler) Handle(_ context.Context, r slog.Record) error {
	values := map[string]string{}
	r.Attrs(func(a slog.Attr) bool {
		flatten(values, "", a)
		return true
	})
	if r.Message != "clerk debug" {
		h.d.mu.Lock()
		defer h.d.mu.Unlock()
		colour := yellow
		if r.Level >= slog.LevelError {
			colour = red
		}
		h.d.line(colour, strings.ToLower(r.Level.String()), r.Message+" "+values["error"])
		return nil
	}
	one := decision{
		At: r.Time, Method: values["request.method"], Status: values["requestState.status"], Reason: values["requestState.reason"],
		User: values["auth.userId"], Role: values["auth.orgRole"], Explaining: values["explanation"],
	}
	if slug := values["auth.orgSlug"]; slug != "" {
		one.Role += " of " + slug
	}
	if u, err := url.Parse(values["request.url"]); err == nil {
		one.Path = u.EscapedPath()
	}
	if one.Method == "" { // The verdict on a machine's token, of a request that has its line.
		h.d.mu.Lock()
		defer h.d.mu.Unlock()
		h.d.line(grey, "machine", one.Status+" "+one.Reason)
		return nil
	}
	h.d.decided(one)
	return nil
}

// flatten writes groups down with dots.
func flatten(values map[string]string, prefix string, a slog.Attr) {
	if a.Value.Kind() != slog.KindGroup {
		values[prefix+a.Key] = a.Value.Resolve().String()
		return
	}
	for _, inner := range a.Value.Group() {
		name := prefix
		if a.Key != "" {
			name += a.Key + "."
		}
		flatten(values, name, inner)
	}
}
