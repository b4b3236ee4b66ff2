package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// copyTo copies what Git knows of the repository, with what is not committed yet,
// to a directory, and makes that a repository with one commit. The result is the
// copy's workspace.
func (w *workspace) copyTo(ctx context.Context, dir string) (*workspace, error) {
	names, err := git(ctx, w.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(names, "\x00"), "\x00") {
		name = filepath.FromSlash(name)
		err := copyFile(filepath.Join(dir, name), filepath.Join(w.root, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // Git still lists what was deleted.
			return nil, err
		}
	}
	if _, err := git(ctx, dir, "init", "--quiet"); err != nil {
		return nil, err
	}
	if err := commit(ctx, dir); err != nil {
		return nil, err
	}
	return openWorkspace(dir)
}

// commit commits everything in the directory.
func commit(ctx context.Context, dir string) error {
	if _, err := git(ctx, dir, "add", "--all"); err != nil {
		return err
	}
	_, err := git(ctx, dir, "-c", "user.name=release", "-c", "user.email=release@localhost", "-c", "commit.gpgsign=false",
		"commit", "--quiet", "--no-verify", "--allow-empty", "--message", "A copy")
	return err
}

// git runs Git in a directory and returns what it prints.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = without(os.Environ(), "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	printed, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", args[0], err, complaint.Bytes())
	}
	return string(printed), nil
}

// without returns the environment without some variables.
func without(environment []string, names ...string) []string {
	var rest []string
next:
	for _, entry := range environment {
		for _, name := range names {
			if strings.HasPrefix(entry, name+"=") {
				continue next
			}
		}
		rest = append(rest, entry)
	}
	return rest
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", from)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
