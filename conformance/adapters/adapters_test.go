package adapters_test

import (
	"encoding/json"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/adapters"
	"github.com/clerkgo/clerkgo/conformance/generate"
)

// TestTheAdaptersAgree sends cases of every family through all adapters.
func TestTheAdaptersAgree(t *testing.T) {
	t.Parallel()
	generator, err := generate.New(20240830)
	if err != nil {
		t.Fatal(err)
	}
	var engines []*adapters.Engine
	for _, name := range adapters.Names() {
		engine, err := adapters.NewEngine(name)
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		engines = append(engines, engine)
	}
	answered := make(map[int]int)
	for i := range 800 {
		c := generator.Case(i)
		generator.Route(i, c)
		var first string
		for k, engine := range engines {
			a, err := engine.Answer(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			if k == 0 {
				first = string(text)
				if a.HTTP != nil {
					answered[a.HTTP.Status]++
				}
				if a.HTTP != nil && a.HTTP.Status == 400 {
					break // net/http refuses what Fiber's server lets through.
				}
			}
			if string(text) != first {
				t.Errorf("%s: %s answers %s, %s answers %s", c.ID, adapters.Names()[k], text, adapters.Names()[0], first)
			}
		}
	}
	for _, status := range []int{200, 307, 401, 404} {
		if answered[status] == 0 {
			t.Errorf("no case was answered %d: %v", status, answered)
		}
	}
}

func TestNewEngineRefusesOtherNames(t *testing.T) {
	t.Parallel()
	if _, err := adapters.NewEngine("chi"); err == nil {
		t.Error("got no error for an adapter that does not exist")
	}
}
