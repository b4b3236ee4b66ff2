package routeproof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// Config says what to prove.
type Config struct {
	// Framework is the name of one of [Frameworks].
	Framework string
	// Seed is the seed of the first application; each application has the next one.
	Seed uint64
	// Duration bounds the time; the last application is finished.
	Duration time.Duration
	// Targets is the number of targets that each application gets, 400 unless given.
	Targets int
}

// Result is what was proved.
type Result struct {
	// Applications and Requests count what was tried.
	Applications, Requests int
	// Reached counts the targets that lead to a protected handler, and Refused those that a guard
	// answered 400.
	Reached, Refused int
	// Unanswered counts the targets for which the router itself crashed.
	Unanswered int
	// Refusing counts the applications that answer every ordinary request with 500, because
	// middleware or guards are registered so that the framework leaves them out for others. Nobody
	// runs these.
	Refusing int
	// Counterexample is nil if everything held.
	Counterexample *Counterexample
}

// Counterexample is a request that got past a guard, or that a guard should have let pass.
type Counterexample struct {
	Seed           uint64
	Table          Table
	Method, Target string
	// Guard names the guard, and What says what happened.
	Guard, What string
}

// String prints a counterexample so that it can become a row of a table.
func (c *Counterexample) String() string {
	return fmt.Sprintf("seed %d, guard %s: %s %q: %s\n%s", c.Seed, c.Guard, c.Method, c.Target, c.What, &c.Table)
}

// Run tries applications until the time is up or a counterexample is found.
func Run(ctx context.Context, i *Instance, config Config) (Result, error) {
	var result Result
	if config.Targets == 0 {
		config.Targets = 400
	}
	deadline := time.Now().Add(config.Duration)
	for seed := config.Seed; seed == config.Seed || time.Now().Before(deadline); seed++ {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		if err := result.try(ctx, i, config, seed); err != nil {
			return result, fmt.Errorf("seed %d: %w", seed, err)
		}
		if result.Counterexample != nil {
			result.Counterexample.Seed = seed
			return result, nil
		}
	}
	return result, nil
}

// try tries one application.
func (result *Result) try(ctx context.Context, i *Instance, config Config, seed uint64) error {
	app, g := newApplication(config.Framework, seed)
	app.register(i)
	s, err := newSite(&app.Table, i)
	if err != nil {
		return err
	}
	if len(app.Routes) == 0 || len(s.matchers) == 0 {
		return nil
	}
	running, err := s.start(ctx)
	if err != nil {
		return err
	}
	c := &client{address: running.address}
	defer func() {
		c.close()
		result.Requests += c.sent
		_ = running.stop() // It served what it had to.
	}()
	result.Applications++
	if a, err := c.send(ctx, http.MethodGet, "/", unguarded, ""); err == nil && a.status == http.StatusInternalServerError {
		result.Refusing++
		return nil
	}
	for range config.Targets {
		target, route := g.target(app)
		method := http.MethodGet
		if g.chance(16) {
			method = pick(g.Rand, []string{http.MethodHead, http.MethodPost, http.MethodOptions})
		}
		p := probe{s: s, c: c, bearer: i.bearer, method: method, target: target, plain: route, app: app}
		guard, what, err := p.run(ctx, result)
		if err != nil {
			return err
		}
		if what != "" {
			result.Counterexample = minimal(ctx, i, &Counterexample{Table: app.Table, Method: method, Target: target, Guard: guard, What: what})
			return nil
		}
	}
	return nil
}

// register leaves out the routes that the router refuses.
func (app *application) register(i *Instance) {
	for n := 1; n <= len(app.Routes); {
		t := app.Table
		t.Routes = t.Routes[:n]
		s := &site{Table: &t, clerk: i.clerk}
		var err error
		if register := frameworkOf(t.Framework).register; register != nil {
			err = register(s)
		}
		if err == nil {
			n++
			continue
		}
		app.Routes = append(app.Routes[:n-1:n-1], app.Routes[n:]...)
		app.templates = append(app.templates[:n-1:n-1], app.templates[n:]...)
		app.loose = append(app.loose[:n-1:n-1], app.loose[n:]...)
	}
}

// probe is one target on its way through all guards of a site.
type probe struct {
	s              *site
	c              *client
	bearer         string
	method, target string
	plain          int          // the route that the target belongs to beyond doubt, or -1
	app            *application // nil for written tables
}

// run sends the target without a guard and, where a handler runs, with each. It returns the guard
// that failed and how.
func (p *probe) run(ctx context.Context, result *Result) (guard, what string, err error) {
	reached, err := p.c.send(ctx, p.method, p.target, unguarded, "")
	if err != nil {
		// Some releases of Gin crash while they route, before any guard.
		result.Unanswered++
		return "", "", ctx.Err()
	}
	if !reached.ran() {
		return "", "", nil
	}
	protected := p.s.Routes[reached.route].Protected
	if protected {
		result.Reached++
	}
	for _, guard := range []string{protect, not, protectOn, notOn} {
		if p.s.matchers[guard] == nil {
			continue
		}
		a, err := p.c.send(ctx, p.method, p.target, guard, "")
		if err != nil {
			return "", "", err
		}
		if a.refused == http.StatusBadRequest {
			result.Refused++
		}
		if what := p.judge(guard, reached.route, a); what != "" {
			return guard, what, nil
		}
		if protected && p.plain == reached.route && p.app.settled(p.plain, guard) && (guard != not || p.unescaped()) {
			a, err := p.c.send(ctx, p.method, p.target, guard, p.bearer)
			if err != nil {
				return "", "", err
			}
			if !a.ran() {
				return guard, fmt.Sprintf("route %d is not served to a signed-in caller: %s", reached.route, a), nil
			}
		}
	}
	return "", "", nil
}

