package store_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// TestLargeTablesAnswerAsSmallOnes changes a table that remembers its orders and names
// at random, in every way that there is, and compares its lists with those that look at
// every row.
func TestLargeTablesAnswerAsSmallOnes(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_700_000_000_000)
	in := store.New("ins_1", "one.clerk.accounts.dev", func() time.Time { return now })
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		return []string{"Ada", "Grace", "Élodie", "alan", "Kay"}[r.IntN(5)] + fmt.Sprint(r.IntN(300))
	}
	moment := func() store.Time { return store.Time(r.IntN(2) * (1_690_000_000_000 + r.IntN(5000))) }
	backdated := false // As long as no row is, a table relies on that.
	add := func(i int) {
		u := &store.User{FirstName: word(), LastName: word(), Username: fmt.Sprintf("n%d", i), LastSignInAt: moment(), LastActiveAt: moment()}
		if backdated && r.IntN(3) == 0 {
			u.CreatedAt = moment()
		}
		in.Users.Put(u)
		in.AddEmail(u, fmt.Sprintf("%s-%d@example.com", word(), i), "admin", false)
	}
	for i := range 1500 {
		add(i)
	}
	queries := []string{
		"", "order_by=created_at", "order_by=-first_name&offset=7", "order_by=email_address", "order_by=-last_sign_in_at", "order_by=last_active_at&offset=1400", "query=ada1", "query=GRACE29&order_by=-email_address",
		"query=xample.com", "query=Élodie12", "query=élodie1", "query=lodie12", "query=a2", "query=nobody", "query=zqx", "query=ada1&last_active_at_before=1690000000900",
		"last_sign_in_at_after=1690000004900", "last_sign_in_at_before=1690000000100&order_by=username", "last_active_at_since=1690000004990", "created_at_before=1690000000100", "created_at_after=1700000000000",
		"last_active_at_before=1690000000100&last_active_at_before=1690000000900",
	}
	for step := range 80 {
		backdated = step > 60
		for range r.IntN(12) {
			row := in.Users.Rows()[r.IntN(in.Users.Len())]
			u := in.Users.Get(row.Base().ID)
			now = now.Add(time.Millisecond)
			var err error
			switch r.IntN(9) {
			case 0:
				add(10_000 + in.Users.Len() + step*100)
			case 1:
				in.Users.Delete(u)
			case 2:
				change := wire.Doc{"first_name": word()}
				if step > 40 {
					change["created_at"] = float64(1_690_000_000_000 + r.IntN(9))
				}
				err = in.Users.Change(store.Backend, u, change)
			case 8:
				in.AddEmail(u, fmt.Sprintf("zqx%s-%d@example.net", word(), r.Int()), "admin", false)
			case 3:
				in.StartSession(in.NewClient(), u)
			case 4:
				_, err = in.EmailAddresses.Make(store.Backend, wire.Doc{"user_id": u.ID, "email_address": fmt.Sprintf("%s-%d@example.org", word(), r.Int()), "primary": true}, nil)
			case 5:
				if len(u.Emails()) > 0 {
					in.EmailAddresses.Delete(u.Emails()[0])
				}
				in.AddEmail(u, fmt.Sprintf("%s-%d@example.net", word(), r.Int()), "admin", false)
			case 6:
				in.Users.Touched(u, func() { u.LastActiveAt = moment() })
			case 7:
				again := store.Record{ID: u.ID, CreatedAt: u.CreatedAt}
				if backdated {
					again.CreatedAt = moment()
				}
				in.Users.Put(&store.User{Record: again, FirstName: word()})
				in.AddEmail(in.Users.Get(u.ID), fmt.Sprintf("%s-%d@example.net", word(), r.Int()), "admin", false)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, text := range queries {
			query, err := url.ParseQuery(text)
			if err != nil {
				t.Fatal(err)
			}
			got, err := in.Users.List(query)
			if err != nil {
				t.Fatal(err)
			}
			want, err := in.Users.Among(slices.Clone(in.Users.Rows()), query)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := told(got), told(want); a != b {
				t.Fatalf("step %d: %q lists\n%s\nand looking at each row\n%s", step, text, a, b)
			}
		}
	}
}

func told(l store.List) string {
	var b strings.Builder
	_, _ = fmt.Fprintln(&b, l.Total) // A Builder does not fail.
	for _, row := range l.Rows {
		_, _ = fmt.Fprintf(&b, "%s %d\n", row.Base().ID, row.Base().CreatedAt)
	}
	return b.String()
}
