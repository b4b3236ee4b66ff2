package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/examples/internal/streaming/streamtest"
)

func TestEvents(t *testing.T) {
	s, clerk := streamtest.New(t)
	app := httptest.NewServer(newApp(clerk))
	defer app.Close()
	streamtest.Run(t, s, clerk, strings.TrimPrefix(app.URL, "http://"))
}
