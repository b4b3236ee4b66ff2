package clerktest

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

func (s *Server) controlReset(*call) reply {
	if err := s.reset(); err != nil {
		return refusal(err)
	}
	return done
}

// controlSeed makes what a seed lists. With keep=true it is part of the instance's start,
// with keep=only it is nothing else.
func (s *Server) controlSeed(c *call) reply {
	text := c.body
	if len(bytes.TrimSpace(text)) == 0 {
		text = []byte("{}")
	}
	c.body = nil // It may be large.
	err := s.seed(text, c.query.Get("keep"))
	if errors.Is(err, errNoSeed) {
		return failure(http.StatusBadRequest, "request_body_invalid", "The request body is not the JSON that is expected here.", "")
	}
	if wrong, ok := errors.AsType[*store.SeedError](err); ok {
		message := wrong.Err.Error()
		if refused, ok := errors.AsType[*wire.Error](err); ok {
			message = refused.Message
		}
		return failure(http.StatusUnprocessableEntity, "seed_invalid", message, wrong.Path)
	}
	if err != nil {
		return refusal(err)
	}
	return done
}

func (s *Server) controlExport(*call) reply {
	st, err := s.export()
	if err != nil {
		return refusal(err)
	}
	return ok(st)
}

func (s *Server) controlImport(c *call) reply {
	if err := s.restore(c.body); err != nil {
		return failure(http.StatusUnprocessableEntity, "state_invalid", strings.TrimPrefix(err.Error(), "clerktest: "), "")
	}
	return done
}

func (s *Server) controlClock(*call) reply {
	fixed, offset := s.clock.setting()
	return ok(wire.Doc{
		"object": "clock", "now": s.clock.Now().UTC().Format(time.RFC3339Nano), "frozen": !fixed.IsZero(),
		"offset_seconds": offset.Seconds(),
	})
}

// controlSetClock freezes the clock (true, or a time), advances it, or lets it run with
// the system's time again.
func (s *Server) controlSetClock(c *call) reply {
	given, err := s.given(c, wire.Doc{"advance": "", "resume": false, "freeze": any(nil)})
	if err != nil {
		return refusal(err)
	}
	at, by := time.Time{}, time.Duration(0)
	switch text, isText := given["freeze"].(string); {
	case isText && text != "true":
		if at, err = time.Parse(time.RFC3339Nano, text); err != nil || at.IsZero() {
			return refusal(wire.WrongFormat("freeze", "true, or a time like 2026-01-31T12:00:00Z"))
		}
	case given["freeze"] == true || text == "true":
		at = s.clock.Now()
	}
	if text, _ := given["advance"].(string); text != "" {
		if by, err = time.ParseDuration(text); err != nil {
			return refusal(wire.WrongFormat("advance", "a duration like 90s, 15m or -1h30m"))
		}
	}
	if given["resume"] == true {
		s.clock.Set(time.Time{})
	}
	if !at.IsZero() {
		s.clock.Set(at)
	}
	s.clock.Advance(by)
	return s.controlClock(c)
}
