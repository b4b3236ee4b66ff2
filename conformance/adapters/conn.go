package adapters

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// conn is a server's end of a connection, in memory: it reads one request and writes one answer.
// After the request it stays open, as a client that waits does.
type conn struct {
	request *bytes.Reader
	answer  *io.PipeWriter
	closed  chan struct{}
	once    sync.Once
}

// tlsConn is a conn that Fiber's server takes for one with TLS.
type tlsConn struct{ *conn }

// Handshake does nothing.
func (tlsConn) Handshake() error { return nil }

// ConnectionState is that of HTTP/1.1.
func (tlsConn) ConnectionState() tls.ConnectionState {
	return tls.ConnectionState{HandshakeComplete: true}
}

func (c *conn) Read(p []byte) (int, error) {
	if c.request.Len() > 0 {
		return c.request.Read(p)
	}
	<-c.closed
	return 0, io.EOF
}

func (c *conn) Write(p []byte) (int, error) { return c.answer.Write(p) }

func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.answer.Close()
}

func (c *conn) LocalAddr() net.Addr { return loopback(80) }

func (c *conn) RemoteAddr() net.Addr { return loopback(40000) }

func (c *conn) SetDeadline(time.Time) error { return nil }

func (c *conn) SetReadDeadline(time.Time) error { return nil }

func (c *conn) SetWriteDeadline(time.Time) error { return nil }

func loopback(port int) net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port} }

// exchange sends one request and reads the answer.
func exchange(serve func(*conn), request []byte, method string) (status int, header http.Header, body []byte, err error) {
	reader, writer := io.Pipe()
	c := &conn{request: bytes.NewReader(request), answer: writer, closed: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer c.Close()
		serve(c)
	}()
	defer func() {
		_ = reader.Close() // Closing a pipe does not fail.
		_ = c.Close()
		<-done
	}()
	response, err := http.ReadResponse(bufio.NewReader(reader), &http.Request{Method: method})
	if err != nil {
		return 0, nil, nil, errUnreadable
	}
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, response.Header, body, errors.Join(err, response.Body.Close())
}

// listener hands out one connection and then blocks until it is closed.
type listener struct {
	conn   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newListener(c net.Conn) *listener {
	l := &listener{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
	l.conn <- c
	return l
}

// Accept returns the connection, once.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr returns an address that nobody listens on.
func (l *listener) Addr() net.Addr { return loopback(80) }

// serveHTTP serves the connection with net/http's server.
func serveHTTP(handler http.Handler, secure bool) func(*conn) {
	return func(c *conn) {
		l := newListener(c)
		s := &http.Server{
			ReadHeaderTimeout: time.Minute,
			MaxHeaderBytes:    1 << 20,
			ErrorLog:          discardLog(),
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if secure {
					r.TLS = new(tls.ConnectionState)
				}
				handler.ServeHTTP(w, r)
			}),
		}
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = s.Serve(l) // It ends with ErrServerClosed.
		}()
		<-c.closed
		_ = s.Close() // The connection is closed already.
		<-served
	}
}
