package token

import (
	"encoding/json"
	"strings"
	"testing"
)

// benchPayload is the payload of a session in an organization.
const benchPayload = `{"azp":"https://app.example.com","exp":1767323105,"fva":[3,-1],"iat":1767323045,"iss":"https://clerk.example.com",` +
	`"jti":"0123456789abcdef0000","nbf":1767323035,"o":{"fpm":"3,1","id":"org_2abcdefghijklmnopqrstuvwxyz","per":"create,read,manage",` +
	`"rol":"admin","slg":"acme"},"fea":"o:articles,o:reports,u:support","pla":"o:business","sid":"sess_2abcdefghijklmnopqrstuvwxyz",` +
	`"sts":"active","sub":"user_2abcdefghijklmnopqrstuvwxyz","v":2}`

// BenchmarkScan reads a payload as Decode does, and with encoding/json into what could stand in its
// place. The hostile ones fit into a token of [MaxLength].
func BenchmarkScan(b *testing.B) {
	for _, bc := range []struct{ name, text string }{
		{name: "session", text: benchPayload},
		{name: "many members", text: "{" + strings.Repeat(`"":0,`, 2000) + `"a":0}`},
		{name: "nested", text: `{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}"},
	} {
		for _, reader := range []struct {
			name string
			read func(text string) bool
		}{
			{name: "scan", read: func(text string) bool {
				_, ok := parseObject(text, make([]member, 0, 16))
				return ok
			}},
			{name: "json any", read: func(text string) bool {
				var m map[string]any
				return json.Unmarshal([]byte(text), &m) == nil
			}},
			{name: "json raw", read: func(text string) bool {
				var m map[string]json.RawMessage
				return json.Unmarshal([]byte(text), &m) == nil
			}},
			{name: "json struct", read: func(text string) bool {
				var m struct {
					Azp, Iss, Sid, Sub, Sts, Jti, Fea, Pla string
					Exp, Iat, Nbf, V                       float64
					Fva                                    []float64
					O                                      struct{ Fpm, ID, Per, Rol, Slg string }
				}
				return json.Unmarshal([]byte(text), &m) == nil
			}},
		} {
			b.Run(bc.name+"/"+reader.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if !reader.read(bc.text) {
						b.Fatal("not read")
					}
				}
			})
		}
	}
}

// TestScanReadsNamesExactly: encoding/json fills a field from a member of another letter case, so
// that with a struct whoever can add a claim could overwrite one that Clerk wrote.
func TestScanReadsNamesExactly(t *testing.T) {
	t.Parallel()
	const text = `{"sub":"user_ada","SUB":"user_eve"}`
	o, ok := parseObject(text, make([]member, 0, 4))
	if got, _ := o.Get("sub").Text(); !ok || got != "user_ada" {
		t.Errorf("got %q, %v, want user_ada", got, ok)
	}
	var bound struct {
		Sub string `json:"sub"`
	}
	if err := json.Unmarshal([]byte(text), &bound); err != nil || bound.Sub != "user_eve" {
		t.Errorf("encoding/json reads %q, %v: docs/decisions/json-scanner.md says user_eve", bound.Sub, err)
	}
}
