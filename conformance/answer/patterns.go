package answer

import (
	"encoding/json"

	"github.com/clerkgo/clerkgo/conformance/protocol"
	"github.com/clerkgo/clerkgo/core/pattern"
)

// Patterns answers a case of pattern mode.
func Patterns(c *protocol.PatternCase) (*protocol.PatternAnswer, error) {
	a := &protocol.PatternAnswer{ID: c.ID, RouteMatcher: routeMatcherResult(c)}
	set, err := pattern.Compile(c.Patterns...)
	if err != nil {
		a.Match = protocol.PatternResult{Error: "invalid-pattern", Detail: err.Error()}
		return a, nil //nolint:nilerr // An invalid pattern is an answer.
	}
	a.Match, err = matchResult(set, c.Path)
	return a, err
}

// routeMatcherResult drops empty patterns, as the reference's route matcher does before it
// compiles.
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

// matchResult takes an empty list for what it is: an option that is not given. The reference
// matches everything then.
func matchResult(set *pattern.Set, path string) (protocol.PatternResult, error) {
	params, matched := set.Match(path)
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
	text, err := json.Marshal(values)
	result.Params = text
	return result, err
}

func outcome(result pattern.Result) protocol.PatternResult {
	if result == pattern.Unknown {
		return protocol.PatternResult{Error: "unknown"}
	}
	return protocol.PatternResult{Matched: result == pattern.Yes}
}
