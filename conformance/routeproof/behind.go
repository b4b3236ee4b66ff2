package routeproof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core"
)

// grouped is the mode of a guard on a group.
const grouped = "group"

// BehindConfig says what to prove of the files and upstreams behind a framework.
type BehindConfig struct {
	Framework string
	// Seed is the seed of the first premises; the next ones have the next.
	Seed uint64
	// Targets is the number of targets in all. Without it, Duration says when to end.
	Targets  int
	Duration time.Duration
}

// BehindResult is what was proved.
type BehindResult struct {
	Premises, Targets, Requests int
	// Open counts the targets that bring a secret out where no guard stands, and Served those of
	// them that do so for a signed-in caller in front of a guard.
	Open, Served int
	// Refused counts the answers 400 of guards to these, Public the targets that bring out what
	// everybody may see, in front of a guard, and Unanswered those for which a server closed the
	// connection.
	Refused, Public, Unanswered int
	// Plain counts the targets that no reading changes. A signed-in caller, and for what is public
	// anybody, was served all of them.
	Plain int
	// Refusing counts the premises that answer every ordinary request with 500, because middleware or
	// guards are registered so that the framework leaves them out for others. Nobody runs these.
	Refusing int
	// Counterexample is nil if everything held.
	Counterexample *Leak
}

// Leak is a request that a guard should have treated in another way.
type Leak struct {
	Seed                    uint64
	Framework, Place        string
	Settings                []string
	Mode, Guard             string
	Method, Target, Problem string
}

// String prints a leak so that it can become a row.
func (l *Leak) String() string {
	return fmt.Sprintf("seed %d, %s, %s %q, guard %s of %s: %s %q: %s",
		l.Seed, l.Framework, l.Place, l.Settings, l.Mode, l.Guard, l.Method, l.Target, l.Problem)
}

// perPremises is how many targets an application gets before the next is built.
const perPremises = 512

