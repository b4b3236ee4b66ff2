package answer

import (
	"encoding/json"

	"github.com/clerkgo/clerkgo/conformance/protocol"
	"github.com/clerkgo/clerkgo/core/pattern"
)

// Patterns answers a case of pattern mode.
func Patterns(c *protocol.PatternCase) (*protocol.PatternAnswer, error) {
	match, err := matchResult(c)
	if err != nil {
		return nil, err
	}
	return &protocol.PatternAnswer{ID: c.ID, RouteMatcher: routeMatcherResult(c), Match: match}, nil
}

// routeMatcherResult drops empty patterns, as the reference's route matcher does before it compiles.
func routeMatcherResult(c *protocol.PatternCase) protocol.PatternResult {
	var patterns []string
	for _, text := range c.Patterns {
		if text != "" {
			patterns = append(patterns, text)
		}
	}
	set, err := pattern.Compile(patterns...)
	if err != nil {
		return protocol.PatternResult{Error: "invalid-pattern", Detail: err.Error()}
	}
	if len(patterns) == 0 {
		return protocol.PatternResult{}
	}
	path, err := pattern.Normalize(c.Path)
	if err != nil {
		return protocol.PatternResult{Error: "malformed-url", Detail: err.Error()}
	}
	return outcome(set.Test(path))
}

// matchResult takes an empty list for what it is: an option that is not given. The reference matches everything then.
func matchResult(c *protocol.PatternCase) (protocol.PatternResult, error) {
	set, err := pattern.Compile(c.Patterns...)
	if err != nil {
		return protocol.PatternResult{Error: "invalid-pattern", Detail: err.Error()}, nil
	}
	params, matched := set.Match(c.Path)
	result := outcome(matched)
	if !result.Matched {
		return result, nil
	}
	values := make(map[string]any)
	for _, name := range params.Names() {
		if list, ok := params.List(name); ok {
			values[name] = list
		} else if text, ok := params.Get(name); ok {
			values[name] = text
		}
	}
	result.Params, err = json.Marshal(values)
	return result, err
}

func outcome(result pattern.Result) protocol.PatternResult {
	if result == pattern.Unknown {
		return protocol.PatternResult{Error: "unknown"}
	}
	return protocol.PatternResult{Matched: result == pattern.Yes}
}
