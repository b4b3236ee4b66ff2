package echo5clerk_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

// TestHandlersThatCannotAskClerk return the error of CurrentUser.
func TestHandlersThatCannotAskClerk(t *testing.T) {
	s := clerktest.New(t)
	o := s.Options()
	o.Logger, o.Retry = slog.New(slog.DiscardHandler), core.Retry{Attempts: -1, BaseDelay: -1}
	clerk, err := core.New(o)
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Use(echo5clerk.With(clerk))
	e.GET("/me", func(c *echo.Context) error {
		_, err := echo5clerk.CurrentUser(c)
		if err != nil {
			err = fmt.Errorf("profile: %w", err)
		}
		return err
	})
	e.GET("/own", func(c *echo.Context) error {
		_, err := echo5clerk.CurrentUser(c)
		return echo.NewHTTPError(http.StatusTeapot, "own").Wrap(err)
	})
	serve := func(r *http.Request) *http.Response {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		return w.Result()
	}
	for _, test := range []struct {
		path          string
		fault, status int
		body          string
		retry         bool
	}{
		{"/me", 503, 503, "", true},
		{"/me", 429, 503, "", true},
		{"/me", 401, 500, `{"errors":[{"code":"clerk_key_invalid","message":"secret detail"}]}`, false},
		{"/me", 422, 500, `{"errors":[{"code":"no","message":"secret detail"}]}`, false},
		{"/own", 503, 418, "", false},
	} {
		fault := clerktest.Fault{Status: test.fault}
		if test.body != "" {
			fault.Body = []byte(test.body)
		}
		mend := s.Inject("GET /v1/users/{id}", fault)
		r := httptest.NewRequest(http.MethodGet, test.path, http.NoBody)
		r.Header.Set("Authorization", "Bearer "+s.SessionToken("user_ada"))
		resp := serve(r)
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		mend()
		if resp.StatusCode != test.status || (resp.Header.Get("Retry-After") != "") != test.retry {
			t.Errorf("%s, Clerk answers %d: got %d, Retry-After %q, want %d", test.path, test.fault, resp.StatusCode, resp.Header.Get("Retry-After"), test.status)
		}
		if text := string(body); test.path == "/me" && (strings.Contains(text, "profile") || strings.Contains(text, "Backend API") || strings.Contains(text, "secret")) {
			t.Errorf("Clerk answers %d: the client is told %q", test.fault, text)
		}
	}
}
