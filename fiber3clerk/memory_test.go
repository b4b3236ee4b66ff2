package fiber3clerk_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func TestNothingRefersToMemoryThatFiberReuses(t *testing.T) {
	t.Parallel()
	adaptertest.RunReusedMemory(t, func(t *testing.T, o core.Options, kept *adaptertest.Keeper) string { //nolint:thelper // It makes an application.
		return listen(t, keepingApp(o, kept))
	})
}

func keepingApp(o core.Options, kept *adaptertest.Keeper) *fiber.App {
	app := fiber.New(fiber.Config{
		ReadBufferSize: 8 << 10,
		ErrorHandler: func(c fiber.Ctx, err error) error {
			kept.Keep(func() string { return err.Error() + fmt.Sprint(errors.Unwrap(err)) })
			return fiber.DefaultErrorHandler(c, err)
		},
	})
	app.Use("/*", fiber3clerk.Middleware(o))
	handler := func(c fiber.Ctx) error {
		ctx := c.Context()
		kept.KeepState(fiber3clerk.State(c))
		if auth, ok := core.FromContext(ctx); ok {
			kept.KeepAuth(auth)
		}
		kept.KeepAuth(fiber3clerk.Auth(c, core.PendingAsSignedIn))
		return c.SendStatus(http.StatusNoContent)
	}
	app.All("/any", handler)
	app.All("/user", fiber3clerk.Protect(), handler)
	app.All("/machine", fiber3clerk.Protect(core.AcceptTokens(core.M2MToken, core.APIKey)), handler)
	return app
}

func listen(t *testing.T, app *fiber.App) (address string) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- app.Listener(ln, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		if err := errors.Join(app.Shutdown(), <-done); err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}
