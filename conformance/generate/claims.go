package generate

import (
	"fmt"
	"math/big"
	"strings"
)

// claimFamilies aim at the auth object that is built from the claims.
func claimFamilies() []family {
	return []family{
		{name: "claims-v1-organization", make: func(s *scene) {
			t := s.session()
			s.organizationV1(t)
			s.carry(t.String())
			s.ask(s.queries(6)...)
		}},
		{name: "claims-v2-organization", make: func(s *scene) {
			t := s.session()
			s.organizationV2(t)
			s.carry(t.String())
			s.ask(s.queries(6)...)
		}},
		{name: "claims-v2-permission-masks", make: func(s *scene) {
			t := s.session()
			permissions := 1 + s.IntN(70)
			names := make([]string, permissions)
			for i := range names {
				names[i] = fmt.Sprintf("p%d", i)
			}
			masks := make([]string, 1+s.IntN(4))
			for i := range masks {
				masks[i] = s.mask(permissions)
			}
			features := make([]string, 1+s.IntN(4))
			for i := range features {
				features[i] = s.one("o:", "u:", "ou:", "uo:", "o:", "x:") + fmt.Sprintf("f%d", i)
			}
			t.claims("v", 2, "fea", strings.Join(features, s.one(",", ", ")), "o", map[string]string{
				"id": "org_1", "slg": "acme", "rol": "admin", "per": strings.Join(names, s.one(",", " , ")), "fpm": strings.Join(masks, s.one(",", " ,")),
			})
			s.bearer(t.String())
			s.ask(`{"permission":"org:f0:p0"}`, `{"permission":"f1:p53"}`, fmt.Sprintf(`{"permission":"org:f0:p%d"}`, s.IntN(70)))
		}},
		{name: "claims-v2-features-malformed", make: func(s *scene) {
			t := s.session()
			s.organizationV2(t)
			t.claims("fea", s.one("reports", "o:a,", ",o:a", "o:a,,u:b", "o:a,b", "o", " ", "o:", ":", "o:a:b", ":a", "o: a", "o :a", "O:a", "o:a;u:b"))
			s.anyAccept()
			s.carry(t.String())
			s.ask(`{"feature":"a"}`, `{"plan":"gold"}`, `{}`)
		}},
		{name: "claims-v2-odd-strings", make: func(s *scene) {
			t := s.session()
			o := object{{"id", `"org_1"`}, {"slg", `"acme"`}, {"rol", `"admin"`}, {"per", `"read,manage"`}, {"fpm", `"3,1"`}}
			switch s.IntN(4) {
			case 0:
				o.del(s.one("id", "slg", "rol", "per", "fpm"))
			case 1:
				o.set(s.one("id", "slg", "rol", "per", "fpm"), `""`)
			case 2:
				o.set("fpm", js(s.one("1invalid,1", "-1", "1.5", "+1", "0x3", " 3 ", "03", "3,,1", ",1", "٣", "1e1", "99999999999999999999999999")))
			default:
				o.set("per", js(s.one("read", ",", "read,,manage", " read , manage ", "read,read", ",manage")))
			}
			t.claims("v", 2, "fea", s.one("o:reports,o:billing", "u:x,o:reports", "ou:a,uo:b", "", "o:a,o:a"))
			t.payload.set("o", o.String())
			s.carry(t.String())
			s.ask(s.queries(4)...)
		}},
		{name: "quirk-claims-v2-types", make: func(s *scene) {
			t := s.session()
			o := object{{"id", `"org_1"`}, {"slg", `"acme"`}, {"rol", `"admin"`}, {"per", `"read,manage"`}, {"fpm", `"3,1"`}}
			t.claims("v", 2, "fea", "o:reports,o:billing")
			switch s.IntN(3) {
			case 0:
				o.set(s.one("id", "slg", "rol", "per", "fpm"), s.one(`null`, `5`, `true`, `[]`, `{}`, `["read"]`, `false`, `0`))
				t.payload.set("o", o.String())
			case 1:
				t.payload.set("o", s.one(`null`, `5`, `"org_1"`, `true`, `[]`, `false`, `{}`))
			default:
				t.payload.set("o", o.String())
				t.payload.set(s.one("fea", "pla"), s.one(`null`, `5`, `true`, `["o:reports"]`, `{}`, `0`, `false`))
			}
			s.carry(t.String())
			s.ask(`{"role":"admin"}`, `{"permission":"org:reports:read"}`, `{"feature":"reports"}`)
		}},
		{name: "quirk-claims-v1-types", make: func(s *scene) {
			t := s.session()
			s.organizationV1(t)
			t.payload.set(s.one("org_id", "org_role", "org_slug", "org_permissions", "sid", "sts", "act", "fva"), s.one(`null`, `5`, `true`, `[]`, `{}`, `"org:a:b"`, `[1,null]`, `""`, `0`))
			s.carry(t.String())
			s.ask(`{"role":"admin"}`, `{"permission":"org:a:b"}`)
		}},
		{name: "claims-version", make: func(s *scene) {
			t := s.session()
			s.organizationV1(t)
			s.organizationV2(t)
			if s.chance(80) {
				t.payload.set("v", s.one(`2`, `2.0`, `"2"`, `1`, `3`, `null`, `2e0`, `true`, `20e-1`, `[2]`))
			} else {
				t.payload.del("v")
			}
			s.carry(t.String())
			s.ask(s.queries(4)...)
		}},
		{name: "claims-pending", make: func(s *scene) {
			t := s.session()
			t.claims("sts", s.one("pending", "pending", "active", "Pending", "", "expired"))
			if s.chance(50) {
				s.organizationV2(t)
			}
			s.carry(t.String())
			s.ask(s.queries(2)...)
			s.c.Redirect = redirectDefault()
		}},
		{name: "claims-actor", make: func(s *scene) {
			t := s.session()
			t.payload.set("act", s.one(`{"sub":"user_admin"}`, `{"sub":"agent_1","type":"agent","extra":{"a":[1]}}`, `{"iss":"https://d.example.com","sub":"x"}`))
			s.carry(t.String())
		}},
		{name: "claims-session-missing", make: func(s *scene) {
			t := s.session()
			t.payload.del("sid")
			s.carry(t.String())
		}},
		{name: "claims-factor-age", make: func(s *scene) {
			t := s.session()
			t.payload.set("fva", s.factorAge())
			if s.chance(10) {
				t.payload.del("fva")
			}
			s.carry(t.String())
			for range 8 {
				s.ask(`{"reverification":` + s.reverification() + `}`)
			}
		}},
	}
}

