package clerktest

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// defaultRetryAfter is how many seconds a fault of the status 429 asks to wait.
const defaultRetryAfter = 10

func (s *Server) faultObject(f *fault) wire.Doc {
	doc := wire.Doc{
		"object": "fault", "id": f.number, "endpoint": f.route, "status": f.Status, "delay_ms": f.Delay.Milliseconds(),
		"drop": f.Drop, "rate": f.Rate, "count": f.Times, "met": f.met, "left": nil,
		"body": string(f.Body), "retry_after": nil,
	}
	if wait, err := strconv.Atoi(f.Header.Get("Retry-After")); err == nil {
		doc["retry_after"] = wait
	}
	if f.Times > 0 {
		doc["left"] = max(f.left, 0)
	}
	return doc
}

func (s *Server) controlFaults(*call) reply {
	list := make([]any, 0, len(s.faults))
	for _, f := range s.faults {
		list = append(list, s.faultObject(f))
	}
	return ok(wire.Doc{"data": list, "total_count": len(list)})
}

func (s *Server) controlInject(c *call) reply {
	given, err := s.given(c, wire.Doc{
		"endpoint": "", "status": int64(0), "delay_ms": int64(0), "drop": false, "rate": nil, "count": int64(0), "body": "", "retry_after": int64(0),
	})
	if err != nil {
		return refusal(err)
	}
	whole := func(name string) int { n, _ := given[name].(int64); return int(n) }
	f := Fault{Status: whole("status"), Delay: time.Duration(whole("delay_ms")) * time.Millisecond, Drop: given["drop"] == true, Times: whole("count")}
	rate, _ := given["rate"].(float64)
	if text, isText := given["rate"].(string); isText && text != "" {
		if rate, err = strconv.ParseFloat(text, 64); err != nil {
			rate = math.NaN()
		}
	}
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return refusal(wire.WrongFormat("status", "a status from 200 to 599"))
	case f.Delay < 0 || f.Times < 0:
		return refusal(wire.WrongFormat("delay_ms and count", "numbers that are not negative"))
	case !(rate >= 0 && rate <= 1):
		return refusal(wire.WrongFormat("rate", "a share from 0 to 1"))
	case f.Drop && (f.Status != 0 || given["body"] != nil && given["body"] != "" || whole("retry_after") != 0):
		return refusal(wire.Refused("form_param_value_invalid", "drop", "A connection that is dropped has no status, body or retry_after."))
	case whole("retry_after") < 0:
		return refusal(wire.WrongFormat("retry_after", "a number of seconds that is not negative"))
	case f.Status == 0 && whole("retry_after") > 0:
		return refusal(wire.Missing("status"))
	case f.Status == 0 && f.Delay == 0 && !f.Drop:
		return refusal(wire.Refused("form_data_missing", "status", "A fault needs a status, a delay or drop."))
	}
	f.Rate = rate
	if text, _ := given["body"].(string); text != "" {
		f.Body = []byte(text)
	}
	wait, given429 := given["retry_after"].(int64)
	if f.Status == http.StatusTooManyRequests && !given429 {
		wait = defaultRetryAfter // Clerk never leaves it out.
	}
	if wait > 0 {
		f.Header = http.Header{"Retry-After": {strconv.FormatInt(wait, 10)}}
	}
	endpoint, _ := given["endpoint"].(string)
	return ok(s.faultObject(s.inject(strings.TrimSpace(endpoint), f)))
}

// controlRemoveFaults removes the fault that the path names, or all.
func (s *Server) controlRemoveFaults(c *call) reply {
	id := c.r.PathValue("id")
	before := len(s.faults)
	s.faults = slices.DeleteFunc(s.faults, func(f *fault) bool { return id == "" || strconv.Itoa(f.number) == id })
	if id != "" && len(s.faults) == before {
		return notFound("Fault")
	}
	return done
}

// controlRequests lists requests, newest first: all, or those that failed.
func (s *Server) controlRequests(c *call) reply {
	limit := 100
	if text := c.query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return refusal(wire.WrongFormat("limit", "a number above 0"))
		}
		limit = n
	}
	text, failed := strings.ToLower(c.query.Get("query")), c.query.Get("failed") == "true"
	list, total := []any{}, 0
	for _, r := range slices.Backward(s.log) {
		if failed && r.Error == "" && r.Status < 400 {
			continue
		}
		if !store.Contains(r.Method+" "+r.Path+" "+r.Error, text) {
			continue
		}
		if total++; len(list) < limit {
			list = append(list, wire.Doc{
				"object": "request", "id": r.number, "method": r.Method, "path": r.Path, "endpoint": r.Route, "query": r.Query.Encode(),
				"status": r.Status, "error": textOrNull(r.Error), "created_at": millis(r.Time), "user_agent": r.Header.Get("User-Agent"),
				"origin": textOrNull(r.Header.Get("Origin")), "body_bytes": len(r.Body),
			})
		}
	}
	return ok(wire.Doc{"data": list, "total_count": total})
}

func (s *Server) controlForgetRequests(*call) reply {
	s.log = nil
	return done
}
