package main

import (
	"testing"

	"github.com/clerkgo/clerkgo/examples/internal/demotest"
)

func TestExample(t *testing.T) {
	t.Parallel()
	demotest.Run(t, "Fiber v3", newServer)
}
