package demo

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/clerkgo/clerkgo/core"
)

// project is what Acme's customers work on.
type project struct{ ID, Name string }

const maxProjects = 50

// projects is the application's own data. Each belongs to an organization or to a user.
type projects struct {
	mu   sync.Mutex
	all  map[string][]project
	made int
}

// owner is whose data a request may see: the active organization's, or the user's own.
// It is part of each query; an empty one owns nothing.
func owner(auth *core.Auth) string {
	if auth.OrgID != "" {
		return auth.OrgID
	}
	return auth.UserID
}

func (p *projects) fill() {
	p.all = map[string][]project{}
	for _, seed := range [][]string{
		{"org_acme", "Rocket skates", "Giant magnet", "Instant tunnel"},
		{"org_engines", "Difference engine"},
		{"user_ada", "Notes on the engine"},
		{"user_grace", "Compiler"},
		{"user_alan", "Imitation game"},
	} {
		for _, name := range seed[1:] {
			p.add(seed[0], name)
		}
	}
}

func (p *projects) of(owner string) []project {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.all[owner])
}

func (p *projects) add(owner, name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if owner == "" || len(p.all[owner]) >= maxProjects {
		return false
	}
	p.made++
	p.all[owner] = append(p.all[owner], project{"prj_" + strconv.Itoa(p.made), strings.Clone(name)})
	return true
}

func (p *projects) remove(owner, id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.all[owner], func(one project) bool { return one.ID == id })
	if i < 0 {
		return false
	}
	p.all[owner] = slices.Delete(p.all[owner], i, i+1)
	return true
}
