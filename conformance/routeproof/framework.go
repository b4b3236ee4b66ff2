package routeproof

import (
	"net"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core"
)

// framework is what the proof knows of a web framework. Another one is another file, and its name
// in the list of all.
type framework struct {
	name string
	// settings are the settings of its router, which are switched on at random.
	settings []string
	// serve serves the routes of a table. Frameworks without it have no tables.
	serve func(s *site, l net.Listener) (stop func() error, err error)
	// register reports whether the router accepts the routes of a table; nil for one that accepts
	// all.
	register func(s *site) error
	// places are where content comes out.
	places []place
}

// family returns the framework whose routes are spelled as those of the framework with this name,
// and compared with paths in the same way.
func family(name string) string { return strings.TrimRight(name, "35") }

// frameworks are all frameworks.
func frameworks() []framework {
	return []framework{ginFramework(), echoFramework(), echo5Framework(), fiberFramework(), fiber3Framework(), httpFramework(), chiFramework()}
}

// frameworkOf finds a framework.
func frameworkOf(name string) *framework {
	all := frameworks()
	i := slices.IndexFunc(all, func(f framework) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// Frameworks are the frameworks that can be proved.
func Frameworks() []string {
	all := frameworks()
	names := make([]string, 0, len(all))
	for _, f := range all {
		names = append(names, f.name)
	}
	return names
}

// Routers are those of them whose router is proved with tables of routes.
func Routers() []string {
	var names []string
	for _, f := range frameworks() {
		if f.serve != nil {
			names = append(names, f.name)
		}
	}
	return names
}

// place is a way in which an application serves files, or what an upstream has.
type place struct {
	name string
	// mount is where the content is: the path of admin/secret.txt starts with it.
	mount string
	// pattern is what patterns call the mount; the mount itself unless given.
	pattern string
	// stripped says that the guards stand where the mount has been cut off the path.
	stripped bool
	// vault says that all of it is guarded, not only what is below admin.
	vault bool
	// grouped says that a guard on a group stands in front, and none by path.
	grouped bool
	// flat says that the files have one segment: secret.txt.
	flat bool
	// settings are those of the place itself, beside its router's.
	settings []string
	// serve serves the application.
	serve func(p *premises, l net.Listener) (stop func() error, err error)
}

// premises are an application that serves content in one place.
type premises struct {
	*content
	*place
	clerk *core.Clerk
	on    []string                      // settings
	modes []string                      // the guards
	guard map[string]*core.RouteMatcher // by mode
}

// On reports whether a setting is on.
func (p *premises) On(setting string) bool { return slices.Contains(p.on, setting) }

// dir is the directory that the place serves.
func (p *premises) dir() string {
	if p.vault {
		return p.vaultDir
	}
	return p.publicDir
}
