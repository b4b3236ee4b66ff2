package core

import (
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

const modulePath = "github.com/clerkgo/clerkgo"

// versions tells of which versions the application was built.
func (e *examination) versions() {
	build := e.at.Build
	if build == nil {
		build, _ = debug.ReadBuildInfo()
	}
	if build == nil {
		e.add(LevelNote, aboutVersions, "modules", "are unknown: this program was built without modules. Go is "+runtime.Version()+".", "")
		return
	}
	byVersion := map[string][]string{} // the names of our modules
	replaced := false
	sdk := ""
	for _, m := range append([]*debug.Module{&build.Main}, build.Deps...) {
		version := m.Version
		if m.Replace != nil {
			version = m.Replace.Version
		}
		if m.Path == "github.com/clerk/clerk-sdk-go/v2" {
			sdk = ", clerk-sdk-go " + version
		}
		name, ours := strings.CutPrefix(m.Path, modulePath)
		if !ours || name != "" && name[0] != '/' {
			continue
		}
		if m.Replace != nil || version == "" || version == "(devel)" {
			replaced = true
			version = "of a working copy"
		}
		if name = strings.TrimPrefix(name, "/"); name == "" {
			name = "clerkgo"
		}
		byVersion[version] = append(byVersion[version], name)
	}
	parts := make([]string, 0, len(byVersion))
	for _, version := range slices.Sorted(maps.Keys(byVersion)) {
		slices.Sort(byVersion[version])
		parts = append(parts, strings.Join(byVersion[version], ", ")+" "+version)
	}
	text := strings.Join(parts, "; ") + sdk + ", Go " + strings.TrimPrefix(build.GoVersion, "go") + "."
	switch {
	case len(byVersion) == 0:
		e.add(LevelWarning, aboutVersions, "modules", "no module of "+modulePath+" is in that program.", "Give the program of the application.")
	case replaced:
		e.add(LevelNote, aboutVersions, "modules", text, "")
	case len(byVersion) > 1:
		e.add(LevelWarning, aboutVersions, "modules", "of several versions: "+text, "All modules of clerkgo share one version, and are tested together: go get each of them at the same one.")
	default:
		e.add(LevelOK, aboutVersions, "modules", text, "")
	}
}
