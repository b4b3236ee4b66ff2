package adaptertest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// RunReusedMemory checks, for a framework whose requests share memory, that nothing which an
// adapter hands out refers to it: it sends many different requests over few connections, keeps what
// their handlers got, and looks at it again when other requests have overwritten the memory.
//
// newApp serves, at the address that it returns, the middleware with o and the routes /any, /user
// behind Protect and /machine behind Protect for M2M tokens and API keys, for all methods. Their
// handler keeps what the adapter gives it, and the framework's handler of errors the errors. It
// reads headers of 8 KiB.
func RunReusedMemory(t *testing.T, newApp func(t *testing.T, o core.Options, kept *Keeper) (address string)) {
	t.Helper()
	for _, tt := range []struct {
		name              string
		production, debug bool
		accepts           core.TokenChoice
	}{
		{name: "development"},
		{name: "production", production: true},
		{name: "debug logs in development", debug: true},
		{name: "debug logs in production", debug: true, production: true},
		{name: "any token", accepts: core.AnyToken()},
		{name: "any token in production", accepts: core.AnyToken(), production: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, clerktest.Config{Production: tt.production})
			o := s.Options()
			o.Debug, o.AcceptsToken = tt.debug, tt.accepts
			testReusedMemory(t, s, o, newApp)
		})
	}
}

func testReusedMemory(t *testing.T, s *clerktest.Server, o core.Options, newApp func(t *testing.T, o core.Options, kept *Keeper) string) {
	t.Helper()
	var kept Keeper
	o.Logger = slog.New(&queue{kept: &kept})
	address := newApp(t, o, &kept)

	requests := differentRequests(t, s)
	var wg sync.WaitGroup
	for connection := range 3 {
		wg.Go(func() {
			one, err := connect(t.Context(), address)
			if err != nil {
				t.Error(err)
				return
			}
			defer one.close()
			for i := range 3 * len(requests) {
				// Each connection has an order of its own, so that neighbours differ.
				text := requests[(i*(2*connection+1)+connection)%len(requests)]
				if _, err := one.send(text); err != nil {
					t.Errorf("%q: %v", text[:40], err)
					return
				}
			}
		})
	}
	wg.Wait()
	kept.check(t, 3*len(requests))
}

// differentRequests are requests of similar length with everything that core reads.
func differentRequests(t *testing.T, s *clerktest.Server) []string {
	t.Helper()
	var requests []string
	methods := [...]string{http.MethodGet, http.MethodPut, http.MethodGet, http.MethodDelete}
	add := func(path string, headers ...string) {
		requests = append(requests, methods[len(requests)%len(methods)]+" "+path+" HTTP/1.1\r\nHost: app.example\r\n"+strings.Join(append(headers, "", ""), "\r\n"))
	}
	suffix := s.CookieSuffix()
	for i := range 6 {
		user := fmt.Sprintf("user_%026d", i)
		tok := s.SessionToken(user, clerktest.InOrganization(fmt.Sprint("org", i)), clerktest.Claim("custom", strings.Repeat(strconv.Itoa(i), 40)))
		add("/any", "Authorization: Bearer "+tok)
		add("/any", "Cookie: a=b; __client_uat=1; __session="+tok, "Referer: https://app.example/x"+strconv.Itoa(i))
		add("/any", "Cookie: __client_uat_"+suffix+"=1; __session_"+suffix+"="+tok+"; __clerk_db_jwt_"+suffix+"=dvb_"+strconv.Itoa(i))
		add("/any", "Authorization: Bearer "+tok[:len(tok)-8]+fmt.Sprintf("%08d", i))
		add("/any", "Authorization: Bearer "+strings.Repeat(strconv.Itoa(i), 500))
		add("/any", "Authorization: Bearer "+s.SessionToken(user, clerktest.Lifetime(-3600e9), clerktest.SessionID(fmt.Sprint("sess_", i))))
		add("/any?page="+strconv.Itoa(i)+"&__clerk_db_jwt=dvb_"+strconv.Itoa(i), "Accept: text/html", "X-Forwarded-Host: h"+strconv.Itoa(i)+".example",
			"Sec-Fetch-Dest: document", "Cookie: __client_uat="+strconv.Itoa(i))
		add("/any?__clerk_handshake=x"+strconv.Itoa(i), "Accept: text/html")
		add("/user?"+strings.Repeat(strconv.Itoa(i), 300), "Accept: text/html", "X-Forwarded-Proto: https")
		m := clerktest.MachineToken{Subject: fmt.Sprintf("mch_%026d", i)}
		add("/machine", "Authorization: Bearer "+s.M2MToken(m))
		add("/machine", "Authorization: Bearer "+s.M2MJWT(m))
		add("/machine", "Authorization: Bearer mt_"+strings.Repeat(strconv.Itoa(i), 60))
		add("/machine", "Authorization: Bearer "+s.APIKey(clerktest.MachineToken{Subject: user}))
	}
	return requests
}

// Keeper remembers what texts said, in memory of its own, and asks them again later. It is safe for
// concurrent use.
type Keeper struct {
	mu   sync.Mutex
	said []string
	ask  []func() string
}

// Keep keeps what ask says.
func (k *Keeper) Keep(ask func() string) {
	said := strings.Clone(ask())
	k.mu.Lock()
	defer k.mu.Unlock()
	k.said, k.ask = append(k.said, said), append(k.ask, ask)
}

// KeepState keeps everything that a state says.
func (k *Keeper) KeepState(s *core.State) {
	k.Keep(func() string {
		return fmt.Sprint(s.Status(), s.Reason(), s.Message(), s.TokenType(), s.Headers(), s.Location(), s.Token(), s.Err(), s.Unavailable(),
			core.Explain(s), describeAuth(s.Auth()))
	})
}

// KeepAuth keeps everything that an authentication says.
func (k *Keeper) KeepAuth(a *core.Auth) { k.Keep(func() string { return describeAuth(a) }) }

func describeAuth(a *core.Auth) string {
	tok, err := a.Token(context.Background())
	return fmt.Sprint(a.TokenType, a.UserID, a.SessionID, a.OrgID, a.OrgRole, a.OrgSlug, a.OrgPermissions, a.ID, a.Subject, a.Scopes, a.Name,
		a.ClientID, a.MachineID, a.Reason(), string(a.Claims()), tok, err)
}

func (k *Keeper) check(t *testing.T, atLeast int) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.said) < atLeast {
		t.Errorf("only %d texts were kept, want at least %d", len(k.said), atLeast)
	}
	for i, said := range k.said {
		if says := k.ask[i](); says != said {
			t.Fatalf("what was kept has changed\nfrom %s\n  to %s", said, says)
		}
	}
}

// queue is a log handler that writes later, as asynchronous ones do.
type queue struct {
	slog.Handler

	kept *Keeper
}

func (q *queue) Enabled(context.Context, slog.Level) bool { return true }

func (q *queue) Handle(ctx context.Context, r slog.Record) error {
	ctx = context.WithoutCancel(ctx)
	q.kept.Keep(func() string {
		var b bytes.Buffer
		_ = slog.NewTextHandler(&b, nil).Handle(ctx, r)
		return b.String()
	})
	return nil
}
