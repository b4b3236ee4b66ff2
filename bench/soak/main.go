// Soak keeps applications with each of the six adapters under full load for minutes or
// hours, while keys rotate, Clerk fails and returns, and sessions are revoked:
//
//	go run ./soak -for 10m
//
// Everything runs in this process, over loopback: the instance, the applications and
// their clients. It writes results/soak.md and results/soak.svg, and exits with status 1
// if an answer was none that is specified, or memory or goroutines grew after the
// warm-up, a quarter of the time.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

func main() {
	var (
		length  = flag.Duration("for", 10*time.Minute, "how long")
		clients = flag.Int("clients", 32, "how many clients ask at once")
		results = flag.String("results", "results", "the directory of soak.md and soak.svg")
		note    = flag.String("note", "", "a sentence about the machine, for the table")
		keep    = flag.String("profiles", "", "a directory for profiles of goroutines and heap, after the warm-up and at the end")
	)
	flag.Parse()
	if *keep != "" {
		runtime.MemProfileRate = 16 << 10
	}
	report, err := soak(context.Background(), *length, *clients, *keep)
	if err == nil {
		report.note = *note
		err = errors.Join(
			os.WriteFile(filepath.Join(*results, "soak.md"), []byte(report.markdown()), 0o644),
			os.WriteFile(filepath.Join(*results, "soak.svg"), []byte(report.plot()), 0o644),
		)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(2)
	}
	fmt.Print(report.markdown())
	if len(report.faults()) > 0 {
		os.Exit(1)
	}
}

// warmUp is the part of the time, one in so many, after which nothing may grow.
const warmUp = 4

// soak runs everything for so long, and keeps profiles where a directory is given.
func soak(ctx context.Context, length time.Duration, clients int, profiles string) (*report, error) {
	w, err := newWorld() //nolint:contextcheck // the fake Clerk listens until it is closed
	if err != nil {
		return nil, err
	}
	defer w.clerk.Close()
	addrs, closeAll, err := startAll(ctx, w)
	defer closeAll()
	if err != nil {
		return nil, err
	}
	l := newLoad(w, addrs, clients)
	defer l.hangUp()

	began, stop := time.Now(), make(chan struct{})
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { l.client(i, stop) })
	}
	report := &report{length: length, clients: clients, load: l}
	all.Go(func() { report.samples = l.watch(began, stop) })
	var happened events
	failed := make(chan error, 1)
	all.Go(func() { failed <- happened.run(w, stop) })
	warm, over := time.After(length/warmUp), time.After(length)
	for running := true; running; {
		select {
		case err = <-failed:
			running = false
		case <-warm:
			err = profile(profiles, "warm")
		case <-over:
			err = profile(profiles, "end")
			running = false
		}
	}
	close(stop)
	all.Wait()
	if err == nil {
		err = <-failed
	}
	report.events = happened
	return report, err
}

// profile keeps profiles of the goroutines and of the heap: what grew shows in the
// difference of two (go tool pprof -diff_base).
func profile(dir, name string) error {
	if dir == "" {
		return nil
	}
	var errs []error
	for _, kind := range []string{"goroutine", "heap"} {
		f, err := os.Create(filepath.Join(dir, kind+"-"+name+".pprof"))
		if err != nil {
			return err
		}
		errs = append(errs, pprof.Lookup(kind).WriteTo(f, 0), f.Close())
	}
	return errors.Join(errs...)
}

// startAll starts the applications and has Clerk's webhooks sent to them.
func startAll(ctx context.Context, w *world) (addrs []string, closeAll func(), err error) {
	var closers []func()
	closeAll = func() {
		for _, c := range closers {
			c()
		}
	}
	for _, f := range frameworks {
		clerk, err := core.New(w.options())
		if err != nil {
			return nil, closeAll, err
		}
		receiver, err := webhook.New(webhook.Options{Secret: webhookSecret, Clerk: clerk, Logger: silent()})
		if err != nil {
			return nil, closeAll, err
		}
		serve, stop := f.make(&application{name: f.name, clerk: clerk, receiver: receiver, tenants: w.tenant})
		closers = append(closers, stop)
		addr, err := start(ctx, serve)
		if err != nil {
			return nil, closeAll, err
		}
		addrs = append(addrs, addr)
		if _, _, err := w.clerk.AddWebhook(clerktest.Webhook{URL: "http://" + addr + pathWebhook, Secret: webhookSecret, Events: []string{"session.*"}}); err != nil {
			return nil, closeAll, err
		}
	}
	return addrs, closeAll, nil
}

