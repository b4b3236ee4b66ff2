package backendapi

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// machines are services and their tokens, keys of users, and OAuth applications.
func machines() []rest.Endpoint {
	services := rest.Collection{Path: "/v1/machines", Table: func(in *store.Instance) *store.Table { return in.Machines.Table }}
	apps := rest.Collection{Path: "/v1/oauth_applications", Table: func(in *store.Instance) *store.Table { return in.OAuthApplications.Table }}
	list := slices.Concat(
		services.Serve(rest.Pages, rest.Creates, rest.Gets, rest.Updates, rest.Deletes),
		apps.Serve(rest.Pages, rest.Creates, rest.Gets, rest.Updates, rest.Deletes),
		[]rest.Endpoint{
			{Pattern: "GET /v1/machines/{id}/secret_key", Serve: machineAct(nil, func(_ *store.Instance, m *store.Machine, _ wire.Doc) (any, error) { return machineSecret(m), nil })},
			{Pattern: "POST /v1/machines/{id}/secret_key/rotate", Serve: machineAct(wire.Doc{"previous_token_ttl": int64(0)}, rotateMachine)},
			{Pattern: "POST /v1/machines/{id}/scopes", Serve: machineAct(wire.Doc{"to_machine_id": ""}, addScope)},
			{Pattern: "DELETE /v1/machines/{id}/scopes/{other}", Serve: dropScope},
			{Pattern: "POST /v1/oauth_applications/{id}/rotate_secret", Serve: rotateApplication(apps)},
			{Pattern: "POST /v1/oauth_applications/{id}/revoke_token", Serve: revokeApplicationToken(apps)},
		},
	)
	for _, version := range []string{"", "/v1"} { // Clerk has these without a version.
		keys := rest.Collection{Path: version + "/api_keys", Table: func(in *store.Instance) *store.Table { return in.APIKeys.Table }, Scope: goodOnes(func(in *store.Instance) store.Of[store.Credential] { return in.APIKeys })}
		tokens := rest.Collection{Path: version + "/m2m_tokens", Table: func(in *store.Instance) *store.Table { return in.M2MTokens.Table }, Scope: goodOnes(func(in *store.Instance) store.Of[store.Credential] { return in.M2MTokens }), Key: "m2m_tokens", Machine: true}
		list = slices.Concat(list, keys.Serve(rest.Pages, rest.Creates, rest.Gets, rest.Updates, rest.Deletes), tokens.Serve(rest.Pages), []rest.Endpoint{
			keys.On("POST", "/revoke", revokeCredential),
			{Pattern: "GET " + keys.Path + "/{id}/secret", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
				_, row, err := keys.Row(in, call)
				if err != nil {
					return nil, err
				}
				return wire.Doc{"secret": row.(*store.Credential).Secret}, nil //nolint:errcheck,forcetypeassert // The table's own rows.
			}},
			{Pattern: "POST " + tokens.Path, Serve: createM2M, Machine: true},
			tokens.On("POST", "/revoke", revokeCredential),
			verifies(keys.Path, "secret", func(in *store.Instance) store.Of[store.Credential] { return in.APIKeys }),
			verifies(tokens.Path, "token", func(in *store.Instance) store.Of[store.Credential] { return in.M2MTokens }),
			verifies(version+"/oauth_applications/access_tokens", "access_token", func(in *store.Instance) store.Of[store.Credential] { return in.OAuthTokens }),
		})
	}
	return list
}

// machineAct does something with the machine that the path names.
func machineAct(takes wire.Doc, act func(*store.Instance, *store.Machine, wire.Doc) (any, error)) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		m := in.Machines.Get(call.Param("id"))
		if m == nil {
			return nil, wire.NotFound("Machine")
		}
		given, err := store.Params(call, takes)
		if err != nil {
			return nil, err
		}
		return act(in, m, given)
	}
}

func machineSecret(m *store.Machine) wire.Doc {
	return wire.Doc{"object": "machine_secret_key", "secret": m.SecretKey}
}

const maxPreviousTTL = 8 * 60 * 60

