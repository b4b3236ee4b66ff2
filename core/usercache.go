package core

import (
	"context"
	"net/http"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/users"
)

// keepUsers makes an instance remember users, with others of the same keys. What it makes knows
// nothing of the instance, which may be gone before the fleet is.
func (c *Clerk) keepUsers() {
	o := &c.opts
	if o.Users.MaxAge <= 0 || o.SecretKey == "" || c.backend == nil {
		return
	}
	c.users = c.shared.usersOf(func() *users.Cache {
		most := o.Users.MaxEntries
		if most == 0 {
			most = defaultMaxUsers
		}
		return users.New(users.Config{MaxAge: o.Users.MaxAge, Max: most, Now: c.now, Timeout: o.Outage.within(clerkapi.CallTimeout), Fleet: c.fleet, Carry: o.Hooks.carried})
	}, func(cache *users.Cache) (leave func()) {
		if c.fleet == nil {
			return func() {}
		}
		return o.Shared.Subscribe(cache.Topic(), cache)
	})
}

// usersChanged forgets users; "" is all of them.
func (c *Clerk) usersChanged(ctx context.Context, ids ...string) error {
	if err := c.users.Changed(ctx, ids...); err != nil {
		return &Error{
			class: ErrUnavailable, status: http.StatusServiceUnavailable,
			message: "this process has forgotten the user, but others of the fleet may not know", cause: err,
		}
	}
	return nil
}
