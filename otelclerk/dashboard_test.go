package otelclerk_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/clerkgo/clerkgo/clerktest"
)

// exported is a metric as an application has it that uses everything.
type exported struct {
	kind, unit string
	attributes []string
}

// export returns all metrics.
func export(t *testing.T) map[string]exported {
	t.Helper()
	w := newWorld(t, nil)
	w.everything(t)
	w.clerk.Inject("GET /v1/users/{id}", clerktest.Fault{Status: http.StatusServiceUnavailable})
	w.get(t, "/me", w.clerk.SessionToken("user_ada"))
	points, metrics := w.metrics(t)
	all := map[string]exported{}
	for name, m := range metrics {
		one := exported{kind: "histogram", unit: m.Unit}
		if data, ok := m.Data.(metricdata.Sum[int64]); ok {
			if one.kind = "level"; data.IsMonotonic {
				one.kind = "counter"
			}
		}
		keys := map[string]bool{}
		for _, p := range points[name] {
			for _, pair := range p.attributes.ToSlice() {
				keys[string(pair.Key)] = true
			}
		}
		one.attributes = slices.Sorted(maps.Keys(keys))
		all[name] = one
	}
	return all
}

// prometheus returns the names under which Prometheus has a metric of OpenTelemetry's: dots become
// underscores, units that are no annotation are appended, and counters end in total.
func prometheus(name string, m exported) []string {
	name = strings.ReplaceAll(name, ".", "_")
	switch m.unit {
	case "s":
		name += "_seconds"
	case "By":
		name += "_bytes"
	}
	switch m.kind {
	case "counter":
		return []string{name + "_total"}
	case "histogram":
		return []string{name + "_bucket", name + "_count", name + "_sum"}
	}
	return []string{name}
}

// TestDashboardAsksForWhatThereIs compares the queries of the dashboard with what is exported:
// every metric and every label of a query exists, and every metric is in a query.
func TestDashboardAsksForWhatThereIs(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal(b, &dashboard); err != nil {
		t.Fatal(err)
	}
	names, labels, used := map[string]string{}, map[string]map[string]bool{}, map[string]bool{}
	for name, m := range export(t) {
		for _, one := range prometheus(name, m) {
			names[one] = name
			labels[one] = map[string]bool{"job": true, "le": strings.HasSuffix(one, "_bucket")}
			for _, key := range m.attributes {
				labels[one][strings.ReplaceAll(key, ".", "_")] = true
			}
		}
	}
	metric := regexp.MustCompile(`\b(clerk_[a-z_]+)\{([^}]*)\}`)
	label, legend, by := regexp.MustCompile(`([a-z_]+)(?:=~|!=|=)`), regexp.MustCompile(`\{\{([a-z_]+)\}\}`), regexp.MustCompile(`by \(([^)]*)\)`)
	for _, p := range dashboard.Panels {
		if len(p.Targets) == 0 {
			t.Errorf("%s asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			found := metric.FindAllStringSubmatch(target.Expr, -1)
			if len(found) == 0 {
				t.Errorf("%s: no metric in %s", p.Title, target.Expr)
			}
			for _, one := range found {
				name, ok := names[one[1]]
				if !ok {
					t.Errorf("%s asks for %s, which is not exported", p.Title, one[1])
					continue
				}
				used[name] = true
				asked := []string{}
				for _, l := range label.FindAllStringSubmatch(one[2], -1) {
					asked = append(asked, l[1])
				}
				for _, l := range by.FindAllStringSubmatch(target.Expr, -1) {
					asked = append(asked, strings.Split(l[1], ", ")...)
				}
				for _, l := range legend.FindAllStringSubmatch(target.LegendFormat, -1) {
					asked = append(asked, l[1])
				}
				for _, l := range asked {
					if !labels[one[1]][l] {
						t.Errorf("%s asks for the label %s of %s, which has none", p.Title, l, one[1])
					}
				}
			}
		}
	}
	for _, name := range names {
		if !used[name] {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// TestDocumentedMetrics compares the table of docs/observability.md with what is exported.
func TestDocumentedMetrics(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("..", "docs", "observability.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]exported{}
	code := regexp.MustCompile("`([a-z_.]+)`")
	for _, line := range regexp.MustCompile("(?m)^\\| `(clerk\\.[a-z._]+)` \\| (counter|level|histogram), ([^ |]+) \\| ([^|]*) \\|").FindAllStringSubmatch(string(b), -1) {
		one := exported{kind: line[2], unit: line[3]}
		for _, key := range code.FindAllStringSubmatch(line[4], -1) {
			one.attributes = append(one.attributes, key[1])
		}
		slices.Sort(one.attributes)
		documented[line[1]] = one
	}
	all := export(t)
	for name, want := range all {
		got, ok := documented[name]
		switch {
		case !ok:
			t.Errorf("%s (%s, %s, %v) is not documented", name, want.kind, want.unit, want.attributes)
		case got.kind != want.kind || got.unit != want.unit || !slices.Equal(got.attributes, want.attributes):
			t.Errorf("%s is documented as %+v, and is %+v", name, got, want)
		}
	}
	for name := range documented {
		if _, ok := all[name]; !ok {
			t.Errorf("%s is documented, and is not exported", name)
		}
	}
}
