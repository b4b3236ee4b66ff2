// Command endtoend runs the reference, as the server of an application, against the Clerk of
// package clerktest: what the fake serves must be what Clerk's own SDK asks for. It ends with
// status 1 when the reference sees something that it should not.
//
//	go run ./cmd/endtoend reference/endtoend.mjs
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"time"

	"github.com/clerkgo/clerkgo/conformance/endtoend"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: endtoend endtoend.mjs")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "endtoend:", err)
		os.Exit(1)
	}
}

// run starts the instances and their remote control, and then the script, which is told where they
// are.
func run(ctx context.Context, script string) (err error) {
	control, err := endtoend.NewControl()
	if err != nil {
		return err
	}
	defer control.Close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: control, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		err = errors.Join(err, server.Close())
		if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	node := exec.CommandContext(ctx, "node", script, "http://"+listener.Addr().String())
	node.Stdout, node.Stderr = os.Stdout, os.Stderr
	return node.Run()
}