// hasFamilies aim at authorization queries.
func hasFamilies() []family {
	return []family{
		{name: "has-role", make: func(s *scene) {
			t := s.session()
			role := s.one("org:admin", "admin", "org:org:admin", "", "org:", "ADMIN", "basic_member", "org:a:b", "Org:admin")
			t.claims("org_id", "org_1", "org_role", role, "org_slug", "acme")
			if s.chance(15) {
				t.payload.del(s.one("org_id", "org_role"))
			}
			s.bearer(t.String())
			for range 8 {
				s.ask(`{"role":` + js(s.one("org:admin", "admin", "org:org:admin", "ADMIN", "basic_member", "adminx", "admi", "a:b", "Org:admin", ":admin")) + `}`)
			}
		}},
		{name: "has-permission", make: func(s *scene) {
			t := s.session()
			list := []string{s.one("org:f1:read", "f1:read", "org:org:f1:read"), s.one("org:sys_memberships:manage", "", "org:", "org:f1")}
			t.claims("org_id", "org_1", "org_role", "org:admin", "org_permissions", list)
			s.bearer(t.String())
			for range 8 {
				s.ask(`{"permission":` + js(s.one("org:f1:read", "f1:read", "org:org:f1:read", "org:f1", "f1", "org:F1:read", "org:f1:read ",
					"sys_memberships:manage", "org:f1:rea", "f1:read,org:x")) + `}`)
			}
		}},
		{name: "has-feature-plan", make: func(s *scene) {
			t := s.session()
			s.organizationV2(t)
			t.claims("fea", s.one("o:reports,u:gold", "ou:reports", "uo:both,o:x", "u:u", "o:o,u:user", "x:nope,o:reports", "", "reports"))
			t.claims("pla", s.one("o:pro", "u:free_user", "o:pro,u:free", "ou:team", "", "free_user", "o:", "x:pro"))
			if s.chance(15) {
				t.payload.del(s.one("fea", "pla", "o"))
			}
			s.bearer(t.String())
			name := func() string {
				return js(s.one("", "o:", "u:", "org:", "user:", "organization:", "ou:", "O:", "x:", "o:o:") +
					s.one("reports", "gold", "both", "u", "o", "user", "pro", "free_user", "free", "team", "", "res:x", "reports:x", "nope"))
			}
			for range 10 {
				s.ask(`{` + s.one(`"feature":`+name(), `"plan":`+name(), `"feature":`+name()+`,"plan":`+name()) + `}`)
			}
		}},
		{name: "has-reverification", make: func(s *scene) {
			t := s.session()
			t.payload.set("fva", s.factorAge())
			s.bearer(t.String())
			for range 12 {
				s.ask(`{"reverification":` + s.reverification() + `}`)
			}
		}},
		{name: "quirk-has-empty-name", make: func(s *scene) {
			t := s.session()
			t.claims("org_id", "org_1", "org_role", s.one("org:", "org:admin", ""), "org_permissions", []string{s.one("org:", "", "org:a:b")})
			s.bearer(t.String())
			s.ask(`{"role":""}`, `{"role":"org:"}`, `{"permission":""}`, `{"permission":"org:"}`, `{"feature":""}`, `{"plan":""}`)
		}},
		{name: "quirk-claims-factor-age-malformed", make: func(s *scene) {
			t := s.session()
			t.payload.set("fva", s.malformedFactorAge())
			s.carry(t.String())
			for range 8 {
				s.ask(`{"reverification":` + s.reverification() + `}`)
			}
		}},
		{name: "has-combined", make: func(s *scene) {
			t := s.session()
			if s.chance(50) {
				s.organizationV1(t)
			} else {
				s.organizationV2(t)
			}
			t.claims("pla", "o:pro,u:free")
			t.payload.set("fva", s.one("[0,0]", "[5,-1]", "[100,100]"))
			s.carry(t.String())
			for range 10 {
				s.ask(s.combinedQuery())
			}
		}},
		{name: "has-null-members", make: func(s *scene) {
			t := s.session()
			s.organizationV2(t)
			s.carry(t.String())
			for range 6 {
				s.ask(`{` + js(s.one("role", "permission", "feature", "plan", "reverification")) + `:` + s.one(`null`, `5`, `true`, `[]`, `{}`, `["org:admin"]`) +
					s.one(``, `,"role":"org:admin"`, `,"permission":"org:reports:read"`) + `}`)
			}
			s.ask(`{}`, `{"unknown":"x"}`, `{"Role":"org:admin"}`)
		}},
	}
}

