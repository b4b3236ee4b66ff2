//go:build browser

package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/clerkgo/clerkgo/clerktest"
)

// busy is what components show while they wait.
const busy = `document.querySelector("[class*=cl-spinner], [aria-busy=true]")`

// pressIn clicks with the mouse on the first button, link, or item of a menu in a part of the page (a selector, ""
// for all of it) that is called so, once it is there, may be pressed and is not covered.
func (tab *tab) pressIn(scope, name string) {
	tab.t.Helper()
	find := `((scope, name) => {
		for (const root of scope ? document.querySelectorAll(scope) : [document]) {
			for (const e of root.querySelectorAll("button,a,label,[role=menuitem],[role=tab],[role=option],[role=combobox]")) {
				if (e.disabled || e.getAttribute("aria-disabled") === "true") continue;
				if (e.innerText?.trim().replace(/\s*\n+\s*/g, " ") !== name && e.getAttribute("aria-label") !== name) continue;
				e.scrollIntoView({ block: "center", behavior: "instant" });
				const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;
				if (r.width && e.contains(document.elementFromPoint(x, y))) return x + " " + y;
			}
		}
		return "";
	})(` + quote(scope) + `, ` + quote(name) + `)`
	before := ""
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	for {
		at, err := chromedp.Run(ctx, chromedp.Evaluate[string](find))
		var x, y float64
		if _, e := fmt.Sscan(at, &x, &y); err == nil && e == nil && at == before { // It moves no more.
			within(tab, "press "+name, chromedp.MouseClickXY(x, y))
			tab.pressed = append(tab.pressed, name)
			return
		}
		before = at
		select {
		case <-ctx.Done():
			tab.t.Fatalf("there is nothing to press that is called %q in %q (%v); the page shows:\n%s", name, scope, err, tab.shows())
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// push presses what is called so anywhere on the page.
func (tab *tab) push(names ...string) {
	tab.t.Helper()
	for _, name := range names {
		tab.pressIn("", name)
	}
}

// idle waits until nothing on the page is loading any more.
func (tab *tab) idle() {
	tab.t.Helper()
	tab.waitFor("!" + busy)
}

// gone waits until the page does not show a text any more.
func (tab *tab) gone(text string) {
	tab.t.Helper()
	tab.waitFor("!document.body.innerText.includes(" + quote(text) + ")")
}

// typed types into what has the focus.
func (tab *tab) typed(keys string) {
	tab.t.Helper()
	within(tab, "type "+keys, chromedp.KeyEvent(keys))
}

// code types a code into the field for codes.
func (tab *tab) code(code string) {
	tab.t.Helper()
	const field = `document.querySelector("input[data-input-otp]")`
	for {
		tab.waitFor(field + " && !" + field + ".disabled")
		tab.run(`(() => { ` + field + `.focus(); ` + field + `.select(); })()`)
		tab.typed(code)
		// A field that is drawn anew meanwhile loses what was typed; one that is content is off, or gone.
		if tab.value(`(async () => { for (let i = 0; i < 10; i++) { const f = `+field+`; if (!f || f.disabled || f.value === `+quote(code)+`) return true; await new Promise(r => setTimeout(r, 50)); } return false; })()`) == "true" {
			return
		}
	}
}

// accepted waits until no code is asked for any more.
func (tab *tab) accepted() {
	tab.t.Helper()
	tab.waitFor(`!document.querySelector("input[data-input-otp]")`)
	tab.idle()
}

// upload chooses a file in the field for files of a part of the page.
func (tab *tab) upload(scope, file string) {
	tab.t.Helper()
	tab.waitFor(`document.querySelector(` + quote(scope+" input[type=file]") + `)`)
	within(tab, "upload", chromedp.SetUploadFiles(chromedp.CSS(scope+" input[type=file]"), []string{file}))
}

// pixel is a file with a small picture.
func pixel(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pixel.png")
	png := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82")
	if err := os.WriteFile(file, png, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// backend calls the Backend API, as the application's server would.
func backend(t *testing.T, clerk *clerktest.Server, method, path, body string) (status int, doc any) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, clerk.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+clerk.SecretKey())
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, doc
}

// must calls the Backend API and fails the test where it refuses.
func must(t *testing.T, clerk *clerktest.Server, method, path, body string) any {
	t.Helper()
	status, doc := backend(t, clerk, method, path, body)
	if status >= 300 {
		t.Fatalf("%s %s: got %d %v", method, path, status, doc)
	}
	return doc
}

// serverHas waits until what the Backend API says of a path has a value at a place such as
// email_addresses.1.verification.status, and returns what it found there.
func (tab *tab) serverHas(path, place string, want any) {
	tab.t.Helper()
	tab.server(path, func(doc any) (any, bool) {
		got := at(doc, place)
		if l, is := got.([]any); is && want == len(l) {
			return got, true // As many.
		}
		return got, jsonOf(got) == jsonOf(want)
	}, place+" = "+jsonOf(want))
}

// serverGone waits until the Backend API knows nothing of a path.
func (tab *tab) serverGone(path string) {
	tab.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		status, doc := backend(tab.t, tab.site.Clerk, "GET", path, "")
		if status == http.StatusNotFound {
			return
		}
		if time.Now().After(end) {
			tab.t.Fatalf("%s is still there: %v", path, doc)
		}
	}
}

func (tab *tab) server(path string, right func(any) (any, bool), what string) {
	tab.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		got, ok := right(must(tab.t, tab.site.Clerk, "GET", path, ""))
		if ok {
			return
		}
		if time.Now().After(end) {
			tab.t.Fatalf("%s: want %s, got %s; the page shows:\n%s", path, what, jsonOf(got), tab.shows())
		}
	}
}

// at returns what is at a place in a document, nil for nothing.
func at(doc any, place string) any {
	for name := range strings.SplitSeq(place, ".") {
		switch x := doc.(type) {
		case map[string]any:
			doc = x[name]
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil || n >= len(x) {
				return nil
			}
			doc = x[n]
		default:
			return nil
		}
	}
	return doc
}

func jsonOf(v any) string {
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(v) // It came from JSON, or is a constant.
	return strings.TrimSpace(b.String())
}

// sent returns the newest message to somebody, once there is one after those that were there before.
func sent(t *testing.T, clerk *clerktest.Server, to string) clerktest.Message {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		list := clerk.Outbox()
		for _, message := range slices.Backward(list) {
			if message.To == to {
				return message
			}
		}
		if time.Now().After(end) {
			t.Fatalf("nothing was sent to %s: %v", to, list)
		}
	}
}
