package fiber3clerk_test

import (
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
)

func TestHeadersAsTheyAre(t *testing.T) {
	t.Parallel()
	adaptertest.FastHeaders(t, func() adaptertest.FastHeader { return new(fasthttp.RequestHeader) })
}
