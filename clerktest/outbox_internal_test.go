package clerktest

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// TestControlOutbox: what would have been sent is there to be read, newest first, and
// after the state has been saved and restored.
func TestControlOutbox(t *testing.T) {
	t.Parallel()
	s := New(t)
	s.mu.Lock()
	s.state.Send(store.Message{To: "ada@example.com", Slug: "verification_code", Subject: "123456 is your code", Code: "123456"})
	s.state.Send(store.Message{SMS: true, To: "+15555550100", Slug: "verification_code", Code: "654321"})
	s.mu.Unlock()
	ask := func(method, path, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+"/_emulator"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	all := ask("GET", "/outbox", "")
	if first, second := strings.Index(all, `"code":"654321"`), strings.Index(all, `"code":"123456"`); first < 0 || second < first {
		t.Errorf("outbox: got %s", all)
	}
	if one := ask("GET", "/outbox?to=Ada@example.com", ""); !strings.Contains(one, `"total_count":1`) || !strings.Contains(one, `"123456"`) {
		t.Errorf("one address: got %s", one)
	}
	state := ask("GET", "/export", "")
	ask("DELETE", "/outbox", "")
	if none := ask("GET", "/outbox", ""); !strings.Contains(none, `"total_count":0`) {
		t.Errorf("emptied: got %s", none)
	}
	ask("POST", "/import", state)
	if again := ask("GET", "/outbox", ""); again != all {
		t.Errorf("restored: got %s, want %s", again, all)
	}
}
