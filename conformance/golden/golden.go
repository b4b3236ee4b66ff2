// Package golden reads and writes recorded cases: each with the answer of the reference, so that
// they can be replayed without it.
package golden

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/clerkgo/clerkgo/conformance/compare"
)

// Record is a case with the answer of the reference.
type Record struct {
	Case   json.RawMessage `json:"case"`
	Answer json.RawMessage `json:"answer"`
}

// Write records cases and their answers, which come as JSON lines in the same order. Of the answers
// only the compared members are kept.
func Write(w io.Writer, cases, answers io.Reader) (count int, err error) {
	out, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return 0, err
	}
	caseLines, answerLines := lines(cases), lines(answers)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for caseLines.Scan() {
		if !answerLines.Scan() {
			return count, errors.New("golden: fewer answers than cases")
		}
		answer, err := trim(answerLines.Bytes())
		if err != nil {
			return count, fmt.Errorf("golden: answer %d: %w", count+1, err)
		}
		if err := encoder.Encode(Record{Case: caseLines.Bytes(), Answer: answer}); err != nil {
			return count, fmt.Errorf("golden: case %d: %w", count+1, err)
		}
		count++
	}
	if err := errors.Join(caseLines.Err(), answerLines.Err()); err != nil {
		return count, err
	}
	return count, out.Close()
}

// Read calls yield with every record, until it returns false.
func Read(r io.Reader, yield func(Record) bool) error {
	in, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	records := lines(in)
	for records.Scan() {
		var record Record
		if err := json.Unmarshal(records.Bytes(), &record); err != nil {
			return fmt.Errorf("golden: %w", err)
		}
		if !yield(record) {
			return nil
		}
	}
	return records.Err()
}

func lines(r io.Reader) *bufio.Scanner {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 16<<20)
	return scanner
}

// trim keeps the compared members.
func trim(line []byte) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil {
		return nil, err
	}
	kept := make(map[string]json.RawMessage)
	for _, name := range append(compare.Fields(), "id", "message", "error") {
		if value, ok := members[name]; ok && string(value) != "null" {
			kept[name] = value
		}
	}
	return json.Marshal(kept)
}