func rotateMachine(in *store.Instance, m *store.Machine, given wire.Doc) (any, error) {
	ttl, has := given["previous_token_ttl"].(int64)
	if !has {
		return nil, wire.Missing("previous_token_ttl")
	}
	if ttl < 0 || ttl > maxPreviousTTL {
		return nil, wire.WrongFormat("previous_token_ttl", "a number of seconds from 0 to 28800")
	}
	in.Machines.Touched(m, func() {
		m.FormerKey, m.FormerUntil, m.SecretKey = m.SecretKey, in.Now()+store.Time(ttl*1000), "ak_"+store.NewSecret()
	})
	return machineSecret(m), nil
}

func scopeOf(in *store.Instance, from *store.Machine, to string) wire.Doc {
	return wire.Doc{"object": "machine_scope", "from_machine_id": from.ID, "to_machine_id": to, "created_at": in.Now()}
}

func addScope(in *store.Instance, m *store.Machine, given wire.Doc) (any, error) {
	to := text(given, "to_machine_id")
	switch {
	case to == "":
		return nil, wire.Missing("to_machine_id")
	case in.Machines.Get(to) == nil:
		return nil, wire.NotFound("Machine")
	case slices.Contains(m.ScopedMachines, to):
		return nil, &wire.Error{Status: http.StatusConflict, Code: "duplicate_record", Message: "The machine has that scope already.", Param: "to_machine_id"}
	}
	in.Machines.Touched(m, func() { m.ScopedMachines = append(slices.Clone(m.ScopedMachines), to) })
	return scopeOf(in, m, to), nil
}

func dropScope(in *store.Instance, call *wire.Call) (any, error) {
	m, to := in.Machines.Get(call.Param("id")), call.Param("other")
	if m == nil || !slices.Contains(m.ScopedMachines, to) {
		return nil, wire.NotFound("Machine scope")
	}
	in.Machines.Touched(m, func() {
		m.ScopedMachines = slices.DeleteFunc(slices.Clone(m.ScopedMachines), func(id string) bool { return id == to })
	})
	doc := scopeOf(in, m, to)
	delete(doc, "created_at")
	doc["deleted"] = true
	return doc, nil
}

func rotateApplication(apps rest.Collection) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		t, row, err := apps.Row(in, call)
		if err != nil {
			return nil, err
		}
		app := row.(*store.OAuthApplication) //nolint:errcheck,forcetypeassert // The table's own rows.
		if app.Public {
			return nil, wire.Refused("oauth_application_public", "public", "A public application has no secret.")
		}
		t.Touched(row, func() { app.ClientSecret = store.NewSecret() })
		return t.Reveal(row, store.Backend), nil
	}
}

// revokeApplicationToken revokes a token of an application; like other servers it
// does not tell whether there was one.
func revokeApplicationToken(apps rest.Collection) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		_, row, err := apps.Row(in, call)
		if err != nil {
			return nil, err
		}
		given, err := store.Params(call, wire.Doc{"token": ""})
		if err != nil {
			return nil, err
		}
		if text(given, "token") == "" {
			return nil, wire.Missing("token")
		}
		if c := in.Presented(in.OAuthTokens, text(given, "token")); c != nil && c.ClientID == row.(*store.OAuthApplication).ClientID { //nolint:errcheck,forcetypeassert // The table's own rows.
			in.OAuthTokens.Touched(c, func() { c.Revoked = true })
		}
		return nil, nil //nolint:nilnil // An empty answer.
	}
}

// goodOnes narrows a list of credentials to those that are good, unless the query
// asks for others too; and to a machine's own, if one calls.
func goodOnes(of func(*store.Instance) store.Of[store.Credential]) func(*store.Instance, *wire.Call) (rest.Scope, error) {
	return func(in *store.Instance, call *wire.Call) (rest.Scope, error) {
		s := rest.Scope{Rows: []store.Row{}, Find: func(id string) store.Row { return store.RowOf(of(in).Get(id)) }}
		query := call.Query
		all := query.Get("include_invalid") == "true"
		call.Query = make(map[string][]string, len(query))
		for name, values := range query {
			if name != "include_invalid" && name != "revoked" && name != "expired" {
				call.Query[name] = values
			}
		}
		m, isMachine := caller(in, call)
		for c := range of(in).All {
			good := in.Valid(c) || all || c.Revoked && query.Get("revoked") == "true" || !c.Revoked && query.Get("expired") == "true"
			if good && (!isMachine || c.Subject == m.ID) {
				s.Rows = append(s.Rows, c)
			}
		}
		return s, nil
	}
}

