package answer

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/clerkgo/clerkgo/conformance/protocol"
	"github.com/clerkgo/clerkgo/core"
)

// options turns the options of a case into those of core.
func options(c *protocol.Case, address string) (core.Options, error) {
	o := &c.Options
	accepts, err := acceptsToken(o.AcceptsToken)
	if err != nil {
		return core.Options{}, err
	}
	audience, err := stringOrList(o.Audience)
	if err != nil {
		return core.Options{}, fmt.Errorf("answer: audience: %w", err)
	}
	issuer, err := stringOrList(o.Issuer)
	if err != nil {
		return core.Options{}, fmt.Errorf("answer: issuer: %w", err)
	}
	out := core.Options{
		PublishableKey:    value(o.PublishableKey),
		SecretKey:         value(o.SecretKey),
		MachineSecretKey:  value(o.MachineSecretKey),
		JWTKey:            value(o.JWTKey),
		Audience:          audience,
		AuthorizedParties: o.AuthorizedParties,
		Issuer:            issuer,
		Domain:            o.Domain,
		IsSatellite:       value(o.IsSatellite),
		SatelliteAutoSync: value(o.SatelliteAutoSync),
		ProxyURL:          o.ProxyURL,
		SignInURL:         o.SignInURL,
		SignUpURL:         o.SignUpURL,
		APIURL:            address + o.APIURL,
		APIVersion:        o.APIVersion,
		AcceptsToken:      accepts,
		Logger:            slog.New(slog.DiscardHandler),
		Now:               func() time.Time { return time.UnixMilli(c.Now) },
		Retry:             core.Retry{BaseDelay: -1},
		// The reference makes each call, and knows of no outage.
		Outage: core.Outage{ProbeInterval: -1, Failures: -1, MaxRetryAfter: -1},
		LookupEnv: func(key string) (string, bool) {
			value, ok := c.Env[key]
			return value, ok
		},
	}
	if o.ClockSkew != nil {
		skew := time.Duration(*o.ClockSkew * float64(time.Millisecond))
		out.ClockSkew = &skew
	}
	if o.OrganizationSync != nil {
		out.OrganizationSync = core.OrganizationSync{
			OrganizationPatterns:    o.OrganizationSync.OrganizationPatterns,
			PersonalAccountPatterns: o.OrganizationSync.PersonalAccountPatterns,
		}
	}
	return out, nil
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// acceptsToken is never the zero value: unset means the session token here, as in the reference,
// where middleware would put the check of machine tokens off.
func acceptsToken(raw json.RawMessage) (core.TokenChoice, error) {
	if len(raw) == 0 || string(raw) == protocol.Null {
		return core.OnlyToken(core.SessionToken), nil
	}
	if raw[0] == '[' {
		var types []core.TokenType
		if err := json.Unmarshal(raw, &types); err != nil {
			return core.TokenChoice{}, fmt.Errorf("answer: acceptsToken: %w", err)
		}
		return core.TokenList(types...), nil
	}
	var one core.TokenType
	if err := json.Unmarshal(raw, &one); err != nil {
		return core.TokenChoice{}, fmt.Errorf("answer: acceptsToken: %w", err)
	}
	if one == "any" {
		return core.AnyToken(), nil
	}
	return core.OnlyToken(one), nil
}

func stringOrList(raw json.RawMessage) ([]string, error) {
	if len(raw) == 0 || string(raw) == protocol.Null {
		return nil, nil
	}
	if raw[0] == '[' {
		var list []string
		err := json.Unmarshal(raw, &list)
		return list, err
	}
	var one string
	if err := json.Unmarshal(raw, &one); err != nil || one == "" {
		return nil, err
	}
	return []string{one}, nil
}
