package clerktest

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Request is one request that reached the instance.
type Request struct {
	Method string
	Path   string
	// Route is the pattern that answered, for example "GET /v1/users/{id}", or "/"
	// when none did.
	Route  string
	Query  url.Values
	Header http.Header
	Body   []byte
	// Status is the status of the answer; 0 while it is on its way, and when the
	// connection was dropped.
	Status int
	// Error is what a refusal says, as "code: message"; empty for other answers. A fault
	// that drops the connection is one too.
	Error string
	Time  time.Time // By the instance's clock.

	number int // counts all requests ever
}

// maxLog bounds the request log, for instances that run for days.
const maxLog = 10_000

// Requests counts the requests to a route since the start or the last
// [Server.ResetRequests]. A route is a method and a path, as in "GET /v1/jwks";
// the path is literal or a pattern, as in "GET /v1/users/{id}". An empty route
// counts everything. The log remembers the last 10 000 requests.
func (s *Server) Requests(route string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.log {
		if matchesRoute(route, r.Route, r.Method, r.Path) {
			n++
		}
	}
	return n
}

// RequestLog returns the requests since the start or the last
// [Server.ResetRequests], oldest first.
func (s *Server) RequestLog() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Request, 0, len(s.log))
	for _, r := range s.log {
		list = append(list, *r)
	}
	return list
}

// ResetRequests empties the request log.
func (s *Server) ResetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = nil
}

func matchesRoute(want, pattern, method, path string) bool {
	return want == "" || want == pattern || want == method+" "+path
}

// Fault makes an instance misbehave on one route. The zero Fault changes nothing;
// its fields combine.
type Fault struct {
	// Wait holds the answer back until the channel is closed or receives, the caller
	// gives up, or the instance is closed.
	Wait <-chan struct{}
	// Status replaces the answer's status. Without Body the answer then is Clerk's
	// error envelope with the code internal_clerk_error, or too_many_requests for 429.
	Status int
	// Body replaces the answer's body. Not nil but empty is an empty answer.
	Body []byte
	// ContentType replaces the answer's Content-Type.
	ContentType string
	// Header is added to the answer, for example Retry-After.
	Header http.Header
	// PadTo lengthens the body with spaces to so many bytes.
	PadTo int
	// Truncate announces the whole body, sends half of it and drops the connection.
	Truncate bool
	// Drop drops the connection instead of answering.
	Drop bool
	// Delay holds the answer back for so long, by the system's clock.
	Delay time.Duration
	// Rate is the share of requests that meet the fault, evenly spread: with 0.25 every
	// fourth. Zero means all of them.
	Rate float64
	// Times is how often the fault happens. Zero means until it is removed.
	Times int
}

type fault struct {
	Fault
	number int
	route  string
	left   int
	share  float64 // of a fault that Rate has gathered
	met    int     // requests that met it
}

// meets reports whether a request meets the fault, and counts it if so.
func (f *fault) meets() bool {
	if f.Times > 0 && f.left == 0 {
		return false
	}
	if f.Rate > 0 {
		if f.share += f.Rate; f.share < 1 {
			return false
		}
		f.share--
	}
	f.left--
	f.met++
	return true
}

// Inject makes a route misbehave; [Server.Requests] says how routes are spelled.
// The newest fault of a route wins. The returned function removes it.
func (s *Server) Inject(route string, f Fault) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := s.inject(route, f)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(x *fault) bool { return x == added })
	}
}

func (s *Server) inject(route string, f Fault) *fault {
	s.injected++
	added := &fault{Fault: f, number: s.injected, route: route, left: f.Times}
	s.faults = append(s.faults, added)
	return added
}

// record logs a request and finds the fault that it meets, if any.
func (s *Server) record(pattern string, r *http.Request, body []byte) (*Request, *fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logged++
	entry := &Request{
		number: s.logged, Method: r.Method, Path: r.URL.Path, Route: pattern, Query: r.URL.Query(),
		Header: r.Header.Clone(), Body: body, Time: s.clock.Now(),
	}
	if len(s.log) == maxLog {
		s.log[0] = nil
		s.log = s.log[1:]
	}
	s.log = append(s.log, entry)
	for _, f := range slices.Backward(s.faults) {
		if matchesRoute(f.route, pattern, r.Method, r.URL.Path) && f.meets() {
			return entry, f
		}
	}
	return entry, nil
}

func (s *Server) setStatus(entry *Request, status int, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry.Status, entry.Error = status, problem
}

// wait holds a request back and reports false when its caller gave up.
func (f *fault) wait(ctx context.Context) bool {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	if f.Wait == nil {
		return true
	}
	select {
	case <-f.Wait:
		return true
	case <-ctx.Done():
		return false
	}
}

// replaces reports whether the fault needs no real answer.
func (f *fault) replaces() bool {
	return f.Drop || f.Status != 0 || f.Body != nil
}

// answer is what a fault that replaces the real answer has instead.
func (f *fault) answer() reply {
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	code := "internal_clerk_error"
	if status == http.StatusTooManyRequests {
		code = "too_many_requests"
	}
	return failure(status, code, "A fault was injected.", "")
}

// deliver answers in the fault's way. log gets the status before anything is sent, so that who has the answer
// finds it in the log.
func (f *fault) deliver(w http.ResponseWriter, rep *reply, log func(status int)) {
	if f.Drop {
		log(0)
		drop(w)
		return
	}
	body, contentType := rep.content()
	if f.Body != nil {
		body = f.Body
	}
	if f.ContentType != "" {
		contentType = f.ContentType
	}
	if n := f.PadTo - len(body); n > 0 {
		body = append(slices.Clip(body), bytes.Repeat([]byte(" "), n)...)
	}
	rep.writeHeader(w.Header())
	maps.Copy(w.Header(), f.Header)
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	log(rep.status)
	if f.Truncate {
		truncate(w, rep.status, body)
		return
	}
	w.WriteHeader(rep.status)
	_, _ = w.Write(body) //nolint:gosec // The body is the test's own. A caller who went away has no use for the error.
}

// drop closes the connection without an answer.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_ = conn.Close()
}

// truncate sends the header of the whole body, half of it, and closes.
func truncate(w http.ResponseWriter, status int, body []byte) {
	header := w.Header().Clone()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	header.Set("Content-Length", strconv.Itoa(max(len(body), 2)))
	var out strings.Builder
	out.WriteString("HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n")
	_ = header.Write(&out) // Writing to a builder cannot fail.
	out.WriteString("\r\n")
	out.Write(body[:len(body)/2])
	_, _ = io.WriteString(conn, out.String()) // The caller is to see an error anyway.
}
