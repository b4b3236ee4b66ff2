package demo_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/examples/internal/demo"
	"github.com/clerkgo/clerkgo/examples/internal/demotest"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// screen is a terminal.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestEachRequestHasALineInTheTerminal(t *testing.T) {
	t.Parallel()
	for _, coloured := range []bool{false, true} {
		var out screen
		d := demotest.Start(t, demo.Config{
			Framework: "net/http", LookupEnv: demotest.Env(), Terminal: &out, Coloured: coloured,
			Build: func(site *demo.Site) (demo.Server, error) {
				clerk, err := core.New(site.Options)
				return &http.Server{Handler: httpclerk.With(clerk)(http.NotFoundHandler())}, err
			},
		})
		for _, path := range []string{"/dashboard", "/%1b%5b31mred", "/static/tour.css"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+d.Clerk.SessionToken("user_grace"))
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		}
		lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(out.String()), "\n"), func(line string) bool {
			return strings.Contains(line, "/webhooks/clerk") // Clerk tells that sessions begin.
		})
		if len(lines) != 2 || !strings.Contains(lines[0], "GET  /dashboard") || !strings.Contains(lines[0], "signed-in") || !strings.Contains(lines[0], "user_grace") {
			t.Errorf("got %q, want a line for each of two requests: static files have none", lines)
		}
		if got := strings.Contains(out.String(), "\x1b["); got != coloured {
			t.Errorf("colours: %t, want %t", got, coloured)
		}
		if strings.Contains(out.String(), "[31mred") {
			t.Errorf("a request changes the terminal's colour: %q", out.String())
		}
	}
}
