package answer

import (
	"encoding/json"
	"strings"

	"github.com/clerkgo/clerkgo/core"
)

// never is a requirement that nothing meets: what a query asks and no Go program can write down.
var never = core.Where(func(*core.Auth) bool { return false })

// has asks one query.
func has(auth *core.Auth, query json.RawMessage) (bool, error) {
	requirements, err := Requirements(query, nil)
	if err != nil || len(requirements) == 0 {
		return false, err
	}
	return auth.Has(requirements...), nil
}

// Requirements turns a query into requirements. A reverification that is not nil joins those of the
// query.
func Requirements(query, reverify json.RawMessage) ([]core.Requirement, error) {
	var asked map[string]json.RawMessage
	if err := json.Unmarshal(query, &asked); err != nil {
		return nil, err
	}
	if reverify != nil {
		asked["reverification"] = reverify
	}
	var list []core.Requirement
	for name, requirement := range map[string]func(string) core.Requirement{
		"role": core.Role, "permission": core.Permission, "feature": core.Feature, "plan": core.Plan,
	} {
		raw, ok := asked[name]
		if !ok {
			continue
		}
		var text *string
		if err := json.Unmarshal(raw, &text); err != nil || text == nil || namesNothing(name, *text) {
			list = append(list, never) // Guards refuse what names nothing.
			continue
		}
		list = append(list, requirement(*text))
	}
	if raw, ok := asked["reverification"]; ok {
		list = append(list, reverification(raw))
	}
	return list, nil
}

// namesNothing reports whether a requirement names nothing: one without a prefix, or but it.
func namesNothing(requirement, name string) bool {
	if requirement == "role" || requirement == "permission" {
		name = strings.ReplaceAll(name, "org:", "")
	}
	return name == ""
}

func reverification(raw json.RawMessage) core.Requirement {
	var preset string
	if json.Unmarshal(raw, &preset) == nil {
		switch preset {
		case "strict_mfa":
			return core.Reverification(core.StrictMFA)
		case "strict":
			return core.Reverification(core.Strict)
		case "moderate":
			return core.Reverification(core.Moderate)
		case "lax":
			return core.Reverification(core.Lax)
		}
		return never
	}
	var config struct {
		Level        string   `json:"level"`
		AfterMinutes *float64 `json:"afterMinutes"`
	}
	if json.Unmarshal(raw, &config) != nil || config.AfterMinutes == nil {
		return never
	}
	level, ok := map[string]core.FactorLevel{"first_factor": core.FirstFactor, "second_factor": core.SecondFactor, "multi_factor": core.MultiFactor}[config.Level]
	if !ok || !(*config.AfterMinutes > 0) {
		return never
	}
	return core.Reverification(core.ReverificationConfig{Level: level, AfterMinutes: *config.AfterMinutes})
}
