package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/clerkgo/clerkgo/emulator/internal/control"
)

// seedFile is a seed that has been read.
type seedFile struct {
	name  string
	root  *yaml.Node
	lists map[string]any

	within []*yaml.Node // The aliases' anchors that are being read.
	copied int          // How many values aliases have brought.
}

// mostCopied bounds what aliases bring: a few lines of aliases of aliases would be
// billions of values.
const mostCopied = 1_000_000

// readSeed reads a YAML file. JSON is YAML, too.
func readSeed(name string) (*seedFile, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	var doc, more yaml.Node
	reader := yaml.NewDecoder(bytes.NewReader(text))
	if err := reader.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, syntaxError(name, err)
	}
	s := &seedFile{name: name, lists: map[string]any{}}
	switch err := reader.Decode(&more); {
	case err == nil:
		return nil, s.at(&more, "a seed is one document: what follows --- belongs to the first")
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(name, err)
	}
	if len(doc.Content) == 0 { // Empty, or comments only.
		return s, nil
	}
	s.root = doc.Content[0]
	value, err := s.value(s.root)
	if err != nil {
		return nil, err
	}
	lists, is := value.(map[string]any)
	if !is {
		return nil, s.at(s.root, `a seed is a mapping of lists, such as "users:"`)
	}
	s.lists = lists
	return s, nil
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+):)?\s*`)

// syntaxError says what is wrong with a text that is no YAML, and where.
func syntaxError(name string, err error) error {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	says := err.Error()[len(m[0]):]
	if m[1] == "" {
		return fmt.Errorf("%s: %s", name, says)
	}
	return fmt.Errorf("%s:%s: %s", name, m[1], says)
}

func (s *seedFile) at(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", s.name, node.Line, fmt.Sprintf(format, args...))
}

// value turns a node into what JSON has. It is done here, not by the library, to name
// lines, and because YAML has more types than a seed.
func (s *seedFile) value(node *yaml.Node) (any, error) {
	if len(s.within) > 0 {
		if s.copied++; s.copied > mostCopied {
			return nil, s.at(node, "aliases bring more than a million values")
		}
	}
	switch node.Kind {
	case yaml.AliasNode:
		if slices.Contains(s.within, node.Alias) {
			return nil, s.at(node, "%s contains itself", node.Value)
		}
		s.within = append(s.within, node.Alias)
		defer func() { s.within = s.within[:len(s.within)-1] }()
		return s.value(node.Alias)
	case yaml.SequenceNode:
		list := make([]any, 0, len(node.Content))
		for _, item := range node.Content {
			v, err := s.value(item)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.MappingNode:
		doc := make(map[string]any, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
				return nil, s.at(key, "only plain names can be keys")
			}
			if _, twice := doc[key.Value]; twice {
				return nil, s.at(key, "%s is there twice", key.Value)
			}
			v, err := s.value(node.Content[i+1])
			if err != nil {
				return nil, err
			}
			doc[key.Value] = v
		}
		return doc, nil
	default:
		var v any
		if err := node.Decode(&v); err != nil {
			return nil, s.at(node, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
		}
		switch v := v.(type) {
		case time.Time:
			return v.Format(time.RFC3339), nil
		case float64:
			if math.IsInf(v, 0) || math.IsNaN(v) {
				return nil, s.at(node, "%s is no number that JSON knows", node.Value)
			}
		}
		return v, nil
	}
}

// apply makes what the seed lists. An instance with a state has it already: for that,
// it only says what a reset goes back to.
func (s *seedFile) apply(ctx context.Context, instance http.Handler, restored bool) error {
	body, err := json.Marshal(s.lists)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	path := "/seed?keep=true"
	if restored {
		path = "/seed?keep=only"
	}
	_, err = control.Caller{Instance: instance}.Send(ctx, http.MethodPost, path, "application/json", body)
	if r := control.AsRefusal(err); r != nil && r.Code == "seed_invalid" {
		return s.at(s.find(r.Param), "%s: %s", r.Param, r.Message)
	}
	return err
}

var pathStep = regexp.MustCompile(`\w+|\[\d+\]`)

// find returns the node that a path like users[2].email_address names, or the nearest
// one around it.
func (s *seedFile) find(path string) *yaml.Node {
	node := s.root
	for _, step := range pathStep.FindAllString(path, -1) {
		for node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		var next *yaml.Node
		if n, err := strconv.Atoi(strings.Trim(step, "[]")); err == nil && node.Kind == yaml.SequenceNode && n < len(node.Content) {
			next = node.Content[n]
		}
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				next = node.Content[i+1]
			}
		}
		if next == nil {
			return node
		}
		node = next
	}
	return node
}
