package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestStateThatCannotBeWritten: it is said once, the file keeps what it has, and what
// could not be saved is as soon as it can be.
func TestStateThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file, said := filepath.Join(dir, "state.json"), make(chan string, 1000)
	p := startLogging(t, lines(said), "--state", file)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if status, body := p.ask(t, "POST", "/v1/users", `{"username": "ada"}`); status != 200 {
		t.Fatalf("got %d %s", status, body)
	}
	heard(t, said, file+" cannot be written: no such file or directory. It is tried again every second")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	heard(t, said, file+" is written again")
	if text, err := os.ReadFile(file); err != nil || !bytes.Contains(text, []byte(`"ada"`)) {
		t.Errorf("the change is lost: %v", err)
	}
}

// lines sends what is written to it on.
type lines chan<- string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

var _ io.Writer = lines(nil)

// heard wants the next thing that the program says to hold a text.
func heard(t *testing.T, said <-chan string, want string) {
	t.Helper()
	select {
	case got := <-said:
		if !strings.Contains(got, want) {
			t.Fatalf("it said %q, want %q", got, want)
		}
	case <-time.After(time.Minute):
		t.Fatalf("it did not say %q", want)
	}
}

// TestStatesThatAreNone: a start that cannot keep its state fails, names the file and
// leaves it as it is.
func TestStatesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ content, want string }{
		"cut off":             {`{"version": 1, "store": {`, "cannot be read"},
		"nothing in it":       {"", "cannot be read"},
		"a newer version's":   {`{"version": 99}`, "is of version 99, this version reads "},
		"another instance's":  {`{"version": 1, "instance_id": "ins_other"}`, "that of another instance"},
		"something else":      {`["users"]`, "cannot be read"},
		"a file's place":      {"file", "not a directory"},
		"nowhere":             {"nowhere", "no such file or directory"},
		"a directory instead": {"directory", "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "state.json")
			kept := file
			if err := os.WriteFile(file, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			switch tc.content {
			case "file":
				file = filepath.Join(file, "state.json")
			case "nowhere":
				file = filepath.Join(filepath.Dir(file), "nowhere", "state.json")
			case "directory":
				file = filepath.Dir(file)
			}
			if said := fails(t, 1, "--state", file, "--port", "0"); !strings.Contains(said, tc.want) || !strings.Contains(said, file) {
				t.Errorf("got %q, want %q and %s", said, tc.want, file)
			}
			if text, err := os.ReadFile(kept); err != nil || string(text) != tc.content {
				t.Errorf("the file has changed: %v %q", err, text)
			}
		})
	}
}

// TestStateIsOneProcesss: a second process does not start on a state that is in use, whatever path leads there, and
// says who uses it. A process that was killed holds nothing.
func TestStateIsOneProcesss(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, other := filepath.Join(dir, "state.json"), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, other); err != nil {
		if runtime.GOOS != "windows" { // There it needs a right.
			t.Fatal(err)
		}
		other = dir
	}
	p := start(t, "--state", file)
	cut := filepath.Join(dir, ".state.json.123.next") // As if the other one was writing.
	if err := os.WriteFile(cut, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, filepath.Join(other, "state.json")} {
		want := name + " is in use by another emulator (process " + strconv.Itoa(p.cmd.Process.Pid) + " on "
		if said := fails(t, 1, "--state", name, "--port", "0"); !strings.Contains(said, want) || !strings.Contains(said, "). Stop that one, or start with another --state") {
			t.Errorf("got %q, want %q", said, want)
		}
	}
	if _, err := os.Stat(cut); err != nil {
		t.Errorf("what the other one writes was taken away: %v", err)
	}
	start(t, "--state", filepath.Join(dir, "another.json"))
	p.kill()
	start(t, "--state", file)
}
