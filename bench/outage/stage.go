package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

var silent = log.New(io.Discard, "", 0)

const user = "user_2abcdefghijklmnopqrstuvwxyz"

// stage is what one cell of the table is measured on: a production instance of its
// own, the proxy in front of it, and its users' browsers.
type stage struct {
	tb
	clerk       *clerktest.Server
	proxy       *faultProxy
	frontendAPI string
	app         *url.URL // where browsers see the application
}

// newStage starts an instance. Its number makes hosts, keys and key ids its own, so
// that no subject has its keys from another cell.
func newStage(number int) (s *stage, err error) {
	s = &stage{frontendAPI: fmt.Sprintf("clerk.cell%d.test", number), app: &url.URL{Scheme: "https", Host: fmt.Sprintf("app.cell%d.test", number), Path: "/"}}
	if s.clerk, err = clerktest.NewServer(clerktest.Config{
		Production: true, FrontendAPI: s.frontendAPI, Users: []clerktest.User{{ID: user}},
	}); err != nil {
		return nil, err
	}
	if s.proxy, err = newFaultProxy(s.clerk.URL(), s.frontendAPI, uint64(number)); err != nil {
		s.clerk.Close()
		return nil, err
	}
	return s, nil
}

func (s *stage) close() {
	s.proxy.close()
	s.clerk.Close()
	s.end()
}

// cookies returns the cookies of a browser that signed in some time ago and has not
// been at the application since.
func (s *stage) cookies(ago time.Duration) []*http.Cookie {
	s.clerk.Clock().Advance(-ago)
	defer s.clerk.Clock().Advance(ago)
	return s.clerk.Client(s, user, s.app.String()).Jar.Cookies(s.app)
}

// nonce returns the cookies of a browser that comes back from a handshake: it
// holds a nonce, and no session.
func (s *stage) nonce() ([]*http.Cookie, error) {
	browser := s.clerk.Client(s, user, s.app.String())
	at, err := url.Parse(s.clerk.URL() + "/v1/client/handshake?format=nonce&redirect_url=" + url.QueryEscape(s.app.String()+"dashboard"))
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodGet, at.String(), http.NoBody) //nolint:noctx // it asks this process
	if err != nil {
		return nil, err
	}
	req.Host = s.frontendAPI
	for _, c := range browser.Jar.Cookies(at) {
		req.AddCookie(c)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close() // It is empty.
	for _, c := range resp.Cookies() {
		if c.Name == "__clerk_handshake_nonce" {
			return []*http.Cookie{{Name: c.Name, Value: c.Value}}, nil
		}
	}
	return nil, errors.New("the handshake brought no nonce: " + resp.Status)
}

// tb is the part of a test that clerktest's browsers need.
type tb struct {
	testing.TB

	cleanups []func()
}

func (t *tb) Helper()                      {}
func (t *tb) Cleanup(f func())             { t.cleanups = append(t.cleanups, f) }
func (t *tb) Fatal(args ...any)            { panic(fmt.Sprint(args...)) }
func (t *tb) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }
func (t *tb) end() {
	for _, f := range t.cleanups {
		f()
	}
}
