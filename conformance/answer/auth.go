package answer

import (
	"bytes"
	"encoding/json"

	"github.com/clerkgo/clerkgo/core"
)

// AuthObject renders an Auth with the member names of the reference.
func AuthObject(auth *core.Auth) (json.RawMessage, error) {
	members := map[string]any{"tokenType": auth.TokenType, "isAuthenticated": auth.IsAuthenticated()}
	claims := auth.Claims()
	switch auth.TokenType {
	case core.SessionToken:
		session(members, auth, claims)
	case core.APIKey:
		machine(members, auth)
		members["name"] = auth.Name
		members["claims"] = claims
		members["userId"], members["orgId"] = orNull(auth.UserID), orNull(auth.OrgID)
	case core.M2MToken:
		machine(members, auth)
		members["claims"] = claims
		members["machineId"] = auth.MachineID
	case core.OAuthToken:
		machine(members, auth)
		members["userId"] = auth.UserID
		members["clientId"] = auth.ClientID
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(members)
	return bytes.TrimSpace(text.Bytes()), err
}

func machine(members map[string]any, auth *core.Auth) {
	members["id"] = auth.ID
	members["subject"] = auth.Subject
	members["scopes"] = append([]string{}, auth.Scopes...)
}

// session renders the fields of a session. Go's zero value stands for null and for an empty claim;
// the claims tell the two apart.
func session(members map[string]any, auth *core.Auth, raw json.RawMessage) {
	var claims, organization map[string]json.RawMessage
	if raw == nil || json.Unmarshal(raw, &claims) != nil {
		claims = nil
	}
	version := claims["v"]
	names := [3]string{"org_id", "org_slug", "org_role"}
	organization = claims
	var number float64
	if json.Unmarshal(version, &number) == nil && number == 2 {
		organization, names = nil, [3]string{"id", "slg", ""}
		if json.Unmarshal(claims["o"], &organization) != nil {
			organization = nil
		}
	}
	text := func(value string, claims map[string]json.RawMessage, claim string) any {
		if value == "" && string(claims[claim]) != `""` {
			return nil
		}
		return value
	}
	members["userId"] = text(auth.UserID, claims, "sub")
	members["sessionId"] = text(auth.SessionID, claims, "sid")
	members["sessionStatus"] = text(auth.SessionStatus, claims, "sts")
	members["orgId"] = text(auth.OrgID, organization, names[0])
	members["orgSlug"] = text(auth.OrgSlug, organization, names[1])
	members["orgRole"] = text(auth.OrgRole, organization, names[2])
	if auth.OrgPermissions != nil {
		members["orgPermissions"] = auth.OrgPermissions
	}
	if auth.Actor != nil {
		members["actor"] = auth.Actor.Raw
	}
	if age := auth.FactorVerificationAge; age != nil {
		members["factorVerificationAge"] = []float64{age.First, age.Second}
	}
	members["sessionClaims"] = raw
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// actor renders an actor as the reference's OAuth access token has it.
func actor(a *core.Actor) map[string]any {
	members := map[string]any{"sub": a.Subject}
	if a.Issuer != "" {
		members["iss"] = a.Issuer
	}
	if a.Actor != nil {
		members["act"] = actor(a.Actor)
	}
	return members
}
