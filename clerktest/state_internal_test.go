package clerktest

import (
	"reflect"
	"testing"
)

// TestStateHasEveryField: what a ticket or a machine token gets new must be saved too.
func TestStateHasEveryField(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kept, saved any
	}{
		{machineRecord{}, savedMachine{}},
	} {
		kept, saved := reflect.TypeOf(tt.kept), reflect.TypeOf(tt.saved)
		if kept.NumField() != saved.NumField() {
			t.Errorf("%s has %d fields that are kept, %s has %d: save the new one, in export and in restore",
				kept.Name(), kept.NumField(), saved.Name(), saved.NumField())
		}
	}
}
