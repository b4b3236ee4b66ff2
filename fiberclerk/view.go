package fiberclerk

import (
	"bytes"
	"net/textproto"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
)

// view is a core.Request on a Fiber context. Most of its strings are Fiber's own
// memory, which the next request on the connection overwrites: core keeps none.
type view struct{ c *fiber.Ctx }

func (v view) Method() string { return v.c.Method() }

// Target is the raw request target.
func (v view) Target() string { return utils.UnsafeString(v.c.Request().Header.RequestURI()) }

func (v view) Host() string { return utils.UnsafeString(v.c.Request().Host()) }

func (v view) TLS() bool { return v.c.Context().IsTLS() }

// RemoteAddr is the connection's address, whatever Fiber's ProxyHeader says.
func (v view) RemoteAddr() string { return v.c.Context().RemoteAddr().String() }

func (v view) Header(name string) []string {
	if strings.EqualFold(name, fiber.HeaderCookie) {
		return v.cookies()
	}
	all := v.c.Request().Header.PeekAll(name)
	if len(all) == 0 {
		return nil
	}
	values := make([]string, len(all))
	for i, value := range all {
		values[i] = utils.UnsafeString(value)
	}
	return values
}

// cookies reads the Cookie headers as they came. Fiber's parsed form loses
// duplicates, and Peek writes the header anew once anything has parsed it.
func (v view) cookies() []string {
	var values []string
	raw := v.c.Request().Header.RawHeaders()
	if len(raw) == 0 { // A request that Fiber did not read itself, as behind its adaptor for net/http.
		for _, value := range v.c.Request().Header.PeekAll(fiber.HeaderCookie) {
			values = append(values, utils.UnsafeString(value))
		}
		return values
	}
	for len(raw) > 0 {
		var line []byte
		line, raw, _ = bytes.Cut(raw, []byte("\n"))
		name, value, found := bytes.Cut(line, []byte(":"))
		if found && len(name) == len(fiber.HeaderCookie) && bytes.EqualFold(name, []byte(fiber.HeaderCookie)) {
			values = append(values, utils.UnsafeString(bytes.TrimSpace(value)))
		}
	}
	return values
}

// Headers copies: it is for calls to Clerk.
func (v view) Headers() map[string][]string {
	all := make(map[string][]string)
	v.c.Request().Header.VisitAll(func(key, value []byte) {
		name := textproto.CanonicalMIMEHeaderKey(string(key))
		if name == fiber.HeaderHost || name == fiber.HeaderCookie {
			return
		}
		all[name] = append(all[name], string(value))
	})
	for _, value := range v.cookies() {
		all[fiber.HeaderCookie] = append(all[fiber.HeaderCookie], strings.Clone(value))
	}
	return all
}