// RunBehind tries targets until there were enough, or one gets past a guard.
func RunBehind(ctx context.Context, i *Instance, config BehindConfig) (result BehindResult, err error) {
	f := frameworkOf(config.Framework)
	if f == nil {
		return result, fmt.Errorf("routeproof: there is no framework %q", config.Framework)
	}
	dir, err := os.MkdirTemp("", "routeproof")
	if err != nil {
		return result, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // It is below the system's own.
	c, err := newContent(ctx, dir)
	if err != nil {
		return result, err
	}
	defer c.close()
	deadline := time.Now().Add(config.Duration)
	for seed := config.Seed; result.Counterexample == nil; seed++ {
		left := perPremises
		if config.Targets > 0 {
			if left = min(left, config.Targets-result.Targets); left <= 0 {
				break
			}
		} else if seed > config.Seed && !time.Now().Before(deadline) && (result.Saw() || seed-config.Seed >= mostPremises) {
			break // However slow the machine is.
		}
		if err := result.try(ctx, i, f, c, seed, left); err != nil {
			return result, fmt.Errorf("seed %d: %w", seed, err)
		}
	}
	return result, nil
}

// mostPremises ends a search by time in which something did not come out.
const mostPremises = 50

// Saw reports whether each kind of answer came out, so that none of them is missing by chance.
func (result *BehindResult) Saw() bool {
	return result.Open > 0 && result.Served > 0 && result.Refused > 0 && result.Public > 0
}

// newPremises chooses a place, settings and guards.
func newPremises(i *Instance, f *framework, c *content, g *generator) (*premises, string, error) {
	at := pick(g.Rand, f.places)
	p := &premises{content: c, place: &at, clerk: i.clerk, guard: map[string]*core.RouteMatcher{}}
	for _, setting := range append(append([]string(nil), f.settings...), at.settings...) {
		if g.chance(3) {
			p.on = append(p.on, setting)
		}
	}
	if at.grouped {
		p.modes = []string{grouped}
		return p, "a group", nil
	}
	guarded, public := p.matchers(g)
	for mode, elements := range map[string][]any{protect: guarded, not: public} {
		m, err := core.NewRouteMatcher(elements...)
		if err != nil {
			return nil, "", err
		}
		if mode == not {
			m = m.Not()
		}
		p.guard[mode] = m
		if f.name == "gin" {
			p.guard[mode+"+router"] = m
		}
	}
	for _, mode := range []string{protect, not, protectOn, notOn} {
		if p.guard[mode] != nil {
			p.modes = append(p.modes, mode)
		}
	}
	return p, fmt.Sprintf("%v and of all but %v", guarded, public), nil
}

// matchers are the elements of the two matchers that a user would write.
func (p *premises) matchers(g *generator) (guarded, public []any) {
	m := p.mount
	if p.pattern != "" {
		m = p.pattern
	}
	if p.stripped {
		m = ""
	}
	text := "^" + strings.ReplaceAll(m, ":tenant", "[^/]+")
	switch {
	case p.flat:
		return []any{m + "/:name"}, []any{"/about"}
	case p.vault:
		guarded = [][]any{{m + "/:path*"}, {m + "(.*)"}, {regexp.MustCompile(text + "(/|$)")}}[g.IntN(3)]
		return guarded, []any{"/", "/assets(.*)"}
	}
	guarded = [][]any{
		{m + "/admin(.*)"}, {m + "/admin/:path*"}, {m + "/admin", m + "/admin/(.*)"}, {regexp.MustCompile(text + "/admin(/|$)")},
	}[g.IntN(4)]
	public = [][]any{
		{m + "/", m + "/index.html", m + "/assets(.*)", m + "/docs/(.*)", m + "/administrators(.*)"},
		{m + "/", m + "/index.html", m + "/assets/:path*", m + "/docs/:version/:page", m + "/administrators/(.*)"},
		{m + "/", m + "/index.html", regexp.MustCompile(text + "/(assets|docs|administrators)(/|$)")},
	}[g.IntN(3)]
	return guarded, public
}

// upstream is the upstream of the premises.
func (p *premises) upstream() *url.URL {
	if p.On("Twice") {
		return p.twice
	}
	return p.once
}

// try sends targets to one application.
func (result *BehindResult) try(ctx context.Context, i *Instance, f *framework, c *content, seed uint64, targets int) error {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), framework: f.name}
	p, matchers, err := newPremises(i, f, c, g)
	if err != nil {
		return err
	}
	address, stop, err := p.start(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	line := &pipeline{address: address}
	defer func() {
		line.close()
		result.Requests += line.sent
		_ = stop() // It served what it had to.
	}()
	result.Premises++
	first, err := line.send(ctx, []wire{{"GET", "/", unguarded, ""}})
	if err != nil {
		return err
	}
	if first[0].status == http.StatusInternalServerError {
		result.Refusing++
		return nil
	}
	for targets > 0 {
		batch := make([]probed, min(targets, 64))
		targets -= len(batch)
		for n := range batch {
			batch[n] = p.probed(g)
		}
		mode, problem, failed, err := p.probe(ctx, line, i.bearer, pick(g.Rand, p.modes), batch, result)
		if err != nil {
			return err
		}
		if problem != "" {
			result.Counterexample = &Leak{
				Seed: seed, Framework: f.name, Place: p.name, Settings: p.on, Mode: mode, Guard: matchers,
				Method: failed.method, Target: failed.target, Problem: problem,
			}
			return nil
		}
	}
	return nil
}

// start serves the premises on loopback.
func (p *premises) start(ctx context.Context) (address string, stop func() error, err error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	stop, err = p.serve(p, l)
	if err != nil {
		_ = l.Close() // Nobody has used it.
	}
	return l.Addr().String(), stop, err
}

// probed is a target on its way.
type probed struct {
	method, target string
	plain          bool // everybody reads it in one way
}

// probe sends targets without a guard, those that bring a secret out in front of every guard, and
// the same as a signed-in caller in front of one. Plain public ones pass every guard.
func (p *premises) probe(ctx context.Context, line *pipeline, bearer, signedIn string, batch []probed, result *BehindResult) (
	mode, problem string, failed probed, err error,
) {
	requests := make([]wire, len(batch))
	for n, t := range batch {
		requests[n] = wire{method: t.method, target: t.target, mode: unguarded}
	}
	open, err := line.send(ctx, requests)
	if err != nil {
		return "", "", failed, err
	}
	var asked []probed
	requests = requests[:0]
	for n, t := range batch {
		result.Targets++
		if t.plain {
			result.Plain++
		}
		switch {
		case !open[n].answered:
			result.Unanswered++
			continue
		case open[n].secret:
			result.Open++
		case !open[n].public || !t.plain:
			continue
		}
		for _, mode := range p.modes {
			asked, requests = append(asked, t), append(requests, wire{method: t.method, target: t.target, mode: mode})
		}
		if open[n].secret {
			asked, requests = append(asked, t), append(requests, wire{method: t.method, target: t.target, mode: signedIn, bearer: bearer})
		}
	}
	replies, err := line.send(ctx, requests)
	if err != nil {
		return "", "", failed, err
	}
	for n, a := range replies {
		switch {
		case a.secret && requests[n].bearer == "":
			return requests[n].mode, "a secret came out for a stranger", asked[n], nil
		case a.secret:
			result.Served++
		case asked[n].plain && requests[n].bearer != "":
			return requests[n].mode, fmt.Sprintf("a signed-in caller got %d for a plain path", a.status), asked[n], nil
		case a.public:
			result.Public++
		case asked[n].plain && a.refused == http.StatusBadRequest:
			return requests[n].mode, "a plain path was refused with 400", asked[n], nil
		}
		if a.refused == http.StatusBadRequest {
			result.Refused++
		}
	}
	return "", "", failed, nil
}

