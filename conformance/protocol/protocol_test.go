package protocol_test

import (
	"encoding/json"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

func TestBackendReadsNoncesInBothForms(t *testing.T) {
	t.Parallel()
	var backend protocol.Backend
	text := `{"jwks":{"status":500},"handshake_payload":{"a":{"status":201}},"handshake_payload.b":{"networkError":true}}`
	if err := json.Unmarshal([]byte(text), &backend); err != nil {
		t.Fatal(err)
	}
	if backend.JWKS == nil || backend.JWKS.Status != 500 {
		t.Errorf("got key set reply %+v, want status 500", backend.JWKS)
	}
	if reply := backend.HandshakePayload["a"]; reply == nil || reply.Status != 201 {
		t.Errorf("got reply %+v for nonce a, want status 201", reply)
	}
	if reply := backend.HandshakePayload["b"]; reply == nil || !reply.NetworkError {
		t.Errorf("got reply %+v for nonce b, want a network error", reply)
	}
}

func TestOrganizationSyncKeepsEmptyListsApart(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(protocol.OrganizationSync{PersonalAccountPatterns: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"personalAccountPatterns":[]}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
}
