package clerktest

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/backendapi"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// builtBackendRoutes are the routes of the Backend API.
func builtBackendRoutes() []route {
	list := slices.Concat(backendRoutes(), backendTicketRoutes(), machineRoutes())
	for _, e := range backendapi.Endpoints() {
		list = append(list, route{e.Pattern, surfaceBackend, inRoom(e.Serve)})
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

// inRoom serves an endpoint of the rooms under internal.
func inRoom(serve func(*store.Instance, *wire.Call) (any, error)) endpoint {
	return func(s *Server, c *call) reply {
		in := &wire.Call{Method: c.r.Method, Path: c.r.URL.Path, Query: c.query, Header: c.r.Header, Param: c.r.PathValue}
		if len(c.body) > 0 {
			if err := json.Unmarshal(c.body, &in.Body); err != nil {
				return failure(http.StatusBadRequest, "request_body_invalid", "The request body is not JSON.", "")
			}
		}
		answer, err := serve(s.state, in)
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

// refusal answers with what a room refused.
func refusal(err error) reply {
	var e *wire.Error
	if !errors.As(err, &e) {
		return failure(http.StatusInternalServerError, "internal_clerk_error", err.Error(), "")
	}
	return failure(e.Status, e.Code, e.Message, e.Param)
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
