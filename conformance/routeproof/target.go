package routeproof

import (
	"fmt"
	"strings"
)

// values are what plain requests put into parameters, escaped as browsers do.
var values = []string{
	"1", "2", "abc", "x", "Name", "acme", "org_2x", "a.b", "a_b", "v1", "acme%20corp", "%E6%97%A5", "me@example.com", "~u",
	"a+b", "it's", "(1)", "100%25",
}

// simple are values that hold no text of the routes' own. A parameter of a pattern that follows a
// text within its segment does not hold that text again.
var simple = []string{"1", "2", "abc", "Name", "org_2", "acme%20corp", "%E6%97%A5", "a+b"}

// plain makes a target that belongs to a route beyond doubt.
func (g *generator) plain(t template) string {
	var b strings.Builder
	for i, s := range t.segments {
		value := pick(g.Rand, values)
		text := escapeWord(s.text)
		switch s.kind {
		case literal:
			b.WriteString("/" + text)
		case param:
			if text != "" {
				value = pick(g.Rand, simple)
			}
			b.WriteString("/" + text + value)
		case twoParams:
			b.WriteString("/1" + s.text + "2")
		case optional:
			b.WriteString("/" + value)
		case someRest, rest:
			b.WriteString("/" + value)
			if g.chance(2) {
				b.WriteString("/" + value)
			}
		case restOfText:
			b.WriteString("/" + text)
			if g.chance(2) {
				b.WriteString("/" + value)
			}
		}
		if t.kind == Prefix && i == len(t.segments)-1 && g.chance(2) {
			b.WriteString("/" + value)
		}
	}
	if t.slash {
		b.WriteByte('/')
	}
	return b.String()
}

// strange are texts that routers, decoders and matchers may read differently.
var strange = []string{
	"/", "//", "/./", "/../", "/..", "/.", "/x/../", "/x/..", "/%2e/", "/%2e%2e/", "/%2E%2E", "/.%2e/", "..;/", "/..;/", ";",
	";x=1", "%3b", "%2f", "%2F", "%252f", "%5c", `\`, "%5C", "/%5c../", `\..\`, "%00", "%0a", "%0d", "%0a%0d", "%09", "%1f", "%7f",
	"%c0%af", "%c0%ae", "%c0%2f", "%e0%80%af", "%ff", "%E6%97", "%ED%A0%80", "%f4%90%80%80", "%", "%2", "%zz", "%%", "%25",
	"%2525", "%252e", "%23", "%3f", "%3F", "#", "?", "?x=/admin", "%20", "+", "%2b", "%2B", " ", "\t", "\x01", "\x7f", "\x00", "\r",
	"\xff", "\xc0\xaf", "\xc3", "é", "%C3%A9", "%c3%89", "ſ", "%C5%BF", "K", "%E2%84%AA", "ı", "%C4%B1", "İ", "ß", "%E1%BA%9E",
	"／", "%EF%BC%8F", "ａ", "%EF%BD%81", "．", "%E2%80%A8", "%C2%85", "%EF%BB%BF", "%E2%80%8B", "e%CC%81", ".", "-", "--", ".json",
	":", "*", "@", "&", "=", "$", ",", "!", "'", "(", ")", "[", "]", "{", "}", "|", "^", "~", "_", "<", ">", `"`, "`",
}

// lookalikes are letters that some ways of ignoring case take for others.
var lookalikes = map[byte][]string{
	's': {"ſ", "%C5%BF", "S"}, 'k': {"K", "%E2%84%AA", "K"}, 'i': {"ı", "%C4%B1", "İ", "%C4%B0", "I"}, 'a': {"ａ", "Ａ"},
	'S': {"ſ", "s"}, 'K': {"%E2%84%AA"}, 'I': {"ı"},
}

// prefixes make targets in other forms.
var prefixes = []string{
	"http://localhost", "http://evil.test", "HTTP://x:80", "https://x", "http://x:1@y", "http://", "http:", "//x", "///", "x://y",
	"http://[::1]", "http://x/..", "/http://x", "http://x?", "http://x#", "%2f", `\`, " ", "*", ".", "./", "../", "x", "?", "#",
}

// mutate changes a target in one way.
func (g *generator) mutate(target string, other func() string) string {
	i := g.IntN(len(target) + 1)
	at := func() byte { return target[min(i, len(target)-1)] }
	if target == "" {
		return other()
	}
	replace := func(text string) string {
		j := min(i, len(target)-1)
		return target[:j] + text + target[j+1:]
	}
	switch g.IntN(20) {
	case 0, 1:
		return replace(fmt.Sprintf("%%%02x", at()))
	case 2:
		return replace(fmt.Sprintf("%%%02X", at()))
	case 3:
		return replace(fmt.Sprintf("%%25%02x", at()))
	case 4, 5:
		return replace(swapCase(string(at())))
	case 6:
		return swapCase(target)
	case 7:
		return target[:i] + "/" + target[i:]
	case 8:
		return target + strings.Repeat("/", 1+g.IntN(3))
	case 9, 10, 11:
		return target[:i] + pick(g.Rand, strange) + target[i:]
	case 12:
		return target + pick(g.Rand, strange)
	case 13:
		if letters := lookalikes[at()]; letters != nil {
			return replace(pick(g.Rand, letters))
		}
		return replace("")
	case 14:
		if g.chance(4) {
			return strings.TrimPrefix(target, "/")
		}
		return pick(g.Rand, prefixes) + target
	case 15:
		return g.slashes(target)
	case 16:
		return g.segment(target, other)
	case 17:
		return g.segment(target, func() string { return pick(g.Rand, strange) })
	case 18:
		return strings.TrimSuffix(target, "/") + "/" + strings.TrimPrefix(other(), "/")
	}
	return target[:i]
}

// slashes replaces slashes by what some read as slashes.
func (g *generator) slashes(target string) string {
	slash := pick(g.Rand, []string{"%2f", "%2F", "%5c", `\`, "//", "/./", "%252F", "/x/../", "／"})
	n := -1
	if g.chance(2) {
		n = 1
	}
	if g.chance(2) && len(target) > 1 {
		return target[:1] + strings.Replace(target[1:], "/", slash, n)
	}
	return strings.Replace(target, "/", slash, n)
}

// segment replaces a segment by one of another target, or by nothing.
func (g *generator) segment(target string, other func() string) string {
	segments := strings.Split(target, "/")
	replacement := ""
	if g.chance(2) {
		replacement = pick(g.Rand, strings.Split(other(), "/"))
	}
	segments[g.IntN(len(segments))] = replacement
	return strings.Join(segments, "/")
}

func swapCase(text string) string {
	if lower := strings.ToLower(text); lower != text {
		return lower
	}
	return strings.ToUpper(text)
}

// target makes a target, and says which route it belongs to if it is plain, or -1.
func (g *generator) target(app *application) (target string, route int) {
	other := func() string { return g.plain(pick(g.Rand, app.templates)) }
	route = g.IntN(len(app.templates))
	target = g.plain(app.templates[route])
	n := g.IntN(8)
	if n == 0 {
		return target, route
	}
	for range 1 + n/2 {
		target = g.mutate(target, other)
	}
	if strings.ContainsAny(target, "\n") {
		target = strings.ReplaceAll(target, "\n", "")
	}
	return target, -1
}
