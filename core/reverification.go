package core

import (
	"net/http"

	"github.com/clerkgo/clerkgo/core/reason"
)

// verdict is what a requirement says of a request.
type verdict struct {
	met bool
	// wants is, where the requirement does not hold but would if the user proved anew
	// who they are, what they have to prove. It is shared: do not change it.
	wants *ReverificationConfig
}

// judged is a requirement that can tell what a fresh verification would change.
type judged func(*Auth) verdict

func (f judged) check(a *Auth) verdict { return f(a) }

func (f judged) applyGuard(g *Guard) { g.requirements = append(g.requirements, f) }

// reverification is what [Reverification] returns: no machine ever fulfils it.
type reverification struct{ judged }

func (r reverification) applyGuard(g *Guard) { g.requirements = append(g.requirements, r) }

// checkAll says whether all requirements hold. A fresh verification would do only
// where everything else holds.
func checkAll(a *Auth, requirements []Requirement) verdict {
	all := verdict{met: true}
	for _, r := range requirements {
		if r == nil {
			return verdict{}
		}
		v := r.check(a)
		switch {
		case v.met:
		case v.wants == nil:
			return verdict{}
		default:
			all = verdict{wants: all.wants.and(v.wants)}
		}
	}
	return all
}

// checkAny says whether one of the requirements holds, or else what the first one
// asks for that a fresh verification would fulfil.
func checkAny(a *Auth, requirements []Requirement) verdict {
	var wants *ReverificationConfig
	for _, r := range requirements {
		if r == nil {
			continue
		}
		v := r.check(a)
		if v.met {
			return v
		}
		if wants == nil {
			wants = v.wants
		}
	}
	return verdict{wants: wants}
}

// refusal is the refusal of a request for which only this is missing.
func (c *ReverificationConfig) refusal() *Error {
	return &Error{class: ErrForbidden, reason: reason.Reverification, message: "the user has to be verified anew", wants: c}
}

// noStore keeps an answer out of caches. It is shared.
var noStore = []Header{{headerCacheControl, personalOnly}}

// askReverification answers so that clerk-js asks the user and sends the request again.
func (g *Guard) askReverification(ra *RequestAuth, failure *Error) Outcome {
	o := empty(http.StatusForbidden, failure)
	o.Body, o.ContentType, o.SetHeaders = failure.wants.body(), "application/json", noStore
	if ra.clerk.opts.APIStatus {
		o = g.withChallenge(ra, o)
	}
	return o
}
