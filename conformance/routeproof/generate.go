package routeproof

import (
	"math/rand/v2"
	"net/url"
	"slices"
)

// application is a generated table with what the generator knows of it.
type application struct {
	Table
	templates []template
	// loose marks public routes that a path may share with a protected one where letter case and a
	// slash at the end do not count, as they do not for patterns.
	loose []bool
}

// narrow reports whether a route has parameters that hold more than a pattern's.
func (app *application) narrow(route int) bool {
	return slices.ContainsFunc(app.templates[route].segments, func(s segment) bool {
		return s.kind == twoParams || s.kind == param && s.text != ""
	})
}

// settled reports whether a plain request of a route can be read in one way only, in front of a
// guard. Literals that some clients or servers escape have several readings where Gin's settings
// are not known, and middleware of Echo's that changes paths leaves the escaped path as it was.
func (app *application) settled(route int, guard string) bool {
	switch {
	case family(app.Framework) == "echo":
		return len(app.Settings) == 0
	case family(app.Framework) == "gin" && (guard == protect || guard == not || app.On("UseEscapedPath")):
		return !slices.ContainsFunc(app.templates[route].segments, func(s segment) bool {
			return (&url.URL{Path: s.text}).EscapedPath() != s.text
		})
	}
	return true
}

// newApplication generates an application.
func newApplication(framework string, seed uint64) (*application, *generator) {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0)), framework: family(framework)}
	for _, setting := range frameworkOf(framework).settings {
		if g.chance(3) {
			g.settings = append(g.settings, setting)
		}
	}
	app := &application{Table: Table{Framework: framework, Settings: g.settings}}
	seen := map[string]bool{}
	for range 2 + g.IntN(6) {
		t := g.template()
		if n := len(app.templates); n > 0 && g.chance(3) {
			t = g.sibling(app.templates[g.IntN(n)], t)
		}
		route := Route{Kind: t.kind, Path: g.route(t), Protected: g.chance(2)}
		if !seen[route.Path] {
			seen[route.Path] = true
			app.templates, app.Routes = append(app.templates, t), append(app.Routes, route)
		}
	}
	app.separate(g)
	app.match(g)
	return app, g
}

// sibling makes a route that starts like another one.
func (g *generator) sibling(a, b template) template {
	n := g.IntN(len(a.segments))
	for n > 0 && a.segments[n-1].kind.ends() {
		n--
	}
	b.segments = append(slices.Clone(a.segments[:n]), b.segments...)
	if b.kind == Mounted || b.kind == Grouped {
		b.kind = Get
	}
	return b
}

// loose is how patterns compare paths.
var loose = relation{ignoreCase: true, ignoreSlash: true, bare: [2]bool{true, true}}

// separate makes all routes that may share a path protected, or all of them public.
func (app *application) separate(g *generator) {
	exact := relation{ignoreCase: app.ignoresCase(), ignoreSlash: app.ignoresTrailingSlash()}
	side := g.chance(2)
	for changed := true; changed; {
		changed = false
		for i := range app.Routes {
			for j := range i {
				a, b := &app.Routes[i], &app.Routes[j]
				same := exact
				// Fiber serves /:x/ without its slash, strict or not.
				same.ignoreSlash = same.ignoreSlash || family(app.Framework) == "fiber" &&
					(app.templates[i].hasParams() || app.templates[j].hasParams())
				// It also serves /files with /files/*, which a list of public routes may hold.
				same.bare = [2]bool{family(app.Framework) == "fiber" && a.Protected, family(app.Framework) == "fiber" && b.Protected}
				if a.Protected != b.Protected && same.overlap(app.templates[i], app.templates[j]) {
					a.Protected, b.Protected, changed = side, side, true
				}
			}
		}
	}
	for i, r := range app.Routes {
		app.loose = append(app.loose, !r.Protected && slices.ContainsFunc(app.templates, func(t template) bool {
			j := slices.IndexFunc(app.templates, func(u template) bool { return &u.segments[0] == &t.segments[0] })
			return app.Routes[j].Protected && loose.overlap(app.templates[i], t)
		}))
	}
}

// hasParams reports whether a template is more than literals.
func (t template) hasParams() bool {
	return slices.ContainsFunc(t.segments, func(s segment) bool { return s.kind != literal })
}

// match writes the matchers.
func (app *application) match(g *generator) {
	expressions := g.chance(4)
	for _, class := range []bool{true, false} {
		var elements []Element
		for i, t := range app.templates {
			if app.Routes[i].Protected != class {
				continue
			}
			if broad, ok := app.broad(g, t, class); ok {
				elements = append(elements, broad)
				continue
			}
			if expressions {
				elements = append(elements, g.expression(t)...)
			} else {
				elements = append(elements, g.elements(t)...)
			}
		}
		if class {
			app.Protect = elements
		} else {
			app.Public = elements
		}
	}
}

// broad sometimes writes one pattern for everything that starts like a template, where the other
// class of routes has nothing there.
func (app *application) broad(g *generator, t template, class bool) (Element, bool) {
	first := t.segments[0]
	if first.kind != literal || escapeWord(first.text) != first.text || !g.chance(3) {
		return Element{}, false
	}
	all := template{segments: []segment{{kind: restOfText, text: first.text}}}
	for i, other := range app.templates {
		if app.Routes[i].Protected != class && loose.overlap(all, other) {
			return Element{}, false
		}
	}
	text := "/" + escapeText(first.text, `\:*+?(){}`)
	if len(t.segments) > 1 && g.chance(2) {
		return Element{Text: text + "/(.*)"}, true
	}
	return Element{Text: text + "(.*)"}, true
}
