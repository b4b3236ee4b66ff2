package store

import (
	"testing"
	"time"
)

// TestEventsAreDocumented: no resource sends an event that Clerk has not.
func TestEventsAreDocumented(t *testing.T) {
	t.Parallel()
	names := map[Changes]string{Created: "created", Updated: "updated", Deleted: "deleted"}
	for _, table := range New("ins_1", "one.clerk.accounts.dev", time.Now).tables() {
		for change, name := range names {
			if table.silent&change == 0 && !isEvent(table.event+"."+name) {
				t.Errorf("%s sends %s.%s", table.name, table.event, name)
			}
		}
	}
}