// authorizationFamilies ask queries of whoever is not signed in with a session.
func authorizationFamilies() []family {
	return []family{
		{name: "has-signed-out", make: func(s *scene) {
			s.devBrowser()
			s.ask(`{}`, `{"role":"org:admin"}`, `{"feature":"x"}`, `{"reverification":"lax"}`)
		}},
		{name: "has-machine", make: func(s *scene) {
			s.machineReplies()
			s.bearer(s.machineToken())
			s.accepts("any")
			s.ask(`{}`, `{"role":"org:admin"}`, `{"permission":"org:a:b"}`)
		}},
		{name: "has-empty-user", make: func(s *scene) {
			t := s.session()
			s.organizationV1(t)
			t.claims("sub", "")
			s.carry(t.String())
			s.ask(s.queries(4)...)
		}},
	}
}

func (s *scene) organizationV1(t *token) {
	t.claims("org_id", s.one("org_1", "org_2"), "org_role", s.one("org:admin", "admin", "basic_member", "org:member"), "org_slug", s.one("acme", "other"))
	if s.chance(80) {
		t.claims("org_permissions", pick(s, []string{}, []string{"org:reports:read"}, []string{"org:reports:read", "org:sys_memberships:manage"}, []string{"reports:read"}))
	}
	if s.chance(15) {
		t.payload.del(s.one("org_id", "org_role", "org_slug"))
	}
}

