package answer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
)

// Lines reads one JSON value a line, turns each into an answer, several at a time, and writes the
// answers as lines in the order of the input. Blank lines are ignored. It ends at the first error.
func Lines[Case, Answer any](r io.Reader, w io.Writer, answer func(*Case) (Answer, error)) error {
	in, out := bufio.NewReaderSize(r, 1<<20), bufio.NewWriterSize(w, 1<<20)
	number := 0
	for {
		lines, end := readBatch(in, 512)
		results := make([][]byte, len(lines))
		errs := make([]error, len(lines))
		var workers sync.WaitGroup
		slots := make(chan struct{}, 4*runtime.GOMAXPROCS(0))
		for i, line := range lines {
			slots <- struct{}{}
			workers.Go(func() {
				results[i], errs[i] = answerLine(line, answer)
				<-slots
			})
		}
		workers.Wait()
		for i := range lines {
			number++
			if errs[i] != nil {
				return fmt.Errorf("case %d: %w", number, errs[i])
			}
			if _, err := out.Write(results[i]); err != nil {
				return err
			}
		}
		if end != nil {
			if !errors.Is(end, io.EOF) {
				return end
			}
			return out.Flush()
		}
	}
}

func answerLine[Case, Answer any](line []byte, answer func(*Case) (Answer, error)) ([]byte, error) {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil, nil
	}
	c := new(Case)
	if err := json.Unmarshal(line, c); err != nil {
		return nil, err
	}
	result, err := answer(c)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(result)
	return text.Bytes(), err
}

// readBatch reads up to size lines. The error is that of the reader and comes with the lines before
// it.
func readBatch(in *bufio.Reader, size int) ([][]byte, error) {
	lines := make([][]byte, 0, size)
	for len(lines) < size {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			lines = append(lines, line)
		}
		if err != nil {
			return lines, err
		}
	}
	return lines, nil
}
