//go:build browser

package browser

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestTour walks the examples as visitors do: all of one, and a part of each other. The
// variable TOUR=all walks all of all of them.
func TestTour(t *testing.T) {
	for i, framework := range []string{"gin", "http", "echo", "echo5", "fiber", "fiber3"} {
		t.Run(framework, func(t *testing.T) {
			s := startTour(t, framework)
			t.Run("short", func(t *testing.T) { shortWalk(t, s) })
			if i > 0 && os.Getenv("TOUR") != "all" {
				return
			}
			for _, v := range []visitor{
				{Name: "ada", Pick: "Ada Lovelace", Org: "acme", Admin: true},
				{Name: "grace", Pick: "Grace Hopper", Org: "acme"},
				{Name: "alan", Pick: "Alan Turing"},
				{Name: "nobody"},
			} {
				t.Run(v.Name, func(t *testing.T) { fullWalk(t, s, framework, v) })
			}
			t.Run("deeds", func(t *testing.T) { deeds(t, s) })
			t.Run("tenants", func(t *testing.T) { tenants(t, s) })
			t.Run("broken", func(t *testing.T) { broken(t, s, framework) })
		})
	}
}

// TestToursSideBySide signs different people in to two examples in one browser, which has
// one set of cookies for both: neither takes the other's.
func TestToursSideBySide(t *testing.T) {
	first, second := startTour(t, "gin"), startTour(t, "fiber")
	tab := newTab(t, first)
	tab.signIn(first, "Ada Lovelace")
	tab.forget(first)
	tab.signIn(second, "Grace Hopper")
	for range 2 {
		for s, name := range map[*site]string{first: "Ada Lovelace", second: "Grace Hopper"} {
			tab.forget(s)
			tab.visit(s.URL + "/orgs/acme")
			tab.waitForText("Rocket skates")
			tab.waitFor(`document.querySelector(".account b")?.innerText === ` + quote(name))
		}
	}
	tab.visit(second.URL + "/orgs/acme")
	tab.waitForText("To add one takes the permission")
}

// visitor is somebody who looks at the tour.
type visitor struct {
	Name, Pick, Org string
	Admin           bool
}

var tourURL = regexp.MustCompile(`http://localhost:[0-9]+`)

// startTour builds an example and runs it as people do.
func startTour(t *testing.T, framework string) *site {
	t.Helper()
	program := filepath.Join(t.TempDir(), "tour")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./"+framework)
	build.Dir = filepath.Join("..", "..", "examples")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "PORT=0", "CLERK_PORT=", "HOST=", "CLERK_PUBLISHABLE_KEY=", "CLERK_SECRET_KEY=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, printed := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(printed)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if found := tourURL.FindString(lines.Text()); found != "" && len(address) == 0 {
				address <- found
			}
		}
	}()
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Error(err)
		}
		<-printed
		if err := cmd.Wait(); err != nil {
			t.Errorf("Ctrl-C does not end it cleanly: %v", err)
		}
	})
	select {
	case found := <-address:
		return &site{URL: found, hosts: "MAP localhost 127.0.0.1"}
	case <-printed:
		t.Fatal("it ended before it said where it listens")
	case <-time.After(patience):
		t.Fatal("it does not say where it listens")
	}
	return nil
}

// signIn picks somebody on the sign-in page.
func (tab *tab) signIn(s *site, name string) {
	tab.t.Helper()
	tab.open(s.URL + "/sign-in")
	tab.pick(name)
	tab.waitFor(`location.pathname === "/dashboard" && document.readyState === "complete"`)
	tab.waitForText("Welcome, " + name)
}

// pick does so on that page.
func (tab *tab) pick(name string) {
	tab.t.Helper()
	find := `[...document.querySelectorAll(".people button")].find(b => b.innerText.includes(` + quote(name) + `))`
	tab.waitFor(find)
	tab.run(find + ".click()")
}

// press clicks on the first button of a page's content that shows a text, or is called so.
func (tab *tab) press(text string) {
	tab.t.Helper()
	find := `[...document.querySelectorAll("main button, main a.button")].find(b => (b.getAttribute("aria-label") || b.innerText).trim() === ` + quote(text) + `)`
	tab.waitFor(find)
	tab.run(find + ".click()")
}

// visit opens a page and returns the path that it led to.
func (tab *tab) visit(address string) *url.URL {
	tab.t.Helper()
	tab.open(address)
	tab.waitFor(`document.readyState === "complete"`)
	var at string
	if err := json.Unmarshal([]byte(tab.value("location.href")), &at); err != nil {
		tab.t.Fatal(err)
	}
	u, err := url.Parse(at)
	if err != nil {
		tab.t.Fatal(err)
	}
	return u
}

// status is what the last load of a page was answered.
func (tab *tab) status() string {
	return tab.value(`performance.getEntriesByType("navigation")[0].responseStatus`)
}

// links returns the addresses of this site that a page links to.
func (tab *tab) links() []string {
	tab.t.Helper()
	var list []string
	text := tab.value(`[...document.querySelectorAll("a[href]")].filter(a => a.origin === location.origin).map(a => a.pathname + a.search)`)
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		tab.t.Fatal(err)
	}
	return list
}

