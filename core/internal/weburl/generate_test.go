package weburl_test

import (
	"math/rand/v2"
	"strings"
)

// generator makes URLs, ordinary and hostile ones, from a seed.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator {
	return generator{rand.New(rand.NewPCG(seed, 10))}
}

var (
	schemes = []string{
		"http", "https", "HTTP", "hTTps", "ws", "wss", "ftp", "file", "FILE", "foo", "mailto", "javascript", "data", "blob", "x+y.z-1", "1a", "a_b", "", "h\tttp", "blob:http", "blob:https", "blob:ftp",
	}
	slashes = []string{"://", "://", "://", "://", ":", ":/", ":///", `:\\`, `:/\`, `:\`, "//", ":////", ":\t//", ":/\n/", "://\r", ":/./", ":/..//", ":/.//"}
	hosts   = []string{
		"example.com", "EXAMPLE.com", "localhost", "LOCALHOST", "a", "a.b.c.", "a..b", ".a", ".", "..", "", "xn--bcher-kva.example", "bücher.example", "BÜCHER.example", "faß.de", "xn--zca",
		"日本語。jp", "ａｂｃ.com", "%41.com", "%e6%97%a5", "%zz", "%", "%00", "a%20b", "a b", "a\tb", "a\u00adb", "\u00ad", "xn--", "xn--a", "xn--ls8h", "a--b", "-a-", "a_b", "ab--c.d",
		"127.0.0.1", "127.1", "0x7f.1", "0177.1", "1.2.3.4.", "1.2.3.4.5", "1.2.3.256", "256", "4294967295", "4294967296", "0x", "0x.0x", "1.2.3", "1.2.3.0x", "09", "1.09", "a.1", "a.0x", "1..2", "1.2.3.4..",
		"99999999999999999999", "0x00000000000000000001", "００１.2", "1.2.3.4%2e", "％３１",
		"[::1]", "[::]", "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7]", "[1::8]", "[1:0:0:4:0:0:0:8]", "[::1.2.3.4]", "[::1.2.3]", "[::01.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:7:1.2.3.4]", "[::ffff:1.2.3.4]",
		"[1::2::3]", "[:1]", "[1:]", "[::1", "::1]", "[]", "[g]", "[12345::]", "[FEDC::]", "[::1%25eth0]", "[::1]x", "[1:2:3:4:5:6:7::]", "[::2:3:4:5:6:7:8]", "[1:2::5:6:7:8]", "[0:0:1::]", "[::.1.2.3]", "[::1.2.3.4.5]", "[1:2:3:4:5:6:7:8:9]",
		"h<", "h>", "h|", "h^", "h`", "h{", "h}", "h\"", "h'", "h*", "h(", "h+", "h,", "h;", "h=", "h!", "h$", "h&", "h~", "h\x01", "h\x7f", "h\u0080", "c:", "c|", "C:", "C|", "ab:", "C%7C", "C%3A",
		"é.com", "e\u0301.com", "א.com", "אa.com", "a\u200cb", "a\u200db", "क्\u200dष", "☃.net", "💩.la", "\u2024", "a\u3002b", "\uff0e", "\ufffd", "ǅ", "İ", "K",
	}
	ports    = []string{"", "", "", "", ":80", ":443", ":21", ":8080", ":0", ":00080", ":65535", ":65536", ":", ":a", ":8a", ":-1", ":99999999999", ":8\t0", ": 80", ":８０"}
	users    = []string{"", "", "", "", "", "u@", "u:p@", ":p@", ":@", "@", "u:@", "u@v@", "u:p:q@", "u/@", "u;=@", "%40@", "é@", "u[]^|@", "a:b@c:d@", "\\@", "u\t@"}
	segments = []string{
		"", "a", "b", "..", ".", "%2e", "%2E%2e", ".%2e", "%2e.", "...", "....", "..a", "a..", "%2e%2e%2e", "c:", "C|", "c|", "C:", "a b", "é", "日", "%", "%zz", "%41", "%2f", "%5c", "\\", "\\..", "a\\b", "\t..\n", "^", "`", "{}", "|", "\"<>",
		"'", "?", "#", "@", ":", ";=", "[x]", "~!$&()*+,", "\x00", "\x1f", "\x7f", "\u0080", "💩", ".well-known", "%c3%a9", " ", ".\t.", "a%00",
	}
	queries = []string{
		"", "", "", "?", "?a=b", "?a=b&c=d", "?x y", "?a+b=c%20d", "?&&", "?=", "?a", "?a&a=1&a=2", "?é=日", "?%zz", "?%", "?a=%e9", "?%c3%a9", "?'", "?\"<>`", "?{}|^[]\\", "?a=b?c", "?~!*()-._", "?a=%2B+%20", "?\x00\x1f\x7f", "?\u0080💩",
		"?n=1", "?n=1&x&n=2", "?%6e=1", "?n", "?N=1", "?a\t=b", "?%ED%A0%80", "?%F0%9F%92", "?%f0%9f%92%a9", "?%EF%BB%BFa", "?\ufeffa", "?%C0%80", "?é%a9", "?%E2%82é",
	}
	hashes = []string{"", "", "", "#", "#h", "#a b", "#?#", "#é", "#\"<>`", "#{}|^", "#%", "#\x00\t", "#'"}
	names  = []string{"n", "a", "redirect_url", "", "é", "a b", "x&=", "💩"}
	values = []string{"v", "", "a b", "http://a/?b#c", "é", "~!*()-._'", "%+&=#", "\x00\x7f"}
)

