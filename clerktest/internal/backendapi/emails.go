package backendapi

import (
	"errors"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

const maxBatch = 100

// emails are those that an application writes itself.
func emails() []rest.Endpoint {
	return []rest.Endpoint{
		{Pattern: "POST /v1/email", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
			given, err := store.Params(call, store.EmailFields)
			if err != nil {
				return nil, err
			}
			return in.SendEmail(given, call.Header.Get("Idempotency-Key"))
		}},
		{Pattern: "POST /v1/email/batch", Serve: sendBatch},
		{Pattern: "GET /v1/email/{id}", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
			if e := in.Emails.Get(call.Param("id")); e != nil {
				return e.Doc, nil
			}
			return nil, wire.NotFound("Email")
		}},
	}
}

// sendBatch sends each message by itself: one that is refused holds up no other.
func sendBatch(in *store.Instance, call *wire.Call) (any, error) {
	given, err := store.Params(call, wire.Doc{"messages": []wire.Doc(nil)})
	if err != nil {
		return nil, err
	}
	messages, _ := given["messages"].([]wire.Doc)
	if len(messages) < 1 || len(messages) > maxBatch {
		return nil, wire.WrongFormat("messages", "a list of 1 to 100 messages")
	}
	results := make([]any, 0, len(messages))
	for i, message := range messages {
		key, _ := message["idempotency_key"].(string)
		delete(message, "idempotency_key")
		fields, err := store.Params(&wire.Call{Body: message}, store.EmailFields)
		var sent wire.Doc
		if err == nil {
			sent, err = in.SendEmail(fields, key)
		}
		var refused *wire.Error
		switch {
		case errors.As(err, &refused):
			results = append(results, wire.Doc{"index": i, "status_code": refused.Status, "errors": []any{refused.Doc()}})
		case err != nil:
			return nil, err
		default:
			results = append(results, wire.Doc{"index": i, "status_code": 200, "email": sent})
		}
	}
	return results, nil
}
