package adapters

import (
	"net/http"

	"github.com/clerkgo/clerkgo/httpclerk"
)

// serveNetHTTP is net/http's own mux.
func serveNetHTTP(s site) func(*conn) {
	var route http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := body(httpclerk.State(r), httpclerk.Auth(r))
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text) // It reaches the client or nobody.
	})
	if s.protect != nil {
		route = httpclerk.Protect(s.protect...)(route)
	}
	own := &onlyRoute{route}
	mux := http.NewServeMux()
	mux.Handle(s.method+" /", own)
	return serveHTTP(httpclerk.With(s.clerk)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if found, _ := mux.Handler(r); found != http.Handler(own) {
			// The mux would send the client to the clean spelling of the path, and ask no guard.
			own.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})), s.tls)
}

// onlyRoute is the handler of a site's route.
type onlyRoute struct{ http.Handler }
