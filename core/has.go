package core

// Has reports whether all requirements hold: Clerk's has(). Without any it
// reports false, and so it does for a signed-out request. For machine tokens
// only [Scopes] and [Where] can hold.
func (a *Auth) Has(requirements ...Requirement) bool {
	return len(requirements) > 0 && a.authenticated && checkAll(a, requirements).met
}

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
		case v.aged:
			all = v
		case v.wants == nil:
			return v
		default:
			all = verdict{wants: all.wants.and(v.wants)}
		}
	}
	return all
}

// checkAny says whether one of the requirements holds, or else what the first one
// asks for that a fresh verification would fulfil.
func checkAny(a *Auth, requirements []Requirement) verdict {
	var all verdict
	for _, r := range requirements {
		if r == nil {
			continue
		}
		v := r.check(a)
		if v.met {
			return v
		}
		if all.wants == nil {
			all.wants = v.wants
		}
		all.aged = all.aged || v.aged
	}
	return all
}
