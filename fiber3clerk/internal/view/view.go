// Package view reads requests of Fiber as package core wants to.
package view

import (
	"github.com/gofiber/fiber/v3"
	"github.com/valyala/fasthttp"

	"github.com/clerkgo/clerkgo/core/fasthttpadapter"
)

// View is a core.Request on a Fiber context. Most of its strings are Fiber's own memory, which the
// next request on the connection overwrites: core keeps none.
type View struct{ c fiber.Ctx }

// Of returns the view of a request.
func Of(c fiber.Ctx) View { return View{c} }

// Method is Fiber's.
func (v View) Method() string { return v.c.Method() }

// Target is the raw request target.
func (v View) Target() string { return fasthttpadapter.Text(v.c.Request().Header.RequestURI()) }

// Host is the host of the parsed URL, or the header that a middleware has set since.
func (v View) Host() string { return fasthttpadapter.Host(&v.c.Request().Header, v.c.Request().Host()) }

// TLS is the connection's.
func (v View) TLS() bool { return v.c.RequestCtx().IsTLS() }

// RemoteAddr is the connection's address, whatever Fiber's settings for proxies say.
func (v View) RemoteAddr() string { return v.c.RequestCtx().RemoteAddr().String() }

// Header finds a header however Fiber keeps its name.
func (v View) Header(name string) []string {
	return fasthttpadapter.Values(&v.c.Request().Header, empty, name)
}

// Headers copies: it is for calls to Clerk.
func (v View) Headers() map[string][]string { return fasthttpadapter.All(&v.c.Request().Header, empty) }

func empty() fasthttpadapter.Header { return new(fasthttp.RequestHeader) }

// BodyOf returns the body as it came, and its length. Where Fiber streams bodies, it is a stream.
func BodyOf(c fiber.Ctx) (body *fasthttpadapter.Body, length int64) {
	r := c.Request()
	if !r.IsBodyStream() {
		return fasthttpadapter.NewBody(r.Body(), nil, 0)
	}
	return fasthttpadapter.NewBody(nil, r.BodyStream(), r.Header.ContentLength())
}
