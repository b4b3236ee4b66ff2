package core

import (
	"context"
	"time"
)

// Shared is what the processes of a fleet have in common: entries, announcements and budgets.
// Package redisclerk has one on Redis; another is a few dozen lines over whatever the fleet
// has. Keys and topics are short and printable; neither they nor values and messages hold a
// secret in clear.
//
// It is no root of trust. What is read from it carries an authentication code, as with
// [Store], and what fails that is ignored and counted. It may lose entries, deliver messages
// twice and in any order, and be away: then what the process knows itself decides.
//
// Implementations must be safe for concurrent use, and heed their contexts, which give them a
// few milliseconds where a request waits.
type Shared interface {
	Store

	// Delete forgets the value of a key. It is no error where there is none.
	Delete(ctx context.Context, key string) error

	// Publish announces a message to every subscriber of a topic, in this process too, and
	// keeps it for ttl, for subscribers that come later or were away. A message has 4 KiB at
	// most.
	Publish(ctx context.Context, topic string, message []byte, ttl time.Duration) error

	// Subscribe delivers every message of a topic that is kept and every one that is published
	// from then on, until stop is called. It returns at once, and works in the background,
	// for as long as the Shared is not closed; where the connection was lost it delivers again
	// what may have been missed. Messages may be delivered more than once, and in any order.
	Subscribe(topic string, subscriber Subscriber) (stop func())

	// Take takes n from a budget of limit in each window, if so much is left, and otherwise
	// takes nothing. A window begins with the first that is taken from it. It returns what
	// is left then, which is negative where nothing was taken.
	Take(ctx context.Context, budget string, n, limit int, window time.Duration) (left int, err error)
}

// Subscriber receives the messages of a topic: see [Shared]. Its methods are called one
// at a time, are fast, and keep nothing of the message.
type Subscriber interface {
	// Deliver receives one message.
	Deliver(message []byte)
	// Current says whether everything that is kept was delivered, and what is published now
	// will be, at once: false as soon as the connection is known to be lost, and true when all
	// that was missed was delivered. It begins as false.
	Current(current bool)
}

// SharedStats count what became of entries and budgets in Options.Shared. Announcements of
// revocations count in [RevocationStats].
type SharedStats struct {
	// Read and Written count entries, Taken what was taken from budgets.
	Read, Written, Taken uint64
	// Rejected counts entries that were read and not believed.
	Rejected uint64
	// Failed counts calls that failed, or took longer than a request waits: see
	// Options.SharedTimeout.
	Failed uint64
	// Skipped counts those that were not made, because others had failed shortly before.
	Skipped uint64
	// Away says that calls are not made at present.
	Away bool
}
