package demo

import (
	"net/http"
	"net/url"
	"time"
)

// stepUp is what /step-up shows.
type stepUp struct {
	Projects []project
	Asked    bool    // a deletion was refused: the factor is too old
	Verify   string  // the page that asks again
	Age      float64 // minutes since the first factor, -1 where the token does not tell
}

// StepUp lists what only somebody who has just proved who they are may delete.
func (s *Site) StepUp(v Visit) Answer {
	data := stepUp{Projects: s.projects.of(owner(v.Auth)), Asked: v.Value("confirm") != "", Age: -1}
	if age := v.Auth.FactorVerificationAge; age != nil {
		data.Age = age.First
	}
	if s.clerk != nil {
		data.Verify = s.clerk.VerifyURL() + "?" + url.Values{"redirect_url": {s.url + "/step-up"}}.Encode()
	}
	return s.page(v, "step-up", "Step-up", data)
}

// DeleteProject deletes a project of the user's own, or of the active organization. The
// route's guard has asked for a fresh factor.
func (s *Site) DeleteProject(v Visit) Answer {
	if !s.projects.remove(owner(v.Auth), v.Value("project_id")) {
		return s.StepUp(v).refused(http.StatusNotFound, "There is no such project any more.")
	}
	return redirect("/step-up?done=project-deleted")
}

// PassTime moves the clock, so that nobody has to wait for a factor to grow old.
func (s *Site) PassTime(v Visit) Answer {
	if s.clerk == nil {
		return s.StepUp(v).refused(http.StatusConflict, "Only the built-in Clerk has a clock that can be moved.")
	}
	s.clerk.Clock().Advance(11 * time.Minute)
	return redirect("/step-up?done=time-passed")
}