// looks are the ways in which people see a page.
var looks = []struct {
	name, scheme string
	width        int64
}{{"light", "light", 1280}, {"dark", "dark", 1280}, {"narrow", "light", 390}}

// inspect has axe look at a page, light, dark and narrow, and keeps pictures.
func (tab *tab) inspect(name string) {
	tab.t.Helper()
	source, err := os.ReadFile(filepath.Join("assets", "axe-core", "axe.min.js"))
	if err != nil {
		tab.t.Fatalf("axe is not there (%v): run make browser", err)
	}
	within(tab, "load axe", chromedp.Evaluate[bool](string(source)+"; true"))
	for _, look := range looks {
		tab.see(look.scheme, look.width)
		if wide := tab.value(`document.documentElement.scrollWidth > innerWidth`); wide != "false" {
			tab.t.Errorf("%s is wider than its window of %d pixels", name, look.width)
		}
		if cut := tab.value(`[...document.querySelectorAll(".scroll")].filter(e => e.scrollWidth > e.clientWidth).map(e => e.getAttribute("aria-label"))`); cut != "[]" {
			tab.t.Errorf("%s, %s: tables are cut off: %s", name, look.name, cut)
		}
		if found := tab.value(`axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" | ")))`); found != "[]" {
			tab.t.Errorf("%s, %s: axe finds %s", name, look.name, found)
		}
		tab.fullPicture(name + "-" + look.name)
	}
	tab.see("light", 1280)
}

// see sets what the browser prefers, and its width.
func (tab *tab) see(scheme string, width int64) {
	tab.t.Helper()
	for _, err := range []error{
		call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
		call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1}),
	} {
		if err != nil {
			tab.t.Fatal(err)
		}
	}
}

// fullPicture is [tab.picture] of the whole page.
func (tab *tab) fullPicture(name string) {
	tab.t.Helper()
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	png := within(tab, "picture "+name, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		tab.t.Fatal(err)
	}
}

// forget makes the browser forget how often it was sent to Clerk lately, as it does after
// three seconds.
func (tab *tab) forget(s *site) {
	tab.t.Helper()
	if err := call(tab, network.DeleteCookies, network.DeleteCookiesParams{Name: "__clerk_redirect_count", URL: s.URL}); err != nil {
		tab.t.Fatal(err)
	}
}

// shortWalk is what every framework must do: sign in, organization, admin, sign out.
func shortWalk(t *testing.T, s *site) {
	t.Helper()
	tab := newTab(t, s)
	tab.open(s.URL + "/")
	tab.waitForText("You are signed out")
	tab.signIn(s, "Ada Lovelace")
	tab.visit(s.URL + "/orgs/engines")
	tab.waitForText("Difference engine")
	tab.visit(s.URL + "/admin")
	tab.waitForText("This is you")
	within(tab, "sign out", chromedp.Click(chromedp.CSS(".account form button"))) // As a person: Clerk asks scripts whether they mean it.
	tab.waitForText("You are signed out")
	tab.open(s.URL + "/dashboard")
	tab.waitFor(`location.pathname.includes("sign-in")`)
}

// fullWalk looks at every page that a visitor can reach by links, and at what is refused.
func fullWalk(t *testing.T, s *site, framework string, v visitor) {
	t.Helper()
	tab := newTab(t, s)
	tab.see("light", 1280)
	if v.Pick != "" {
		tab.signIn(s, v.Pick)
	}
	missing := []string{"/nowhere", "/orgs/nowhere"}
	if !v.Admin {
		missing = append(missing, "/admin")
	}
	if v.Pick != "" {
		tab.expect("404 (Not Found)")
	} else {
		missing = []string{"/nowhere"}
		tab.expect("404 (Not Found)")
	}
	inspected := map[string]bool{}
	queue, seen := append([]string{"/"}, missing...), map[string]bool{}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if seen[path] || path == "/sign-in" || path == "/sign-up" {
			continue
		}
		seen[path] = true
		tab.forget(s)
		at := tab.visit(s.URL + path)
		status, absent := tab.status(), slices.Contains(missing, path) || path == "/orgs/globex" && v.Pick != ""
		switch {
		case absent && status != "404", !absent && status != "200":
			t.Errorf("%s was answered %s", path, status)
		case v.Pick != "" && !strings.HasPrefix(at.String(), s.URL):
			t.Errorf("%s led to %s", path, at)
		}
		name := path
		if !strings.HasPrefix(at.String(), s.URL) {
			name = at.Path
		} else {
			queue = append(queue, tab.links()...)
		}
		name = strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(name, "-"), "-")
		if path == "/" {
			name = "home"
		}
		if inspected[name] || strings.HasPrefix(name, "api-") {
			continue
		}
		inspected[name] = true
		tab.inspect(fmt.Sprintf("%s-%s-%s", framework, v.Name, name))
	}
	want := []string{"/dashboard", "/orgs", "/tokens", "/machines", "/step-up", "/tenants", "/webhooks", "/break"}
	if v.Pick != "" {
		want = append(want, "/api/me")
	}
	if v.Org != "" {
		want = append(want, "/orgs/"+v.Org, "/orgs/"+v.Org+"/tokens")
	}
	if v.Admin {
		want = append(want, "/admin")
	}
	for _, path := range want {
		if !seen[path] {
			t.Errorf("no link leads to %s", path)
		}
	}
}
