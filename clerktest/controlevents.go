package clerktest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/events"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// controlOutbox lists the emails and SMS that would have been sent, newest first; to one
// address or number only if that is asked for.
func (s *Server) controlOutbox(c *call) reply {
	list, to := []any{}, c.query.Get("to")
	for _, m := range slices.Backward(s.state.Outbox()) {
		if to != "" && !strings.EqualFold(to, m.To) {
			continue
		}
		kind := "email"
		if m.SMS {
			kind = "sms"
		}
		list = append(list, wire.Doc{
			"object": "message", "id": m.ID, "type": kind, "to": m.To, "slug": m.Slug, "subject": textOrNull(m.Subject), "text": m.Text,
			"code": textOrNull(m.Code), "link": textOrNull(m.Link), "user_id": textOrNull(m.UserID), "created_at": m.At,
		})
	}
	return ok(wire.Doc{"data": list, "total_count": len(list)})
}

func (s *Server) controlEmptyOutbox(*call) reply {
	s.state.EmptyOutbox()
	return done
}

// controlEvents lists what happened, newest first, with its deliveries to webhooks.
func (s *Server) controlEvents(*call) reply {
	messages := s.hooks.Messages()
	list := make([]any, 0, len(messages))
	for _, m := range slices.Backward(messages) {
		deliveries := make([]any, 0, len(m.Deliveries))
		for _, d := range m.Deliveries {
			doc := wire.Doc{"webhook_id": d.Webhook, "state": d.State, "attempts": len(d.Attempts), "status": nil, "error": nil, "next_at": nil}
			if n := len(d.Attempts); n > 0 {
				doc["status"], doc["error"] = d.Attempts[n-1].Status, textOrNull(d.Attempts[n-1].Error)
			}
			if d.State == events.Waiting {
				doc["next_at"] = millisOrNull(d.Next)
			}
			deliveries = append(deliveries, doc)
		}
		list = append(list, wire.Doc{
			"object": "event", "id": m.ID, "type": m.Type, "created_at": millis(m.At), "body": m.Body, "deliveries": deliveries,
		})
	}
	return ok(wire.Doc{"data": list, "total_count": len(list)})
}

// controlReplay sends an event again, to one webhook if webhook_id names one.
func (s *Server) controlReplay(c *call) reply {
	given, err := s.given(c, wire.Doc{"webhook_id": ""})
	if err != nil {
		return refusal(err)
	}
	only, _ := given["webhook_id"].(string)
	if err := s.hooks.Replay(c.r.PathValue("id"), only); err != nil {
		return failure(http.StatusNotFound, "resource_not_found", strings.TrimPrefix(err.Error(), "clerktest: "), "")
	}
	return done
}
