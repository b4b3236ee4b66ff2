package core

import (
	"reflect"
	"testing"
)

// TestRequestAuthFitsItsSize: eight bytes more, and Go's allocator takes 64 more for each request.
func TestRequestAuthFitsItsSize(t *testing.T) {
	t.Parallel()
	const most = 640 - 8 // a size of the allocator, without what it writes in front
	if size := reflect.TypeFor[RequestAuth]().Size(); size > most && reflect.TypeFor[uintptr]().Size() == 8 {
		t.Errorf("got %d bytes, want %d at most", size, most)
	}
}
