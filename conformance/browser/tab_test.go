//go:build browser

package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take for what it is waited for. A busy machine needs much of it;
// a page that does what it should, never.
const patience = 60 * time.Second

// tab is a tab of a fresh browser, of which nothing is left after the test.
type tab struct {
	t       *testing.T
	ctx     context.Context //nolint:containedctx // It is the tab.
	site    *site
	pressed []string

	mu       sync.Mutex
	faults   []string
	answers  []string
	expected []string
}

// newTab opens a browser. What it complains about fails the test, unless it is expected.
func newTab(t *testing.T, s *site) *tab {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(chromium(t)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("host-resolver-rules", s.hosts),
		chromedp.IgnoreCertErrors,
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("force-prefers-reduced-motion", true),
		chromedp.WindowSize(1280, 1100),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	tab := &tab{t: t, ctx: ctx, site: s}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	// Clerk's scripts touch a session only in a tab that has the focus.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatalf("the tab cannot have the focus: %v", err)
	}
	console, answers := chromedp.Console(ctx), chromedp.Events(ctx, network.ResponseReceived)
	go func() {
		for m, err := range console {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" {
				tab.mu.Lock()
				tab.faults = append(tab.faults, m.String()+" "+m.URL)
				tab.mu.Unlock()
			}
		}
	}()
	go func() {
		for e, err := range answers {
			if err != nil {
				return
			}
			tab.mu.Lock()
			tab.answers = append(tab.answers, fmt.Sprint(e.Response.Status, " ", e.Response.URL))
			tab.mu.Unlock()
		}
	}()
	t.Cleanup(tab.checkFaults)
	return tab
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range [...]string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium: install it, or name it in CHROMIUM")
	return ""
}

// expect allows complaints that hold a text.
func (tab *tab) expect(text string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.expected = append(tab.expected, text)
}

func (tab *tab) checkFaults() {
	if tab.t.Failed() {
		tab.picture("failed-" + tab.t.Name())
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, fault := range tab.faults {
		if !slices.ContainsFunc(tab.expected, func(text string) bool { return strings.Contains(fault, text) }) {
			tab.t.Error("the browser complains: ", fault)
		}
	}
	tab.t.Log("pressed: " + strings.Join(tab.pressed, ", "))
	if tab.t.Failed() {
		tab.t.Log("answers:\n" + strings.Join(tab.answers, "\n"))
		if tab.site.Clerk != nil { // Programs have one of their own.
			_, refused := backend(tab.t, tab.site.Clerk, "GET", "/_emulator/requests?failed=true", "")
			tab.t.Log("refused: ", jsonOf(refused))
		}
	}
}

// within runs a step for as long as patience lasts.
func within[T any](tab *tab, what string, step chromedp.Action[T]) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, step)
	if err != nil {
		tab.t.Fatalf("%s: %v; the page shows:\n%s", what, err, tab.shows())
	}
	return value
}

// open opens an address.
func (tab *tab) open(url string) {
	tab.t.Helper()
	within(tab, "open "+url, chromedp.Navigate(url))
}

// shows returns what the page shows, for a message.
func (tab *tab) shows() string {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// waitFor waits until an expression in JavaScript is true, also across page loads.
func (tab *tab) waitFor(expression string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			tab.t.Fatalf("%s does not become true (%v); the page shows:\n%s", expression, err, tab.shows())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// waitForText waits until the page shows a text.
func (tab *tab) waitForText(text string) {
	tab.t.Helper()
	tab.waitFor("document.body && document.body.innerText.includes(" + quote(text) + ")")
}

// clickText clicks on the first button, link or item of a menu that shows a text, when there is
// one.
func (tab *tab) clickText(text string) {
	tab.t.Helper()
	find := `[...document.querySelectorAll('button,a,[role=menuitem],[role=tab],[role=option]')]` +
		`.find(e => e.offsetParent && !e.disabled && e.innerText.trim() === ` + quote(text) + `)`
	tab.waitFor(find)
	tab.run(find + `.click()`)
}

// fill types a text into a field, in place of what is there.
func (tab *tab) fill(selector, text string) {
	tab.t.Helper()
	within(tab, "find "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
	tab.run(`document.querySelector(` + quote(selector) + `).select()`)
	within(tab, "fill "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// run evaluates an expression and waits for its promise.
func (tab *tab) run(expression string) {
	tab.t.Helper()
	tab.value(expression)
}

// value evaluates an expression, waits for its promise and returns its JSON; undefined is "".
func (tab *tab) value(expression string) string {
	tab.t.Helper()
	return within(tab, expression, chromedp.Evaluate[string](
		`(async () => JSON.stringify(await (`+expression+`)) ?? "")()`, chromedp.EvalAwaitPromise))
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}
