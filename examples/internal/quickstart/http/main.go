package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func main() {
	log.Fatal(http.ListenAndServe("localhost:8080", newApp())) // keys from the environment
}

func newApp(options ...core.Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { // open to everybody
		auth := httpclerk.Auth(r)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"signedIn": auth.IsAuthenticated(), "user": auth.UserID})
	})
	hello := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "Hello, "+httpclerk.Auth(r).UserID)
	}
	mux.Handle("GET /dashboard", httpclerk.Protect()(http.HandlerFunc(hello)))
	mux.Handle("GET /admin", httpclerk.Protect(core.Role("org:admin"))(http.HandlerFunc(hello)))
	return httpclerk.Middleware(options...)(mux)
}
