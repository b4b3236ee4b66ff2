package core

// room is memory for a few strings in the same piece as a [State]: the permissions of a
// user who is signed in, or the values of the headers that say why nobody is. It is handed
// out once, to one request, and never used again.
type room struct {
	texts [roomTexts]string
	taken bool
}

// roomTexts is how many permissions most users have at most.
const roomTexts = 4

// strings returns a list of n empty strings that belongs to whom it is given. A nil room has
// no memory.
func (r *room) strings(n int) []string {
	if r == nil || r.taken || n > len(r.texts) {
		return make([]string, n)
	}
	r.taken = true
	return r.texts[:n:n]
}