// caller is the machine whose secret key a call has.
func caller(in *store.Instance, call *wire.Call) (*store.Machine, bool) {
	m := in.MachineOf(strings.TrimPrefix(call.Header.Get("Authorization"), "Bearer "))
	return m, m != nil
}

func revokeCredential(t *store.Table, row store.Row, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"revocation_reason": ""})
	if err != nil {
		return err
	}
	c := row.(*store.Credential) //nolint:errcheck,forcetypeassert // The table's own rows.
	if m, is := caller(t.Instance(), call); is && m.ID != c.Subject {
		return wire.NotFound(t.Title)
	}
	t.Touched(row, func() { c.Revoked, c.RevocationReason = true, text(given, "revocation_reason") })
	return nil
}

func verifies(path, name string, of func(*store.Instance) store.Of[store.Credential]) rest.Endpoint {
	return rest.Endpoint{Pattern: "POST " + path + "/verify", Machine: true, Serve: func(in *store.Instance, call *wire.Call) (any, error) {
		given, err := store.Params(call, wire.Doc{name: ""})
		if err != nil {
			return nil, err
		}
		c := in.Presented(of(in), text(given, name))
		if m, is := caller(in, call); c == nil || is && c.Subject != m.ID && !slices.Contains(c.Scopes, m.ID) && of(in) == in.M2MTokens {
			return nil, wire.NotFound("Token")
		}
		return of(in).Show(c, store.Backend), nil
	}}
}

// createM2M makes a token of the machine that calls, or of the test's own.
func createM2M(in *store.Instance, call *wire.Call) (any, error) {
	given, err := store.Params(call, wire.Doc{"seconds_until_expiration": int64(0), "claims": wire.Doc(nil), "token_format": "", "min_remaining_ttl_seconds": int64(0)})
	if err != nil {
		return nil, err
	}
	c := &store.Credential{Subject: store.TestMachine}
	ttl, _ := given["seconds_until_expiration"].(int64)
	if m, is := caller(in, call); is {
		c.Subject, c.Scopes = m.ID, slices.Clone(m.ScopedMachines)
		if ttl == 0 {
			ttl = m.DefaultTokenTTL
		}
	}
	if ttl == 0 {
		ttl = defaultTTL
	}
	c.Claims, _ = given["claims"].(wire.Doc)
	left, reuse := given["min_remaining_ttl_seconds"].(int64)
	format := text(given, "token_format")
	switch {
	case ttl < 1:
		return nil, wire.WrongFormat("seconds_until_expiration", "a number of seconds, at least 1")
	case format != "" && format != "opaque" && format != "jwt":
		return nil, wire.WrongValue("token_format", "opaque", "jwt")
	case reuse && left >= ttl:
		return nil, &wire.Error{Status: http.StatusBadRequest, Code: "form_param_value_invalid", Message: "min_remaining_ttl_seconds must be less than the token's lifetime.", Param: "min_remaining_ttl_seconds"}
	case reuse && format != "jwt":
		for old := range in.M2MTokens.All {
			if in.Valid(old) && old.Subject == c.Subject && slices.Equal(old.Scopes, c.Scopes) && reflect.DeepEqual(old.Claims, c.Claims) && old.ExpiresAt-in.Now() >= store.Time(left*1000) {
				return shownM2M(in, old, old.Secret), nil
			}
		}
	}
	c.ExpiresAt = in.Now() + store.Time(ttl*1000)
	in.Issue(in.M2MTokens, c)
	if format == "jwt" {
		return shownM2M(in, c, in.SignM2M(c)), nil
	}
	return shownM2M(in, c, c.Secret), nil
}

const defaultTTL = 60 * 60

func shownM2M(in *store.Instance, c *store.Credential, token string) wire.Doc {
	doc := in.M2MTokens.Show(c, store.Backend)
	doc["token"] = token
	return doc
}
