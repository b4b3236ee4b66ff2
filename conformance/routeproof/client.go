package routeproof

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// answer is what the proof needs of a response.
type answer struct {
	status int
	// route is the handler that ran, -1 for none.
	route int
	// refused is the status with which a guard refused, 0 where none did.
	refused int
}

// ran reports whether a handler ran.
func (a answer) ran() bool { return a.route >= 0 }

// String says what happened.
func (a answer) String() string {
	switch {
	case a.ran():
		return fmt.Sprintf("handler of route %d ran (%d)", a.route, a.status)
	case a.refused != 0:
		return fmt.Sprintf("refused with %d", a.refused)
	}
	return fmt.Sprintf("status %d without a handler", a.status)
}

// client writes requests byte by byte and keeps its connection alive.
type client struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
	sent    int
}

// maxIdle bounds the wait for an answer on loopback.
const maxIdle = 20 * time.Second

// send sends a request and reads the answer, on another connection once where the server closed the
// first.
func (c *client) send(ctx context.Context, method, target, mode, bearer string) (answer, error) {
	reused := c.conn != nil
	a, err := c.try(ctx, method, target, mode, bearer)
	if err != nil && reused {
		a, err = c.try(ctx, method, target, mode, bearer)
	}
	if err != nil {
		return a, fmt.Errorf("no answer to %s %q: %w", method, target, err)
	}
	return a, nil
}

func (c *client) try(ctx context.Context, method, target, mode, bearer string) (a answer, err error) {
	if c.conn == nil {
		var dialer net.Dialer
		if c.conn, err = dialer.DialContext(ctx, "tcp", c.address); err != nil {
			return a, err
		}
		c.reader = bufio.NewReader(c.conn)
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if err := c.conn.SetDeadline(time.Now().Add(maxIdle)); err != nil {
		return a, err
	}
	request := method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + modeHeader + ": " + mode + "\r\n"
	if bearer != "" {
		request += "Authorization: Bearer " + bearer + "\r\n"
	}
	c.sent++
	if _, err := io.WriteString(c.conn, request+"\r\n"); err != nil {
		return a, err
	}
	return c.read(method)
}

// read reads one answer.
func (c *client) read(method string) (answer, error) {
	a := answer{route: -1}
	line, err := c.reader.ReadString('\n')
	if err != nil {
		return a, err
	}
	if len(line) < len("HTTP/1.1 200") || !strings.HasPrefix(line, "HTTP/1.") {
		return a, fmt.Errorf("routeproof: status line %q", line)
	}
	if a.status, err = strconv.Atoi(line[9:12]); err != nil {
		return a, err
	}
	length, keep := -1, true
	for {
		if line, err = c.reader.ReadString('\n'); err != nil {
			return a, err
		}
		name, value, found := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		if !found {
			break
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-length":
			length, err = strconv.Atoi(value)
		case "connection":
			keep = !strings.EqualFold(value, "close")
		case routeHeader:
			a.route, err = strconv.Atoi(value)
		case refusedHeader:
			a.refused, err = strconv.Atoi(value)
		}
		if err != nil {
			return a, err
		}
	}
	if method != "HEAD" && length > 0 {
		if _, err := c.reader.Discard(length); err != nil && !errors.Is(err, io.EOF) {
			return a, err
		}
	}
	if !keep || length < 0 && method != "HEAD" {
		c.close()
	}
	return a, nil
}

// close closes the connection; the next request opens another.
func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close() // Nothing is lost with it.
		c.conn = nil
	}
}