// judge says what is wrong with the answer to a signed-out caller, if anything is.
func (p *probe) judge(guard string, route int, a answer) string {
	protected := p.s.Routes[route].Protected
	switch {
	case protected && a.ran():
		return fmt.Sprintf("protected handler of route %d ran", route)
	case protected && a.refused == 0, !protected && !a.ran() && a.refused == 0:
		return fmt.Sprintf("neither served nor refused: %s", a)
	case protected || a.ran() || p.app == nil:
		return ""
	case p.app.loose[route] && strings.HasPrefix(guard, protect), family(p.app.Framework) == "echo" && len(p.app.Settings) > 0:
		return ""
	case a.refused != http.StatusBadRequest && !p.alias() && !p.app.narrow(route):
		return fmt.Sprintf("public route %d refused with %d", route, a.refused)
	case p.plain == route && p.app.settled(route, guard):
		return fmt.Sprintf("public route %d refused with %d for a plain path", route, a.refused)
	}
	return ""
}

// unescaped reports whether the target reads the same decoded. Fiber's UnescapePath decodes a plus,
// too.
func (p *probe) unescaped() bool {
	return !strings.Contains(p.target, "%") && (!p.app.On("UnescapePath") || !strings.Contains(p.target, "+"))
}

// alias reports whether guards may take the target for protected because of another path that it is
// served as: on Fiber a wildcard's without its slash, on Echo what middleware that writes the
// decoded path into the address leaves of it.
func (p *probe) alias() bool {
	switch family(p.s.Framework) {
	case "fiber":
		return true
	case "echo":
		target := strings.ToLower(p.target)
		return strings.Contains(target, "%3f") || strings.Contains(target, "%23") || strings.Contains(target, "#")
	}
	return false
}

// minimal leaves out of a counterexample what it does not need.
func minimal(ctx context.Context, i *Instance, found *Counterexample) *Counterexample {
	smallest := *found
	reproduce := func(c Counterexample) bool {
		what, err := c.reproduce(ctx, i)
		return err == nil && what != "" && strings.HasPrefix(what, "protected") == strings.HasPrefix(found.What, "protected")
	}
	if !reproduce(smallest) {
		return found
	}
	for shrunk := true; shrunk; {
		shrunk = false
		for _, candidate := range smallest.smaller() {
			if reproduce(candidate) {
				smallest, shrunk = candidate, true
				break
			}
		}
	}
	smallest.What, _ = smallest.reproduce(ctx, i)
	return &smallest
}

// smaller lists what a counterexample could become. Without one of its patterns, a protected route
// would be open to all.
func (c Counterexample) smaller() []Counterexample {
	var list []Counterexample
	for i := range c.Table.Routes {
		d := c
		d.Table.Routes = without(c.Table.Routes, i)
		list = append(list, d)
	}
	for i := range c.Table.Settings {
		if family(c.Table.Framework) == "fiber" {
			break // Its settings say which routes share a path.
		}
		d := c
		d.Table.Settings = without(c.Table.Settings, i)
		list = append(list, d)
	}
	for i := range c.Table.Public {
		if len(c.Table.Public) > 1 {
			d := c
			d.Table.Public = without(c.Table.Public, i)
			list = append(list, d)
		}
	}
	for i := range len(c.Target) {
		d := c
		d.Target = c.Target[:i] + c.Target[i+1:]
		list = append(list, d)
	}
	return list
}

func without[T any](list []T, i int) []T {
	return append(append([]T(nil), list[:i]...), list[i+1:]...)
}

// reproduce sends a counterexample again and says what is wrong with the answer. Written tables
// know no plain paths, so only what holds for every path is checked.
func (c Counterexample) reproduce(ctx context.Context, i *Instance) (string, error) {
	s, err := newSite(&c.Table, i)
	if err != nil {
		return "", err
	}
	running, err := s.start(ctx)
	if err != nil {
		return "", err
	}
	client := &client{address: running.address}
	defer func() {
		client.close()
		_ = running.stop() // It served what it had to.
	}()
	reached, err := client.send(ctx, c.Method, c.Target, unguarded, "")
	if err != nil || !reached.ran() {
		return "", err
	}
	a, err := client.send(ctx, c.Method, c.Target, c.Guard, "")
	if err != nil {
		return "", err
	}
	p := probe{s: s, method: c.Method, target: c.Target, plain: -1}
	return p.judge(c.Guard, reached.route, a), nil
}

// NewSeed returns a seed that differs each time.
func NewSeed() uint64 { return rand.Uint64N(1 << 40) }
