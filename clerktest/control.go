package clerktest

import (
	"bytes"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// controlPath is where tests and people steer an instance from outside. Nothing below
// it is logged as a request, or meets a fault.
const controlPath = "/_emulator"

// controlLimit bounds a body: a whole state may be one.
const controlLimit = 1 << 30

func controlRoutes() []route {
	list := []route{ //nolint:prealloc // Made once.
		{"GET /{$}", surfaceOpen, (*Server).controlInstance},
		{"POST /reset", surfaceOpen, (*Server).controlReset},
		{"POST /seed", surfaceOpen, (*Server).controlSeed},
		{"GET /export", surfaceOpen, (*Server).controlExport},
		{"POST /import", surfaceOpen, (*Server).controlImport},
		{"GET /clock", surfaceOpen, (*Server).controlClock},
		{"POST /clock", surfaceOpen, (*Server).controlSetClock},
		{"GET /faults", surfaceOpen, (*Server).controlFaults},
		{"POST /faults", surfaceOpen, (*Server).controlInject},
		{"DELETE /faults", surfaceOpen, (*Server).controlRemoveFaults},
		{"DELETE /faults/{id}", surfaceOpen, (*Server).controlRemoveFaults},
		{"GET /requests", surfaceOpen, (*Server).controlRequests},
		{"DELETE /requests", surfaceOpen, (*Server).controlForgetRequests},
		{"GET /outbox", surfaceOpen, (*Server).controlOutbox},
		{"DELETE /outbox", surfaceOpen, (*Server).controlEmptyOutbox},
		{"GET /events", surfaceOpen, (*Server).controlEvents},
		{"POST /events/{id}/replay", surfaceOpen, (*Server).controlReplay},
		{"GET /sessions", surfaceOpen, (*Server).controlSessions},
		{"POST /tokens", surfaceOpen, (*Server).controlMint},
		{"POST /sign-in", surfaceNavigate, (*Server).controlSignIn},
	}
	webhooks := rest.Collection{Path: "/webhooks", Table: func(in *store.Instance) *store.Table { return in.Webhooks.Table }}
	for _, e := range webhooks.Serve(rest.Pages, rest.Creates, rest.Gets, rest.Updates, rest.Deletes) {
		list = append(list, route{e.Pattern, surfaceOpen, backendRoom(e)})
	}
	for _, rt := range builtBackendRoutes() { // Below /_emulator/v1, without the secret key.
		rt.surface = surfaceOpen
		list = append(list, rt)
	}
	return list
}

func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range append(controlRoutes(), route{"/", surfaceOpen, notFoundEndpoint}) {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) {
			var rep reply
			var read bytes.Buffer
			if s.mayControl(r) { // A whole state at once, instead of growing to it.
				read.Grow(int(min(max(r.ContentLength, 0), controlLimit/4)) + bytes.MinRead)
			}
			_, err := read.ReadFrom(http.MaxBytesReader(w, r.Body, controlLimit))
			body := read.Bytes()
			switch {
			case !s.mayControl(r):
				rep = failure(http.StatusForbidden, "control_forbidden",
					"The control API answers requests to this machine's own names, and none of other sites' pages.", "")
			case err != nil:
				rep = failure(http.StatusBadRequest, "request_body_invalid", "The request body could not be read.", "")
			default:
				if text := strings.TrimSpace(string(body[:min(len(body), 16)])); strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
					r.Header.Set("Content-Type", "application/json") // Whatever curl -d says it is.
				}
				rep = s.run(rt, r, body)
			}
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
			rep.write(w)
		})
	}
	return http.StripPrefix(controlPath, mux)
}

// isOwn reports whether a host is this machine's, or the instance's own: no name of
// another site, which may be made to point here.
func (s *Server) isOwn(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil || isLoopback(host) || strings.HasSuffix(host, ".test") || host == strings.ToLower(s.config.Host) {
		return host != ""
	}
	base := strings.TrimPrefix(s.frontendAPI, "clerk.")
	return s.production && strings.Contains(base, ".") && (host == base || strings.HasSuffix(host, "."+base))
}

// isForeign reports whether a browser asks by a name that is not the instance's own. A
// page of such a name would be of the same origin as the instance, and read everything.
func (s *Server) isForeign(r *http.Request) bool {
	return (r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != "") && !s.isOwn(hostname(r))
}

// mayControl keeps other sites' pages away: by the host, because a name of theirs may
// be made to point here, and by what browsers say about who asks for a change, or reads
// something into a page of its own.
func (s *Server) mayControl(r *http.Request) bool {
	if !s.isOwn(hostname(r)) {
		return false
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		site, dest := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Dest")
		return site == "" || site == "same-origin" || site == "none" || dest == "document" // A link may lead here.
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	from := r.Header.Get("Origin")
	u, err := url.Parse(from)
	return from == "" || (err == nil && u.Host == r.Host)
}

func (s *Server) controlInstance(*call) reply {
	return ok(wire.Doc{
		"object": "emulator", "instance_id": s.instanceID, "production": s.production, "url": s.url,
		"publishable_key": s.publishableKey, "secret_key": s.secretKey, "machine_secret_key": s.machineKey,
		"issuer": s.issuer, "sign_in_url": s.SignInURL(), "sign_up_url": s.SignUpURL(), "sign_in_code": SignInCode,
	})
}

var done = reply{status: http.StatusNoContent}

// given reads the fields of a body, as [store.Params] does. A field of a nil type takes
// any value.
func (s *Server) given(c *call, takes wire.Doc) (wire.Doc, error) {
	in, err := c.wire()
	if err != nil {
		return nil, err
	}
	body, err := in.Fields()
	if err != nil {
		return nil, err
	}
	rest, loose := wire.Doc{}, wire.Doc{}
	for name, value := range body {
		if of, known := takes[name]; known && of == nil {
			loose[name] = value
			continue
		}
		rest[name] = value
	}
	in.Body = rest
	given, err := store.Params(in, takes)
	for name, value := range loose {
		if given != nil {
			given[name] = value
		}
	}
	return given, err
}