func (s *scene) organizationV2(t *token) {
	t.claims("v", 2)
	o := map[string]string{"id": s.one("org_1", "org_2"), "slg": s.one("acme", "other"), "rol": s.one("admin", "member", "org:admin")}
	if s.chance(85) {
		o["per"] = s.one("read,manage", "read", "read,create,update,delete,revoke", "manage, read")
		o["fpm"] = s.one("1,3", "3", "7,21,0", "0", "3,0", "2,1,5", "31,31,31")
	}
	t.claims("o", o)
	if s.chance(90) {
		t.claims("fea", s.one("o:reports,o:billing", "o:reports,u:gold", "ou:reports", "u:gold,o:billing,o:reports", "o:a,u:b,ou:c,x:d", "uo:projects"))
	}
	if s.chance(60) {
		t.claims("pla", s.one("o:pro", "u:free_user", "o:pro,u:free"))
	}
}

// mask is a permission mask with interesting bits.
func (s *scene) mask(permissions int) string {
	switch s.IntN(6) {
	case 0:
		return s.one("0", "1", "9007199254740993", "18014398509481984", "9007199254740992", "18446744073709551616")
	case 1:
		return s.one("", "x", "-1", "1.5", "007", " 5")
	default:
		bits := new(big.Int)
		for range 1 + s.IntN(6) {
			bits.SetBit(bits, s.IntN(permissions+2), 1)
		}
		return bits.String()
	}
}

func (s *scene) factorAge() string {
	ages := []string{"-1", "0", "1", "5", "9", "9.5", "10", "11", "59", "60", "61", "1439", "1440", "1441"}
	return "[" + s.one(ages...) + "," + s.one(ages...) + "]"
}

func (s *scene) malformedFactorAge() string {
	return s.one(`null`, `[]`, `[5]`, `[5,5,5]`, `["5",5]`, `[5,"5"]`, `[null,5]`, `[-2,5]`, `[5,-0.5]`, `[-1.5,5]`, `[1e400,5]`)
}

func (s *scene) reverification() string {
	if s.chance(50) {
		return js(s.one("strict_mfa", "strict", "moderate", "lax"))
	}
	if s.chance(75) {
		return `{"level":` + js(s.one("first_factor", "second_factor", "multi_factor")) + `,"afterMinutes":` + s.one("1", "10", "10.5", "0.5", "60", "1440", "100000") + `}`
	}
	return s.one(`null`, `""`, `"Strict"`, `"none"`, `5`, `true`, `[]`, `{}`, `{"level":"first_factor"}`, `{"afterMinutes":10}`, `{"level":"third_factor","afterMinutes":10}`,
		`{"level":"first_factor","afterMinutes":0}`, `{"level":"first_factor","afterMinutes":-5}`, `{"level":"first_factor","afterMinutes":"10"}`,
		`{"level":"first_factor","afterMinutes":null}`, `{"level":"strict","afterMinutes":10}`)
}

func (s *scene) queries(count int) []string {
	queries := make([]string, 0, count)
	for range count {
		queries = append(queries, s.combinedQuery())
	}
	return queries
}

func (s *scene) combinedQuery() string {
	var members []string
	if s.chance(45) {
		members = append(members, `"role":`+js(s.one("org:admin", "admin", "org:member", "basic_member", "org:org:admin")))
	}
	if s.chance(45) {
		members = append(members, `"permission":`+js(s.one("org:reports:read", "reports:manage", "org:sys_memberships:manage", "org:billing:read", "org:c:manage")))
	}
	if s.chance(25) {
		members = append(members, `"feature":`+js(s.one("reports", "o:reports", "u:gold", "billing", "u:reports")))
	}
	if s.chance(25) {
		members = append(members, `"plan":`+js(s.one("pro", "o:pro", "u:free", "free_user")))
	}
	if s.chance(25) {
		members = append(members, `"reverification":`+s.reverification())
	}
	return "{" + strings.Join(members, ",") + "}"
}