// tenant returns the options of a tenant. Each has a page of its own, so each is an
// instance of its own.
func (w *world) tenant(name string) (core.Options, error) {
	o := w.options()
	o.Logger, o.LookupEnv = nil, nil
	o.TokenCache.Entries = 1 // Full at once: a cache that fills is no growth to find.
	o.SignInURL = "https://tenant-" + name + ".example.test/sign-in"
	return o, nil
}

// events count what happened to the applications.
type events struct {
	rotations, outages, revocations, tokens int

	slowest time.Duration // until all applications had heard of a revocation
}

// The pace of what happens.
const (
	mintEvery   = 20 * time.Millisecond
	revokeEvery = 2 * time.Second
	rotateEvery = 30 * time.Second
	failEvery   = 45 * time.Second
	failFor     = 10 * time.Second
	// heardWithin is how long after a session's end applications must have heard of it:
	// Clerk tries again after five seconds.
	heardWithin = 15 * time.Second
)

// run makes things happen until stop is closed.
func (e *events) run(w *world, stop <-chan struct{}) error {
	tick := time.NewTicker(mintEvery)
	defer tick.Stop()
	var (
		began                           = time.Now()
		revoked, rotated, failed, lifts = began, began, began, time.Time{}
		lift                            func()
		session, token                  string // of a session that ended, and applications hear of
	)
	for {
		select {
		case <-stop:
			if lift != nil {
				lift()
			}
			return nil
		case now := <-tick.C:
			w.mint(e.tokens)
			e.tokens++
			switch {
			case session != "":
				if w.announced(session) {
					ended := token // The next revocation writes token anew before anybody has heard of it.
					w.revoked.Store(&ended)
					session = ""
					e.slowest = max(e.slowest, now.Sub(revoked))
				} else if now.Sub(revoked) > heardWithin {
					return fmt.Errorf("the end of %s was not delivered to all applications within %s", session, heardWithin)
				}
			case now.Sub(revoked) >= revokeEvery:
				var err error
				if token, session, err = w.revoke(e.revocations); err != nil {
					return err
				}
				revoked = now
				e.revocations++
			}
			if now.Sub(rotated) >= rotateEvery {
				if err := w.rotate(); err != nil {
					return err
				}
				rotated = now
				e.rotations++
			}
			if lift == nil && now.Sub(failed) >= failEvery {
				w.expectTrouble(failFor + settle)
				lift = w.fail(e.outages)
				lifts, failed = now.Add(failFor), now
				e.outages++
			}
			if lift != nil && now.After(lifts) {
				w.expectTrouble(settle)
				lift()
				lift = nil
			}
		}
	}
}

// revoke ends a session of one of a hundred users, and returns a token of it and its id.
func (w *world) revoke(n int) (token, session string, err error) {
	id := fmt.Sprintf("user_soak%d", n%100)
	token = w.clerk.SessionToken(id, clerktest.Lifetime(tokenLife))
	for _, s := range w.clerk.Sessions(id) {
		if w.clerk.RevokeSession(s.ID) {
			return token, s.ID, nil
		}
	}
	return "", "", errors.New("no session of " + id + " could be revoked")
}

// announced reports whether all applications have taken the webhook about a session's
// end.
func (w *world) announced(session string) bool {
	for _, e := range slices.Backward(w.clerk.Events()) {
		if e.Type == "session.created" || !bytes.Contains(e.Body, []byte(session)) {
			continue
		}
		return len(e.Deliveries) == len(frameworks) && !slices.ContainsFunc(e.Deliveries, func(d clerktest.Delivery) bool { return d.Status != http.StatusOK })
	}
	return false
}
