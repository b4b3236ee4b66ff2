package routeproof

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// wire is a request as it is written.
type wire struct{ method, target, mode, bearer string }

// reply is what came out.
type reply struct {
	answered bool // false where the server closed the connection instead
	status   int
	refused  int // the status with which a guard refused, 0 where none did
	secret   bool
	public   bool
}

// pipeline writes many requests before it reads their answers.
type pipeline struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
	sent    int
}

// maxBody is longer than any file.
const maxBody = 64 << 10

// send sends requests and returns their answers. Servers close the connection after a request that
// they cannot read; what follows it is sent again on another.
func (p *pipeline) send(ctx context.Context, requests []wire) ([]reply, error) {
	replies := make([]reply, len(requests))
	for next := 0; next < len(requests); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		fresh := p.conn == nil
		if fresh {
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, "tcp", p.address)
			if err != nil {
				return nil, err
			}
			p.conn, p.reader = conn, bufio.NewReader(conn)
		}
		n := p.exchange(requests[next:], replies[next:])
		next += n
		if n == 0 && fresh {
			next++ // Nothing came before it: the server does not answer this one.
		}
	}
	p.sent += len(requests)
	return replies, nil
}

// exchange writes requests and returns how many are answered. The connection is open after all of
// them only.
func (p *pipeline) exchange(requests []wire, replies []reply) (answered int) {
	var out bytes.Buffer
	for _, r := range requests {
		out.WriteString(r.method + " " + r.target + " HTTP/1.1\r\nHost: localhost\r\n" + modeHeader + ": " + r.mode + "\r\n")
		if r.bearer != "" {
			out.WriteString("Authorization: Bearer " + r.bearer + "\r\n")
		}
		out.WriteString("\r\n")
	}
	defer func() {
		if answered < len(requests) {
			p.close()
		}
	}()
	if err := p.conn.SetDeadline(time.Now().Add(maxIdle)); err != nil {
		return 0
	}
	if _, err := p.conn.Write(out.Bytes()); err != nil && out.Len() == 0 {
		return 0
	}
	for i, r := range requests {
		closes, ok := p.read(r.method, &replies[i])
		if !ok {
			return i
		}
		if closes {
			p.close()
			return i + 1
		}
	}
	return len(requests)
}

func (p *pipeline) read(method string, out *reply) (closes, ok bool) {
	resp, err := http.ReadResponse(p.reader, &http.Request{Method: method})
	if err != nil {
		return false, false
	}
	defer func() { _ = resp.Body.Close() }() // It is read.
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return false, false
	}
	text := string(body) + resp.Header.Get(contentHeader)
	*out = reply{
		answered: true, status: resp.StatusCode,
		secret: strings.Contains(text, secretText), public: strings.Contains(text, publicText),
	}
	if refused := resp.Header.Get(refusedHeader); refused != "" {
		if out.refused, err = strconv.Atoi(refused); err != nil {
			return false, false
		}
	}
	return resp.Close, true
}

// close closes the connection; the next request opens another.
func (p *pipeline) close() {
	if p.conn != nil {
		_ = p.conn.Close() // Nothing is lost with it.
		p.conn = nil
	}
}
