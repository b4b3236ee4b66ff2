package compare

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Print writes the report: the unexplained differences grouped by family and fields, with examples
// of each, and then the counts. With unused it names the accepted entries that explained nothing.
func (r *Report) Print(w io.Writer, accepted []Accepted, examples int, unused bool) error {
	out := new(bytes.Buffer)
	groups := make(map[string][]Difference)
	for _, d := range r.Unexplained() {
		key := Family(d.ID) + ": " + strings.Join(d.Fields, ", ")
		groups[key] = append(groups[key], d)
	}
	keys := make([]string, 0, len(groups))
	for key := range groups {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(groups[b]), len(groups[a])), cmp.Compare(a, b))
	})
	for _, key := range keys {
		fmt.Fprintf(out, "%d x %s\n", len(groups[key]), key)
		for i, d := range groups[key] {
			if i == examples {
				break
			}
			fmt.Fprintf(out, "    %s\n", d.ID)
			for _, field := range d.Fields {
				fmt.Fprintf(out, "        %-16s want %s\n        %-16s got  %s\n", field, text(d.Want[field]), "", text(d.Got[field]))
			}
		}
	}
	for i, entry := range accepted {
		if r.Used[i] > 0 {
			kind := "accepted"
			if entry.Open {
				kind = "known fault"
			}
			fmt.Fprintf(out, "%s %d x %s%s: %s\n", kind, r.Used[i], entry.Family, entry.ID, entry.Reason)
		}
	}
	if unused {
		for i, entry := range accepted {
			if r.Used[i] == 0 {
				fmt.Fprintf(out, "unused: %s%s: %s\n", entry.Family, entry.ID, entry.Reason)
			}
		}
	}
	unexplained := len(r.Unexplained())
	fmt.Fprintf(out, "%d cases, %d equal, %d accepted differences, %d differences\n", r.Cases, r.Cases-len(r.Differences), len(r.Differences)-unexplained, unexplained)
	_, err := w.Write(out.Bytes())
	return err
}

func text(value any) string {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSuffix(line.String(), "\n")
}
