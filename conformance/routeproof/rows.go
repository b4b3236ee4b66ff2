package routeproof

import "context"

// Row is a written case: a request of a signed-out caller at a table, and what must come of it
// under a guard.
type Row struct {
	Name   string
	Table  Table
	Target string
	// Guard is protect or not, with "+router" on Gin where the engine is named.
	Guard string
	// Want is the status of the refusal, or 200 where the handler must run.
	Want int
}

// Check sends the row's request, without a guard and with it. It reports whether a handler is
// reached without a guard, and what the guard makes of it: the status of the refusal, or 200 if the
// handler ran.
func (r Row) Check(ctx context.Context, i *Instance) (reached bool, got int, err error) {
	s, err := newSite(&r.Table, i)
	if err != nil {
		return false, 0, err
	}
	running, err := s.start(ctx)
	if err != nil {
		return false, 0, err
	}
	c := &client{address: running.address}
	defer func() {
		c.close()
		_ = running.stop() // It served what it had to.
	}()
	open, err := c.send(ctx, "GET", r.Target, unguarded, "")
	if err != nil {
		return false, 0, err
	}
	a, err := c.send(ctx, "GET", r.Target, r.Guard, "")
	if err != nil {
		return false, 0, err
	}
	if a.refused != 0 {
		return open.ran(), a.refused, nil
	}
	return open.ran(), a.status, nil
}
