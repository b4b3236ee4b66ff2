package fiberclerk

import (
	"bytes"
	"net/textproto"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// view is a core.Request on a Fiber context. The strings are copies: Fiber reuses
// the memory of requests.
type view struct{ c *fiber.Ctx }

func (v view) Method() string { return strings.Clone(v.c.Method()) }

// Target is the raw request target. Fiber's own OriginalURL is the same, but lives
// in reused memory.
func (v view) Target() string { return string(v.c.Request().Header.RequestURI()) }

func (v view) Host() string { return string(v.c.Request().Host()) }

func (v view) TLS() bool { return v.c.Context().IsTLS() }

func (v view) Header(name string) []string {
	if strings.EqualFold(name, fiber.HeaderCookie) {
		return v.cookies()
	}
	var values []string
	for _, value := range v.c.Request().Header.PeekAll(name) {
		values = append(values, string(value))
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
			values = append(values, string(value))
		}
		return values
	}
	for len(raw) > 0 {
		var line []byte
		line, raw, _ = bytes.Cut(raw, []byte("\n"))
		name, value, found := bytes.Cut(line, []byte(":"))
		if found && len(name) == len(fiber.HeaderCookie) && bytes.EqualFold(name, []byte(fiber.HeaderCookie)) {
			values = append(values, string(bytes.TrimSpace(value)))
		}
	}
	return values
}

func (v view) Headers() map[string][]string {
	all := make(map[string][]string)
	v.c.Request().Header.VisitAll(func(key, value []byte) {
		name := textproto.CanonicalMIMEHeaderKey(string(key))
		if name == fiber.HeaderHost || name == fiber.HeaderCookie {
			return
		}
		all[name] = append(all[name], string(value))
	})
	if cookies := v.cookies(); len(cookies) > 0 {
		all[fiber.HeaderCookie] = cookies
	}
	return all
}
