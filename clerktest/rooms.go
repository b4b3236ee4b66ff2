package clerktest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/backendapi"
	"github.com/clerkgo/clerkgo/clerktest/internal/frontendapi"
	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// builtBackendRoutes are the routes of the Backend API.
func builtBackendRoutes() []route {
	list := append(backendRoutes(), imageRoutes()...)
	for _, e := range backendapi.Endpoints() {
		where := surfaceBackend
		if e.Machine {
			where = surfaceMachine
		}
		list = append(list, route{e.Pattern, where, backendRoom(e)})
	}
	return list
}

// builtFrontendRoutes are the routes of browsers, by scripts and by navigation.
func builtFrontendRoutes() []route {
	list := slices.Concat(frontendRoutes(), signInRoutes(), pageRoutes(), imageRoutes())
	for _, e := range frontendapi.Endpoints() {
		list = append(list, route{e.Pattern, surfaceFrontend, frontendRoom(e)})
	}
	return list
}

// unbuiltBackendRoutes are those that Clerk's client calls and that are not built.
func unbuiltBackendRoutes(built []route) []route {
	served := make([]string, 0, len(built))
	for _, rt := range built {
		served = append(served, rt.pattern)
	}
	missing := backendapi.Unbuilt(served)
	list := make([]route, 0, len(missing))
	for _, pattern := range missing {
		list = append(list, route{pattern, surfaceBackend, notBuilt})
	}
	return list
}

// backendRoom serves an endpoint of the room backendapi.
func backendRoom(e rest.Endpoint) endpoint {
	return func(s *Server, c *call) reply {
		in, err := c.wire()
		if err != nil {
			return refusal(err)
		}
		answer, err := e.Serve(s.state, in)
		switch {
		case err != nil:
			return refusal(err)
		case answer == nil:
			return reply{status: http.StatusNoContent}
		default:
			return ok(answer)
		}
	}
}

// frontendRoom serves an endpoint of the room frontendapi. The session is the one
// that the script names, or the browser's active one.
func frontendRoom(e rest.Endpoint) endpoint {
	return func(s *Server, c *call) reply {
		in, err := c.wire()
		if err != nil {
			return refusal(err)
		}
		var before int64
		if c.client != nil {
			in.ClientID, before = c.client.ID, s.state.ClientUAT(c.client)
		}
		if sess := s.callingSession(c); sess != nil {
			in.UserID, in.SessionID = sess.UserID, sess.ID
		} else if !e.Open {
			return failure(http.StatusUnauthorized, "authentication_invalid", "There is no such session in this browser.", "")
		}
		answer, err := e.Serve(s.state, in)
		if err != nil {
			return refusal(err)
		}
		if cl := s.state.Clients.Get(in.ClientID); cl != nil && (cl != c.client || s.state.ClientUAT(cl) != before) {
			c.client = cl
			s.needClient(c)
		}
		if e.Bare {
			return ok(answer)
		}
		if c.r.Method == http.MethodGet {
			return ok(map[string]any{"response": answer, "client": nil}) // A read changes no state.
		}
		return s.enveloped(c, answer)
	}
}

// callingSession finds the session that a script speaks for.
func (s *Server) callingSession(c *call) *store.Session {
	if id := c.query.Get("_clerk_session_id"); id != "" && c.client != nil {
		return s.state.LiveSession(c.client, id)
	}
	if c.client == nil {
		return nil
	}
	return s.state.ActiveSession(c.client)
}

// wire returns the call as the rooms read it: JSON, or a form as an object of texts,
// in which a repeated field is a list.
func (c *call) wire() (*wire.Call, error) {
	in := &wire.Call{Method: c.r.Method, Path: c.r.URL.Path, Query: c.query, Header: c.r.Header, Param: c.r.PathValue}
	kind, params, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type")) // An unreadable type is none.
	switch {
	case kind == "multipart/form-data":
		return in, readMultipart(in, c.body, params["boundary"])
	case c.form != nil:
		in.Body = formDoc(c.form)
	case len(c.body) > 0:
		if err := json.Unmarshal(c.body, &in.Body); err != nil {
			return nil, &wire.Error{Status: http.StatusBadRequest, Code: "request_body_invalid", Message: "The request body is not JSON."}
		}
	}
	return in, nil
}

func formDoc(form url.Values) wire.Doc {
	doc := make(wire.Doc, len(form))
	for name, values := range form {
		if strings.HasPrefix(name, "_") {
			continue // The protocol's own, such as __clerk_db_jwt.
		}
		if len(values) == 1 {
			doc[name] = values[0]
			continue
		}
		list := make([]any, 0, len(values))
		for _, v := range values {
			list = append(list, v)
		}
		doc[name] = list
	}
	return doc
}

// readMultipart reads the fields of a multipart body, and its one file.
func readMultipart(in *wire.Call, body []byte, boundary string) error {
	invalid := &wire.Error{Status: http.StatusBadRequest, Code: "request_body_invalid", Message: "The multipart body could not be read."}
	form := url.Values{}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			in.Body = formDoc(form)
			return nil
		}
		if err != nil {
			return invalid
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return invalid
		}
		if part.FileName() == "" {
			form.Add(part.FormName(), string(content))
			continue
		}
		in.File, in.FileType = content, part.Header.Get("Content-Type")
	}
}

// refusal answers with what a room refused.
func refusal(err error) reply {
	var e *wire.Error
	if !errors.As(err, &e) {
		return failure(http.StatusInternalServerError, "internal_clerk_error", err.Error(), "")
	}
	rep := failure(e.Status, e.Code, e.Message, e.Param)
	if list, _ := rep.json.(apiErrors); e.Meta != nil {
		maps.Copy(list.Errors[0].Meta, e.Meta)
	}
	return rep
}

// notBuilt answers what Clerk has and this instance has not, and says so once in
// the log: it must never look like success.
func notBuilt(s *Server, c *call) reply {
	what := c.r.Method + " " + c.r.URL.Path
	if !s.warned[what] {
		s.warned[what] = true
		slog.Warn("clerktest: not built", "method", c.r.Method, "path", c.r.URL.Path)
	}
	return failure(http.StatusNotImplemented, "not_implemented", "clerktest does not serve "+what+".", "")
}
