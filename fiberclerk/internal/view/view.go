// Package view reads requests of Fiber as package core wants to.
package view

import (
	"bytes"
	"net/textproto"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"
)

// View is a core.Request on a Fiber context. Most of its strings are Fiber's own
// memory, which the next request on the connection overwrites: core keeps none.
type View struct{ c *fiber.Ctx }

// Of returns the view of a request.
func Of(c *fiber.Ctx) View { return View{c} }

// Method is Fiber's.
func (v View) Method() string { return v.c.Method() }

// Target is the raw request target.
func (v View) Target() string { return utils.UnsafeString(v.c.Request().Header.RequestURI()) }

// Host is the host of the parsed URL, unless a middleware has set the header since:
// Fiber does not look at it again.
func (v View) Host() string {
	r := v.c.Request()
	host, header := r.Host(), r.Header.Host()
	if !bytes.EqualFold(host, header) {
		if raw := rawHeader(&r.Header, fiber.HeaderHost); len(raw) > 0 && raw[len(raw)-1] != utils.UnsafeString(header) {
			host = header
		}
	}
	return utils.UnsafeString(host)
}

// TLS is the connection's.
func (v View) TLS() bool { return v.c.Context().IsTLS() }

// RemoteAddr is the connection's address, whatever Fiber's ProxyHeader says.
func (v View) RemoteAddr() string { return v.c.Context().RemoteAddr().String() }

// Header finds a header however Fiber keeps its name.
func (v View) Header(name string) []string {
	h := &v.c.Request().Header
	switch {
	case strings.EqualFold(name, fiber.HeaderCookie):
		return cookies(h)
	case isSpelledOddly(h, name):
		var values []string
		h.VisitAll(func(key, value []byte) { //nolint:staticcheck // All needs a newer fasthttp than Fiber v2 does.
			if strings.EqualFold(utils.UnsafeString(key), name) {
				values = append(values, utils.UnsafeString(value))
			}
		})
		return values
	}
	return Texts(h.PeekAll(name))
}

// isSpelledOddly reports whether a header is kept under another name than its canonical
// one. Names are in canonical form unless fiber.Config.DisableHeaderNormalizing, or a
// middleware, keeps them as they came: then Peek finds only the spelling that it is
// asked for.
func isSpelledOddly(h *fasthttp.RequestHeader, name string) bool {
	for _, key := range h.PeekKeys() {
		if len(key) == len(name) && strings.EqualFold(utils.UnsafeString(key), name) &&
			utils.UnsafeString(key) != textproto.CanonicalMIMEHeaderKey(name) {
			return true
		}
	}
	return false
}

// Texts are values as strings, without a copy.
func Texts(values [][]byte) []string {
	if len(values) == 0 {
		return nil
	}
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = utils.UnsafeString(value)
	}
	return out
}

// cookies returns the Cookie headers as they came, unless something has changed
// them: then as Fiber has them now.
//
// Once anything has parsed the cookies, as c.Cookies does and whatever looks at all
// headers, Fiber keeps the parsed form alone and writes the header anew, without
// quotation marks and with other space. What came is still among the raw headers; it
// counts where parsing it gives what Fiber has.
func cookies(h *fasthttp.RequestHeader) []string {
	raw := rawHeader(h, fiber.HeaderCookie)
	if now := h.PeekAll(fiber.HeaderCookie); slices.EqualFunc(now, raw, func(a []byte, b string) bool { return string(a) == b }) {
		return raw
	}
	// Parses them, under whatever name.
	h.VisitAllCookie(func(_, _ []byte) {}) //nolint:staticcheck // Cookies needs a newer fasthttp than Fiber v2 does.
	now := h.Peek(fiber.HeaderCookie)      // Written for us alone.
	switch {
	case len(now) == 0:
		return nil
	case len(raw) > 0 && bytes.Equal(now, parsedCookies(raw)):
		return raw
	}
	return []string{utils.UnsafeString(now)}
}

// rawHeader finds the values of a header as they came. A request that Fiber did not
// read itself, as behind its adaptor for net/http, has none.
func rawHeader(h *fasthttp.RequestHeader, name string) (values []string) {
	raw := h.RawHeaders()
	for len(raw) > 0 {
		var line []byte
		line, raw, _ = bytes.Cut(raw, []byte("\n"))
		key, value, found := bytes.Cut(line, []byte(":"))
		if found && len(key) == len(name) && strings.EqualFold(utils.UnsafeString(key), name) {
			values = append(values, utils.UnsafeString(bytes.TrimSpace(value)))
		}
	}
	return values
}

// parsedCookies returns what Fiber writes for Cookie headers after parsing them.
func parsedCookies(raw []string) []byte {
	var h fasthttp.RequestHeader
	for _, value := range raw {
		h.Add(fiber.HeaderCookie, value)
	}
	return h.Peek(fiber.HeaderCookie)
}

// Headers copies: it is for calls to Clerk.
func (v View) Headers() map[string][]string {
	all := make(map[string][]string)
	v.c.Request().Header.VisitAll(func(key, value []byte) { //nolint:staticcheck // All needs a newer fasthttp than Fiber v2 does.
		name := textproto.CanonicalMIMEHeaderKey(string(key))
		if name == fiber.HeaderHost || name == fiber.HeaderCookie {
			return
		}
		all[name] = append(all[name], string(value))
	})
	for _, value := range v.Header(fiber.HeaderCookie) {
		all[fiber.HeaderCookie] = append(all[fiber.HeaderCookie], strings.Clone(value))
	}
	return all
}
