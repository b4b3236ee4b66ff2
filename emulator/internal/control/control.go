// Package control calls an instance in the same process: its control API, and the
// Backend API below that, without a connection.
package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Caller calls an instance. The zero Caller is of no use.
type Caller struct {
	Instance http.Handler
	// From is the request on whose behalf calls are made; nil for the program's own. The
	// instance then refuses what it would refuse it.
	From *http.Request
}

// Refusal is an answer that is an error.
type Refusal struct {
	Status               int
	Code, Message, Param string
}

func (e *Refusal) Error() string { return e.Message }

// AsRefusal returns what the instance refused, or nil.
func AsRefusal(err error) *Refusal {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r
	}
	return nil
}

// Answer is an answer to be looked at.
type Answer struct {
	Status int
	Body   bytes.Buffer
	header http.Header
}

// Header implements [http.ResponseWriter].
func (a *Answer) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter].
func (a *Answer) WriteHeader(status int) { a.Status = status }

func (a *Answer) Write(p []byte) (int, error) {
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	return a.Body.Write(p)
}

// Send sends a body to a path below /_emulator.
func (c Caller) Send(ctx context.Context, method, path, contentType string, body []byte) (*Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://localhost/_emulator"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	if c.From != nil {
		req.Host, req.TLS = c.From.Host, c.From.TLS
		for _, name := range []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Cookie"} {
			if v := c.From.Header.Get(name); v != "" {
				req.Header.Set(name, v)
			}
		}
	}
	a := &Answer{header: http.Header{}}
	c.Instance.ServeHTTP(a, req)
	if a.Status < http.StatusBadRequest {
		return a, nil
	}
	var doc struct {
		Errors []struct {
			Code, Message string
			Meta          struct {
				Param string `json:"param_name"`
			}
		}
	}
	if err := json.Unmarshal(a.Body.Bytes(), &doc); err != nil || len(doc.Errors) == 0 {
		return nil, fmt.Errorf("%s %s answered %d", method, path, a.Status)
	}
	first := doc.Errors[0]
	return nil, &Refusal{a.Status, first.Code, first.Message, first.Meta.Param}
}

// Do sends a JSON document, nil for none, and decodes the answer into out unless that
// is nil.
func (c Caller) Do(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	a, err := c.Send(ctx, method, path, "application/json", body)
	if err != nil || out == nil || a.Body.Len() == 0 {
		return err
	}
	return json.Unmarshal(a.Body.Bytes(), out)
}
