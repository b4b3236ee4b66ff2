package clerktest_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestControlFaultsAndRequests(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t)
	once := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // Which a client would try again otherwise.
	ask := func() int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, clerk.URL()+"/v1/users/user_none", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+clerk.SecretKey())
		res, err := once.Do(req)
		if err != nil {
			return 0
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	_, fault := control(t, clerk, "POST", "/faults", `{"endpoint": "GET /v1/users/{id}", "status": 503, "count": 1, "retry_after": 7}`)
	if got := []int{ask(), ask()}; got[0] != 503 || got[1] != 404 {
		t.Errorf("count: got %v", got)
	}
	if status, _ := control(t, clerk, "DELETE", "/faults/"+"1", nil); status != 204 || fault["id"] != 1.0 {
		t.Errorf("remove: got %d of %v", status, fault)
	}
	if status, _ := control(t, clerk, "DELETE", "/faults/1", nil); status != 404 {
		t.Errorf("remove twice: got %d", status)
	}
	control(t, clerk, "POST", "/faults", `{"endpoint": "GET /v1/users/{id}", "status": 500, "rate": 0.5}`)
	if got := []int{ask(), ask(), ask(), ask()}; got[0] != 404 || got[1] != 500 || got[2] != 404 || got[3] != 500 {
		t.Errorf("rate: got %v", got)
	}
	control(t, clerk, "DELETE", "/faults", nil)
	control(t, clerk, "POST", "/faults", `{"drop": true, "delay_ms": 1}`)
	if got := ask(); got != 0 {
		t.Errorf("drop: got %d", got)
	}
	// What the control API and the dashboard ask meets no fault and is not logged.
	if status, _ := control(t, clerk, "GET", "/v1/users/user_none", nil); status != 404 {
		t.Errorf("the control API met a fault: %d", status)
	}
	_, log := control(t, clerk, "GET", "/requests?limit=2", nil)
	if log["total_count"] != 7.0 || len(listed(log)) != 2 {
		t.Fatalf("requests: got %v", log)
	}
	newest, _ := log["data"].([]any)[0].(map[string]any)
	if newest["endpoint"] != "GET /v1/users/{id}" || newest["path"] != "/v1/users/user_none" || newest["error"] != "internal_clerk_error: A fault was injected." {
		t.Errorf("newest: got %v", newest)
	}
	if _, failed := control(t, clerk, "GET", "/requests?failed=true&query=not%20found", nil); failed["total_count"] != 3.0 {
		t.Errorf("failed: got %v", failed)
	}
	control(t, clerk, "DELETE", "/requests", nil)
	if n := clerk.Requests(""); n != 0 {
		t.Errorf("%d requests are left", n)
	}
	for body, want := range map[string]string{
		`{"status": 503, "retry_after": -1}`: "form_param_format_invalid retry_after",
		`{"delay_ms": 1, "retry_after": 3}`:  "form_param_missing status",
		`{"drop": true, "retry_after": 3}`:   "form_param_value_invalid drop",
		`{"drop": true, "status": 500}`:      "form_param_value_invalid drop",
		`{"drop": true, "body": "x"}`:        "form_param_value_invalid drop",
		`{"status": 42}`:                     "form_param_format_invalid status",
		`{"status": 500, "rate": 2}`:         "form_param_format_invalid rate",
		`{"status": 500, "rate": "x"}`:       "form_param_format_invalid rate",
		`{"endpoint": "GET /"}`:              "form_data_missing status",
		`{"delay_ms": -1}`:                   "form_param_format_invalid delay_ms and count",
	} {
		if _, doc := control(t, clerk, "POST", "/faults", body); refusedAt(doc) != want {
			t.Errorf("%s: got %v, want %s", body, doc, want)
		}
	}
}

// TestControlFaultsOfTooManyRequests: a 429 says how long to wait, as Clerk's always does.
func TestControlFaultsOfTooManyRequests(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t)
	for body, want := range map[string]string{
		`{"status": 429, "endpoint": "GET /v1/users"}`:                           "10",
		`{"status": 429, "endpoint": "GET /v1/organizations", "retry_after": 3}`: "3",
		`{"status": 429, "endpoint": "GET /v1/sessions", "retry_after": 0}`:      "",
	} {
		_, fault := control(t, clerk, "POST", "/faults", body)
		endpoint, _ := fault["endpoint"].(string)
		_, path, _ := strings.Cut(endpoint, " ")
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, clerk.URL()+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+clerk.SecretKey())
		res := do(t, plain(t), req)
		if got := res.Header.Get("Retry-After"); res.StatusCode != http.StatusTooManyRequests || got != want || !strings.Contains(string(res.body), `"too_many_requests"`) {
			t.Errorf("%s: got %d, Retry-After %q, want %q: %s", body, res.StatusCode, got, want, res.body)
		}
		if n, _ := fault["retry_after"].(float64); strconv.Itoa(int(n)) != want && want != "" {
			t.Errorf("%s: the fault says %v", body, fault)
		}
	}
}
