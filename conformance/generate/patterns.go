package generate

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// PatternCase makes the pattern case with the given number. The same seed and number always make
// the same case.
func PatternCase(seed uint64, index int) *protocol.PatternCase {
	s := &scene{Rand: rand.New(rand.NewPCG(seed, uint64(index)+1<<40))}
	c := &protocol.PatternCase{Patterns: []string{}}
	for range pick(s, 0, 1, 1, 1, 1, 1, 1, 2, 2, 3) {
		c.Patterns = append(c.Patterns, s.pattern())
	}
	c.Path = s.patternPath()
	if len(c.Patterns) > 0 && s.chance(60) {
		c.Path = s.pathNear(c.Patterns[s.IntN(len(c.Patterns))])
	}
	c.ID = fmt.Sprintf("p%d-%06d-%s", seed, index, patternFamily(c))
	return c
}

// patternFamily tells the cases apart in which we may deliberately not do as the reference does.
func patternFamily(c *protocol.PatternCase) string {
	decoded, err := url.PathUnescape(c.Path)
	if err != nil {
		decoded = c.Path
	}
	switch {
	case len(c.Patterns) == 0:
		return "quirk-pattern-none"
	case strings.ContainsAny(decoded, "\n\r\u2028\u2029"):
		return "quirk-pattern-line-end"
	case strings.ContainsFunc(decoded, func(r rune) bool { return r > 0xffff }):
		return "quirk-pattern-astral"
	}
	return "pattern"
}

func (s *scene) pattern() string {
	if s.chance(30) {
		return s.one("/", "/(.*)", "/dashboard(.*)", "/dashboard/:path*", "/orgs/:slug", "/orgs/:slug/(.*)", "/((?!api).*)", "/api/(v1|v2)/:id", "/:id(\\d+)", "/:a-:b", "/:a.:b", "/a{/:b}?", "/a{/:b}*", "/a/:b+", "/files/:name.:ext?", "/a\\:b", "/é", "/a b",
			"(.*)", "", "/:id([^/]+)", "/(a|b)/c", "/.well-known/(.*)", "/sign-in(.*)", "/a/(.+)", "{/:x}+", "/:x(a*)?", "/**", "/:", "/(", "/a(b(c))", "/a(?:b)", "/a)", "/{a", "/a}", "*", "/[abc]", "/a|b", "/a$", "/a^", "/:x:y", "/a.b", "/:x(\\w{2,3})", "/:x(.*)/y",
			"/:日本", "/a\\", "/{:a-}?b", "/{a:b(c)d}*", "/:a?/:b?", "/:a/:b*/c", "/a(.{3})", "/(?=x)")
	}
	var text strings.Builder
	for range 1 + s.IntN(4) {
		text.WriteString(s.one("/", "/", "/", "", ".", "-", "//"))
		text.WriteString(s.one("a", "b", "api", "admin", ":id", ":slug", ":path*", ":rest+", ":opt?", "(.*)", "(\\d+)", "(a|b)", "{x}?", "A", "%20", "é", ":id(\\w+)", "(.*)?", "x1", "_", "~", "a.b", "{/:y}?", "(?!x)y", ":a(b|c)+"))
	}
	return text.String()
}

func (s *scene) patternPath() string {
	var text strings.Builder
	for range s.IntN(5) {
		text.WriteString(s.one("/", "/", "/", "//", ""))
		text.WriteString(s.one("a", "b", "api", "admin", "Admin", "x", "1", "42", "", ".", "..", "a%2Fb", "%61", "%2561", "%", "%zz", "%C3%A9", "é", "a b", "a%20b", "a;b", "a?b", "a#b", "a.b", "a-b", "~", "%2e", "\\", "%5C", "dashboard", "orgs", "%0A", "\n", "\u2028",
			"%FF", "ſ", "K", "İ", "日本", "%3F", "%23", "😀"))
	}
	return "/" + strings.TrimPrefix(text.String(), "/")
}

// pathNear returns a path that may match the pattern.
func (s *scene) pathNear(pattern string) string {
	path := strings.NewReplacer(":path*", s.one("", "a/b", "x"), ":rest+", s.one("a", "a/b"), ":opt?", s.one("", "o"), ":slug", s.one("acme", "a%20b"), ":id(\\w+)", "w", ":id", s.one("1", "x"), "(.*)", s.one("", "z", "/z/z"), "(\\d+)", "42", "(a|b)", s.one("a", "b", "c"),
		"{x}?", s.one("", "x"), "{/:y}?", s.one("", "/y"), "(?!x)", "", ":a(b|c)+", s.one("b", "c", "bc"), "?", "", "{", "", "}", "", "\\", "").Replace(pattern)
	switch s.IntN(8) {
	case 0:
		path += "/"
	case 1:
		path = strings.ToUpper(path)
	case 2:
		path = strings.Replace(path, "/", "//", 1)
	case 3:
		path = strings.Replace(path, "a", "%61", 1)
	case 4:
		path += s.one("x", "//", "#", "?x", "%", "\n")
	}
	return path
}
