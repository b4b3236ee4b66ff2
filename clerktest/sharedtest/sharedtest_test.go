package sharedtest_test

import (
	"testing"

	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	sharedtest.Run(t, func(_ *testing.T, processes int) []core.Shared {
		memory := &sharedtest.Fleet{}
		fleet := make([]core.Shared, processes)
		for i := range fleet {
			fleet[i] = memory
		}
		return fleet
	})
}
