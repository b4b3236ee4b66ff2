package bench_test

import (
	"net/http"
	"testing"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func httpClerk(tb testing.TB, f *fixture, _ place) http.Handler {
	tb.Helper()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(statusOf(httpclerk.Auth(r).UserID)) })
	mux := http.NewServeMux()
	mux.Handle("GET "+dashboard, handler)
	mux.Handle("GET "+admin, httpclerk.Protect(core.Permission(permission))(handler))
	return httpclerk.Middleware(f.options())(mux)
}

func bareHTTP(testing.TB, *fixture, place) http.Handler {
	handler := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+dashboard, handler)
	mux.HandleFunc("GET "+admin, handler)
	return mux
}
