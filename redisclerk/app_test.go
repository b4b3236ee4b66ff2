//go:build unix

package redisclerk_test

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/goleak"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/httpclerk"
	"github.com/clerkgo/clerkgo/redisclerk"
)

// asApp makes the tests' program run as one process of the application.
const asApp = "REDISCLERK_TEST_APP"

func TestMain(m *testing.M) {
	if os.Getenv(asApp) != "" {
		if err := app(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// The client's cluster keeps the connections that it replaces open for five more seconds, in a
	// goroutine that ends by itself; none of it is redisclerk's.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*clusterClient)._refresh.func2"))
}

// app is the application: a page for whoever is signed in, Clerk's webhooks, and a way to revoke
// a session. It prints its address.
func app() error {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{os.Getenv("REDIS")}, ConnWriteTimeout: time.Second, Dialer: net.Dialer{Timeout: time.Second},
	})
	if err != nil {
		return err
	}
	clerk, err := core.New(core.Options{
		PublishableKey: os.Getenv("PUBLISHABLE_KEY"), SecretKey: os.Getenv("SECRET_KEY"), APIURL: os.Getenv("API_URL"), ProxyURL: os.Getenv("API_URL"),
		APIStatus: true, Shared: redisclerk.New(client), Revocations: core.Revocations{Required: os.Getenv("REQUIRED") != ""},
		MachineTokens: core.MachineTokens{MaxAge: 10 * time.Second},
		LookupEnv:     func(string) (string, bool) { return "", false }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	receiver, err := webhook.New(webhook.Options{Secret: os.Getenv("WEBHOOK_SECRET"), Clerk: clerk})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /me", httpclerk.Protect()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })))
	mux.Handle("GET /machine", httpclerk.Protect(core.AcceptTokens(core.OAuthToken))(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })))
	mux.HandleFunc("GET /current", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, clerk.Stats().Revocations.Current) })
	mux.HandleFunc("POST /revoke", func(w http.ResponseWriter, r *http.Request) {
		if err := clerk.RevokeSession(r.Context(), r.FormValue("session")); err != nil && !errors.Is(err, core.ErrUnavailable) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.Handle("POST /webhooks", httpclerk.Webhook(receiver, func(http.ResponseWriter, *http.Request, *webhook.Event) error { return nil }))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return http.Serve(listener, httpclerk.With(clerk)(mux))
}

// startApp starts a process of the application, which ends with the test, and returns its URL.
func startApp(t *testing.T, clerk *clerktest.Server, webhookSecret, redis string, more ...string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(program)
	process.Env = append([]string{
		asApp + "=1", "PUBLISHABLE_KEY=" + clerk.PublishableKey(), "SECRET_KEY=" + clerk.SecretKey(), "API_URL=" + clerk.URL(),
		"WEBHOOK_SECRET=" + webhookSecret, "REDIS=" + redis,
	}, more...)
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + strings.TrimSpace(line)
}