func (g generator) one(list []string) string { return list[g.IntN(len(list))] }

func (g generator) path() string {
	var b strings.Builder
	for range g.IntN(6) {
		b.WriteString(g.one([]string{"/", "/", "/", "/", `\`, "//", ""}))
		b.WriteString(g.one(segments))
	}
	return b.String()
}

func (g generator) tail() string { return g.path() + g.one(queries) + g.one(hashes) }

// absolute makes what may be an absolute URL.
func (g generator) absolute() string {
	host := g.one(hosts)
	if g.IntN(8) == 0 {
		host += g.one([]string{".", "", "-"}) + g.one(hosts)
	}
	if g.IntN(4) == 0 {
		return g.one(schemes) + ":" + g.one([]string{"", "/", " "}) + g.one(segments) + g.tail()
	}
	return g.one(schemes) + g.one(slashes) + g.one(users) + host + g.one(ports) + g.tail()
}

// relative makes what is mostly a relative URL.
func (g generator) relative() string {
	switch g.IntN(6) {
	case 0:
		return g.one([]string{"//", `\\`, `/\`, "///", "////"}) + g.one(users) + g.one(hosts) + g.one(ports) + g.tail()
	case 1:
		return g.one(schemes) + ":" + g.tail()
	case 2:
		return g.one(queries) + g.one(hashes)
	case 3:
		return g.one(segments) + g.tail()
	}
	return g.tail()
}

// mutate changes a few places of s.
func (g generator) mutate(s string) string {
	chars := []rune(s)
	for range g.IntN(3) {
		at := g.IntN(len(chars) + 1)
		extra := []rune(g.one([]string{"/", `\`, ":", "@", "?", "#", "[", "]", ".", "%", " ", "\t", "\n", "|", "-", "0", "x", "é", "\x00", "%2e", "..", "//", "😀", "\u00a0", "\ufeff"}))
		switch g.IntN(3) {
		case 0:
			chars = append(chars[:at:at], append(extra, chars[at:]...)...)
		case 1:
			if at < len(chars) {
				chars = append(chars[:at:at], chars[at+1:]...)
			}
		default:
			if at < len(chars) {
				chars[at] = extra[0]
			}
		}
	}
	return string(chars)
}

// url makes one case.
func (g generator) url() vector {
	v := vector{Input: g.absolute()}
	if g.IntN(2) == 0 {
		base := g.one([]string{"http://a.example/b/c?d#e", "https://u:p@h:8443/x/../y/", "file:///C:/a/b", "file://host/d:/x", "file:///", "foo://h/a/b", "foo:/a/b", "mailto:x", "foo:/.//p", "ws://w", "foo://h"})
		if g.IntN(4) == 0 {
			base = g.absolute()
		}
		v.Input, v.Base = g.relative(), &base
	}
	if g.IntN(3) == 0 {
		v.Input = g.mutate(v.Input)
	}
	if g.IntN(20) == 0 {
		v.Input = g.one([]string{" ", "\x00", "\x1f ", "\t"}) + v.Input + g.one([]string{" ", "\n", "\x00 "})
	}
	name, value := g.one(names), g.one(values)
	v.Name, v.Value = &name, &value
	return v
}
