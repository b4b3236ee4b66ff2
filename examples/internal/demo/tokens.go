package demo

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/clerkgo/clerkgo/core"
)

// tokens is what /tokens shows.
type tokens struct {
	Session  decoded
	Service  *decoded // a template's token
	Token    string   // the same, as it is sent
	Choices  []choice
	Template string
	Claims   []claim
}

// decoded is a token in plain text.
type decoded struct{ Header, Claims string }

// claim is a claim that changes with the organization.
type claim struct{ Name, Means string }

// Tokens shows what the session token says, and gets one for another service.
func (s *Site) Tokens(v Visit) Answer {
	orgs, err := choices(v)
	if err != nil {
		return s.failed(v, err)
	}
	data := tokens{Session: decode(v.State.Token()), Choices: orgs, Template: "ledger"}
	a := s.page(v, "tokens", "Tokens", data)
	if v.Value("template") == "" {
		return a
	}
	token, err := v.Auth.Token(v.Context, core.Template(data.Template))
	if err != nil {
		s.decisions.fault(err)
		return a.refused(http.StatusBadGateway, "Clerk gave no token. At your own instance, first make a JWT template with the name ledger.")
	}
	service := decode(token)
	data.Service, data.Token = &service, token
	a.Page.Data = data
	return a
}

// decode makes a token readable. It verifies nothing: this one is ours.
func decode(token string) decoded {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return decoded{}
	}
	return decoded{pretty(parts[0]), pretty(parts[1])}
}

func pretty(part string) string {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return ""
	}
	var out bytes.Buffer
	if json.Indent(&out, text, "", "  ") != nil {
		return ""
	}
	return out.String()
}
