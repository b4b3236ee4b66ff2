package ginclerk

import (
	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
)

// refuseKey is the key of the handler for refusals in Gin's contexts.
type refuseKey struct{}

// OnRefuse shows the refusals of the guards behind it with f instead of the
// default: Gin's own answer for an absent route for 404, an empty body for
// everything else. Headers are set already, the chain is aborted; f writes status
// and body. Where it writes nothing, the status goes out alone.
//
// An application with a NoRoute handler of its own should show 404 the same way
// here, and send its Cache-Control and Vary there: otherwise a hidden route differs
// from an absent one.
func OnRefuse(f func(c *gin.Context, refusal core.Refusal)) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Set(refuseKey{}, f)
		c.Next()
	}
}

// refused hands a refusal to the handler of OnRefuse, if there is one.
func refused(c *gin.Context, o core.Outcome) bool {
	refusal, ok := core.RefusalOf(o)
	if !ok {
		return false
	}
	value, _ := c.Get(refuseKey{})
	f, ok := value.(func(*gin.Context, core.Refusal))
	if !ok {
		return false
	}
	c.Abort()
	c.Status(refusal.StatusCode())
	f(c, refusal)
	c.Writer.WriteHeaderNow()
	return true
}
