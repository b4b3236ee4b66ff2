package generate

import (
	"encoding/json"
	"math/rand/v2"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// Route puts the case with the given number behind a route of adapter mode, protected or not. It
// changes nothing else.
func (g *Generator) Route(index int, c *protocol.Case) {
	s := &scene{Rand: rand.New(rand.NewPCG(g.seed, uint64(index)+1<<41))}
	c.Route = new(protocol.Route)
	if s.chance(25) {
		return
	}
	p := new(protocol.Protect)
	c.Route.Protect = p
	if s.chance(30) {
		p.Role = s.one("org:admin", "admin", "org:member")
	}
	if s.chance(25) {
		p.Permission = s.one("org:reports:read", "reports:manage", "org:sys_memberships:manage")
	}
	if s.chance(10) {
		p.Feature = s.one("reports", "u:gold")
	}
	if s.chance(10) {
		p.Plan = s.one("pro", "u:free")
	}
	if s.chance(10) {
		p.Reverification = json.RawMessage(s.reverification())
	}
	if s.chance(40) {
		for _, tokenType := range []string{"session_token", "api_key", "m2m_token", "oauth_token"} {
			if s.chance(50) {
				p.Tokens = append(p.Tokens, tokenType)
			}
		}
	}
	if s.chance(20) {
		p.UnauthorizedURL = s.one("/forbidden", "https://other.example.com/forbidden?x=1")
	}
	if s.chance(20) {
		p.UnauthenticatedURL = s.one("/welcome", "https://other.example.com/welcome")
	}
}
