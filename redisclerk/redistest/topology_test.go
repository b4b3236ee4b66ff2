//go:build unix

package redistest_test

import (
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/redisclerk/redistest"
)

// TestStartCluster: every node knows the node of every slot, so that a client that asks any of
// them finds each key.
func TestStartCluster(t *testing.T) {
	t.Parallel()
	for range 5 {
		for _, node := range redistest.StartCluster(t) {
			answer, err := node.Do("CLUSTER", "INFO")
			if err != nil || !strings.Contains(answer, "cluster_slots_assigned:16384\r\n") {
				t.Errorf("%s, %v: a node does not know all slots", answer, err)
			}
		}
	}
}
