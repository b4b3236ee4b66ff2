package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	clerkhttp "github.com/clerk/clerk-sdk-go/v2/http"
	"github.com/clerk/clerk-sdk-go/v2/jwks"
	sdkuser "github.com/clerk/clerk-sdk-go/v2/user"
)

// sdkClock is an instance's clock as clerk-sdk-go takes it.
type sdkClock func() time.Time

func (c sdkClock) Now() time.Time { return c() }

// sdkTimeout is that of clerk-sdk-go's own HTTP client, which cannot be counted.
const sdkTimeout = 5 * time.Second

// startSDK starts an application of clerk-sdk-go's middleware. It looks for the
// session where browsers have it, in the cookie, and for tokens in Authorization.
func startSDK(ctx context.Context, s *stage) (application, error) {
	r := newRoads(s)
	config := &clerk.ClientConfig{BackendConfig: clerk.BackendConfig{
		Key:        new(s.clerk.SecretKey()),
		URL:        new("http://" + s.proxy.backend.addr + "/v1"),
		HTTPClient: &http.Client{Timeout: sdkTimeout, Transport: r},
	}}
	opts := []clerkhttp.AuthorizationOption{
		clerkhttp.JWKSClient(jwks.NewClient(config)),
		clerkhttp.Clock(sdkClock(s.clerk.Clock().Now)),
		clerkhttp.AuthorizationJWTExtractor(func(r *http.Request) string {
			if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
				return token
			}
			if c, err := r.Cookie("__session"); err == nil {
				return c.Value
			}
			return ""
		}),
	}
	users := sdkuser.NewClient(config)
	subject := func(r *http.Request) string {
		if claims, ok := clerk.SessionClaimsFromContext(r.Context()); ok {
			return claims.Subject
		}
		return ""
	}
	shown := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { page{status: http.StatusOK, user: subject(r)}.write(w) })
	open, guard := clerkhttp.WithHeaderAuthorization(opts...), clerkhttp.RequireHeaderAuthorization(opts...)
	mux := http.NewServeMux()
	mux.Handle("GET "+pathPublic+"{$}", open(shown))
	mux.Handle("GET "+pathGuarded, guard(shown))
	mux.Handle("GET "+pathScript, guard(shown))
	mux.Handle("GET "+pathMachine, guard(shown))
	mux.Handle("GET "+pathUser, guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := users.Get(r.Context(), subject(r))
		if err != nil {
			page{status: http.StatusInternalServerError}.write(w)
			return
		}
		page{status: http.StatusOK, user: u.ID}.write(w)
	})))
	return handled(mux).start(ctx, r)
}

// expressDir is where the Express application and its packages are.
var expressDir = "outage/express"

// expressApp is the Express application, a process of its own. It is told what to do
// on its standard input, and answers each line on its standard output.
type expressApp struct {
	addr string
	cmd  *exec.Cmd

	mu  sync.Mutex
	in  io.Writer
	out *bufio.Scanner
}

// starting lets few processes start at the same time, which takes a processor.
var starting = make(chan struct{}, 2)

func startExpress(ctx context.Context, s *stage) (application, error) {
	starting <- struct{}{}
	defer func() { <-starting }()
	cmd := exec.CommandContext(ctx, "node", "--import", "./preload.mjs", "server.mjs")
	cmd.Dir = expressDir
	cmd.Env = append(os.Environ(),
		"CLERK_PUBLISHABLE_KEY="+s.clerk.PublishableKey(),
		"CLERK_SECRET_KEY="+s.clerk.SecretKey(),
		"CLERK_API_URL=http://"+s.proxy.backend.addr,
		"CLERK_SIGN_IN_URL="+pageSignIn,
		"CLERK_TELEMETRY_DISABLED=1",
		"NODE_ENV=production",
	)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	a := &expressApp{cmd: cmd, in: in, out: bufio.NewScanner(out)}
	if !a.out.Scan() {
		a.stop()
		return nil, errors.Join(errors.New("the Express application did not start; has npm ci run?"), a.out.Err())
	}
	a.addr = a.out.Text()
	return a, nil
}

// tell sends a line and returns the answer.
func (a *expressApp) tell(line string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := io.WriteString(a.in, line+"\n"); err != nil {
		return "", err
	}
	if !a.out.Scan() {
		return "", errors.Join(errors.New("the Express application has ended"), a.out.Err())
	}
	return a.out.Text(), nil
}

func (a *expressApp) address() string { return a.addr }

func (a *expressApp) later(d time.Duration) error {
	_, err := a.tell(fmt.Sprintf("later %d", d.Milliseconds()))
	return err
}

func (a *expressApp) calls() (int64, error) {
	answer, err := a.tell("calls")
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(answer, 10, 64)
}

func (a *expressApp) stop() {
	_ = a.cmd.Process.Kill() // It may have ended.
	_ = a.cmd.Wait()         // It was killed.
}
