package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// load says how a server is driven.
type load struct {
	connections int
	duration    time.Duration
	count       int64 // requests at the most
}

// drive makes the same request again and again on several connections, each of
// which waits for its answer, and returns the number of answers and the time that
// they took. Every answer must be a 204.
func drive(ctx context.Context, addr string, request []byte, l load) (answers int64, took time.Duration, err error) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conns := make([]net.Conn, l.connections)
	for i := range conns {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			return 0, 0, err
		}
		defer conn.Close()
		conns[i] = conn
	}
	var started, done atomic.Int64
	start := time.Now()
	end := start.Add(l.duration)
	errs := make([]error, len(conns))
	var wg sync.WaitGroup
	for i, conn := range conns {
		wg.Go(func() {
			errs[i] = conn.SetDeadline(end.Add(10 * time.Second))
			buffer := make([]byte, 4096)
			for errs[i] == nil && time.Now().Before(end) && started.Add(1) <= l.count {
				if errs[i] = exchange(conn, request, buffer); errs[i] == nil {
					done.Add(1)
				}
			}
		})
	}
	wg.Wait()
	return done.Load(), time.Since(start), errors.Join(errs...)
}

var (
	statusLine = []byte("HTTP/1.1 204 ")
	headerEnd  = []byte("\r\n\r\n")
)

// exchange makes one request and reads its answer, which has no body.
func exchange(conn net.Conn, request, buffer []byte) error {
	if _, err := conn.Write(request); err != nil {
		return err
	}
	n := 0
	for !bytes.HasSuffix(buffer[:n], headerEnd) {
		if n == len(buffer) {
			return errors.New("the header of an answer is too long")
		}
		m, err := conn.Read(buffer[n:])
		if err != nil {
			return err
		}
		n += m
	}
	if !bytes.HasPrefix(buffer[:n], statusLine) {
		line, _, _ := bytes.Cut(buffer[:n], []byte("\r"))
		return fmt.Errorf("got %q, want 204", line)
	}
	return nil
}
