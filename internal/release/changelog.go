package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// checkChangelog makes sure that users can read what a version brings.
func checkChangelog(w *workspace, version string) error {
	text, err := os.ReadFile(filepath.Join(w.root, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	return findChanges(string(text), version)
}

func findChanges(changelog, version string) error {
	for _, m := range heading.FindAllStringSubmatch(changelog, -1) {
		word, _, _ := strings.Cut(m[1], " ")
		if word != version {
			continue
		}
		if !listItem.MatchString(section(changelog, m[1])) {
			return fmt.Errorf("CHANGELOG.md: the section %q lists nothing", m[1])
		}
		return nil
	}
	return fmt.Errorf("CHANGELOG.md: no section %q", "## "+version)
}

var listItem = regexp.MustCompile(`(?m)^- \S`)