// bases are the paths that targets are made of, and ordinary ones.
var bases = []string{
	"/admin/secret.txt", "/admin/secret.txt", "/admin/deep/plan.txt", "/admin/", "/admin", "/admin/index.html",
	"/assets/app.js", "/docs/v1.2/guide.txt", "/administrators/list.txt", "/",
}

// probed makes a target.
func (p *premises) probed(g *generator) probed {
	base := pick(g.Rand, bases)
	if p.flat {
		base = pick(g.Rand, []string{"/secret.txt", "/index.html"})
	}
	t := probed{method: http.MethodGet, target: p.mount + base}
	if g.chance(12) {
		t.plain = !p.changesPaths()
		return t
	}
	if g.chance(16) {
		t.method = pick(g.Rand, []string{http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodConnect, "GEt"})
	}
	for range 1 + g.IntN(3) {
		t.target = g.craft(p, t.target)
	}
	for range g.IntN(3) {
		t.target = g.mutate(t.target, func() string { return p.mount + pick(g.Rand, bases) })
	}
	t.target = strings.ReplaceAll(t.target, "\n", "")
	return t
}

// changesPaths reports whether middleware changes paths before they are routed, after which even a
// plain path may not be one.
func (p *premises) changesPaths() bool {
	return slices.ContainsFunc(p.on, func(setting string) bool { return strings.HasPrefix(setting, "Pre") })
}

// detours are texts that lead back to where they started, for some readers.
var detours = []string{
	"/x/..", "/.", "/assets/..", "/x/y/../..", "/..", "/", "/%2e", "/x/%2e%2e", "/%2E%2E", "/x/.%2e", "%2fx%2f..", "%2f", "/%2f",
	"%2f.", `\`, `\.`, `/x\..`, `\x\..`, "%5c", "%5c..%5c", "/%5c..", "/x%5c..", "/%252e", "/x/%252e%252e", "%252f", "/%252f", "%255c",
	"/;", "/x;/..", "/..;/", "/%00/..", "/#/..", "/?/..", "/%23/..", "/%3f/..", "/x/../x/..",
}

// craft changes a target into another that may bring the same out.
func (g *generator) craft(p *premises, target string) string {
	slashes := make([]int, 0, 8)
	for i := range len(target) {
		if target[i] == '/' {
			slashes = append(slashes, i)
		}
	}
	switch g.IntN(8) {
	case 0, 1:
		if len(slashes) > 0 {
			i := pick(g.Rand, slashes)
			return target[:i] + pick(g.Rand, detours) + target[i:]
		}
	case 2: // a mount without its slash
		if rest, found := strings.CutPrefix(target, p.mount+"/"); found && p.mount != "" {
			return p.mount + rest
		}
		if len(slashes) > 1 {
			i := pick(g.Rand, slashes[1:])
			return target[:i] + target[i+1:]
		}
	case 3, 4: // letters escaped
		var out strings.Builder
		every := 1 + g.IntN(6)
		for i := range len(target) {
			switch {
			case target[i] == '/' || target[i] == '%' || !g.chance(every):
				out.WriteByte(target[i])
			case g.chance(3):
				fmt.Fprintf(&out, "%%25%02x", target[i])
			default:
				fmt.Fprintf(&out, "%%%02x", target[i])
			}
		}
		return out.String()
	case 5:
		if len(slashes) > 0 {
			i := pick(g.Rand, slashes)
			return target[:i] + pick(g.Rand, []string{"//", "%2f", "%2F", `\`, "%5c", "/./", "%252f", "/%2f"}) + target[i+1:]
		}
	case 6:
		if g.chance(4) {
			return strings.TrimPrefix(target, "/")
		}
		return pick(g.Rand, prefixes) + target
	case 7: // a first segment as long as the mount
		if p.mount != "" {
			return "/" + strings.Repeat("x", len(p.mount)-1) + strings.TrimPrefix(target, p.mount)
		}
		return "/assets/.." + target
	}
	return target
}
