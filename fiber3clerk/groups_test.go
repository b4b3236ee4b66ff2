package fiber3clerk_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/static"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// TestGuardedGroups shows what the documents say of guards on Fiber's groups: files outside the
// group have paths that it does not see.
func TestGuardedGroups(t *testing.T) {
	t.Parallel()
	const secret = "the secret"
	dir, inside := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "admin"), 0o750); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{filepath.Join(dir, "admin", "x.txt"), filepath.Join(inside, "x.txt")} {
		if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clerk := core.Must(clerktest.New(t).Options())
	build := func(files string, before ...fiber.Handler) string {
		app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
		app.Use("/*", fiber3clerk.With(clerk))
		for _, handler := range before {
			app.Use("/*", handler)
		}
		admin := app.Group("/admin", fiber3clerk.Protect())
		app.Get("/administrators", func(c fiber.Ctx) error { return c.SendString("public") })
		if files == inside {
			admin.Use(static.New(inside))
		} else {
			app.Use(static.New(dir))
		}
		return serveTCP(t, app)
	}
	byPath := fiber3clerk.ProtectRoutes(core.MustRouteMatcher("/admin/:path*"))
	outside, own, guarded := build(dir), build(inside), build(dir, byPath)
	for _, target := range []string{
		"/admin/x.txt", "/ADMIN/x.txt", "//admin/x.txt", "/%61dmin/x.txt", "/./admin/x.txt", "/x/../admin/x.txt", "/%2fadmin/x.txt", "/adminx.txt",
	} {
		escapes := !strings.HasPrefix(strings.ToLower(target), "/admin")
		if _, body := getTCP(t, outside, target); (body == secret) != escapes {
			t.Errorf("%q at a file outside the group: got %q; the documents say otherwise", target, body)
		}
		for name, address := range map[string]string{"in the group": own, "behind ProtectRoutes": guarded} {
			if status, body := getTCP(t, address, target); status == http.StatusOK || body == secret {
				t.Errorf("%q at a file %s: got %d %q", target, name, status, body)
			}
		}
	}
	if status, _ := getTCP(t, own, "/administrators"); status != http.StatusOK {
		t.Error("/administrators is guarded by Group(\"/admin\"); the documents say that it is not")
	}
}

// serveTCP serves an application until the test ends.
func serveTCP(t *testing.T, app *fiber.App) (address string) {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true}) // It ends when the listener does.
	}()
	t.Cleanup(func() {
		_ = l.Close() // The server is done with it.
		<-done
	})
	return l.Addr().String()
}

// getTCP sends a target byte for byte.
func getTCP(t *testing.T, address, target string) (status int, body string) {
	t.Helper()
	return askTCP(t, address, http.MethodGet, target)
}

// askTCP is getTCP with any method.
func askTCP(t *testing.T, address, method, target string) (status int, body string) {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // The answer is read.
	if _, err := io.WriteString(conn, method+" "+target+" HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", target, err)
	}
	defer func() { _ = resp.Body.Close() }() // It is read.
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
