package fasthttpadapter

import (
	"bytes"
	"iter"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// Header is the header of a request, as *fasthttp.RequestHeader has it in all versions.
type Header interface {
	Host() []byte
	AppendBytes(dst []byte) []byte
	RawHeaders() []byte
	Peek(name string) []byte
	PeekAll(name string) [][]byte
	PeekKeys() [][]byte
	VisitAll(f func(name, value []byte))
	VisitAllCookie(f func(name, value []byte))
	Add(name, value string)
}

// Headers of requests have these names.
const (
	host   = "Host"
	cookie = "Cookie"
)

// Text is b as a string, without a copy: it lasts as long as b stays as it is.
func Text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) } //nolint:gosec // As fasthttp itself does; who calls knows how long b stays.

// Texts is [Text] for each of values, nil without any.
func Texts(values [][]byte) []string {
	if len(values) == 0 {
		return nil
	}
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = Text(value)
	}
	return out
}

// Host returns the host of a request, which is that of its parsed URL unless a middleware has set
// the header since: Fiber does not look at it again.
func Host(h Header, parsed []byte) string {
	header := h.Host()
	if !bytes.EqualFold(parsed, header) {
		if raw := rawHeader(h, host); len(raw) > 0 && raw[len(raw)-1] != Text(header) {
			parsed = header
		}
	}
	return Text(parsed)
}

// Values returns the values of a header, however its name is kept; one that is there under its
// canonical name counts. empty makes an empty header. The strings are the request's own memory,
// which the next request on the connection overwrites.
func Values(h Header, empty func() Header, name string) []string {
	name = textproto.CanonicalMIMEHeaderKey(name)
	if name == cookie {
		return cookies(h, empty)
	}
	found := h.PeekAll(name)
	if len(found) > 0 && normalizes(h) {
		return Texts(found) // As usual.
	}
	if isSpelledOddly(h, name) {
		var values []string
		h.VisitAll(func(key, value []byte) {
			if strings.EqualFold(Text(key), name) {
				values = append(values, Text(value))
			}
		})
		return values
	}
	if len(found) == 0 {
		return nil
	}
	return Texts(h.PeekAll(name)) // Looking at all names took the place of what was found.
}

// normalizes reports whether h brings names into canonical form, and so whether all values of a
// header that a client sent are under that. It is false where that cannot be told.
func normalizes(h Header) bool { return len(h.Peek("host")) > 0 }

// All returns copies of all headers, Host apart, with the names in canonical form.
func All(h Header, empty func() Header) map[string][]string {
	all := make(map[string][]string)
	h.VisitAll(func(key, value []byte) {
		if name := textproto.CanonicalMIMEHeaderKey(string(key)); name != host && name != cookie {
			all[name] = append(all[name], string(value))
		}
	})
	for _, value := range cookies(h, empty) {
		all[cookie] = append(all[cookie], strings.Clone(value))
	}
	return all
}

// isSpelledOddly reports whether a header is kept under another name than its canonical one, which
// is name. Names are in canonical form unless fiber.Config.DisableHeaderNormalizing, or a
// middleware, keeps them as they came: then Peek finds only the spelling that it is asked for.
//
// To show all names, fasthttp parses the cookies, and keeps the Cookie header no longer. That costs
// several times as much for a browser's cookies as writing the headers down, which is done then. A
// line break in a value can only make that see a name too many.
func isSpelledOddly(h Header, name string) bool {
	if cameWith(h, cookie) && len(h.Peek("Trailer")) == 0 { // What a trailer names is not written.
		text, _ := texts.Get().(*[]byte) // Not in fasthttp's memory, of which others have a part.
		defer texts.Put(text)
		*text = h.AppendBytes((*text)[:0])
		_, headers, _ := bytes.Cut(*text, []byte("\n")) // The first line is the request's.
		for key := range lines(headers, name) {
			if isOdd(key, name) {
				return true
			}
		}
		return false
	}
	for _, key := range h.PeekKeys() {
		if isOdd(Text(key), name) {
			return true
		}
	}
	return false
}

// texts is memory to write headers down in.
var texts = sync.Pool{New: func() any { return new([]byte) }}

// cameWith reports whether a header came with the request.
func cameWith(h Header, name string) bool {
	for range lines(h.RawHeaders(), name) {
		return true
	}
	return false
}

// isOdd reports whether a key is a spelling of a header's canonical name, and another one.
func isOdd(key, name string) bool {
	return len(key) == len(name) && key != name && strings.EqualFold(key, name)
}

// lines yields the keys and values of a header among lines, whatever its spelling.
func lines(text []byte, name string) iter.Seq2[string, []byte] {
	return func(yield func(key string, value []byte) bool) {
		for len(text) > 0 {
			line := text
			if end := bytes.IndexByte(text, '\n'); end >= 0 {
				line, text = text[:end], text[end+1:]
			} else {
				text = nil
			}
			if len(line) <= len(name) || line[len(name)] != ':' {
				continue
			}
			key, value := Text(line[:len(name)]), line[len(name)+1:]
			if strings.EqualFold(key, name) && !yield(key, bytes.TrimSpace(value)) {
				return
			}
		}
	}
}

// cookies returns the Cookie headers as they came, unless something has changed them: then as they
// are now.
//
// Once anything has parsed the cookies, as Fiber's c.Cookies does and whatever looks at all
// headers, fasthttp keeps the parsed form alone and writes the header anew, without quotation marks
// and with other space. What came is still among the raw headers; it counts where parsing it gives
// what there is now.
func cookies(h Header, empty func() Header) []string {
	raw := rawHeader(h, cookie)
	if now := h.PeekAll(cookie); slices.EqualFunc(now, raw, func(a []byte, b string) bool { return string(a) == b }) {
		return raw
	}
	h.VisitAllCookie(func(_, _ []byte) {}) // Parses them, under whatever name.
	now := h.Peek(cookie)                  // Written for us alone.
	switch {
	case len(now) == 0:
		return nil
	case len(raw) > 0 && bytes.Equal(now, parsedCookies(empty(), raw)):
		return raw
	}
	return []string{Text(now)}
}

// rawHeader finds the values of a header as they came. A request that fasthttp did not read itself,
// as behind Fiber's adaptor for net/http, has none.
func rawHeader(h Header, name string) (values []string) {
	for _, value := range lines(h.RawHeaders(), name) {
		values = append(values, Text(value))
	}
	return values
}

// parsedCookies returns what fasthttp writes for Cookie headers after parsing them.
func parsedCookies(h Header, raw []string) []byte {
	for _, value := range raw {
		h.Add(cookie, value)
	}
	return h.Peek(cookie)
}
