package dashboard

import (
	"net/http"

	"github.com/clerkgo/clerkgo/emulator/internal/control"
)

// postTokens decodes the token of a form, or mints one as the form wishes. It answers
// with the page itself: tokens do not belong into addresses.
func (p *Pages) postTokens(w http.ResponseWriter, r *http.Request) {
	v := p.visit(r)
	if err := r.ParseForm(); err != nil {
		p.fail(w, v, err)
		return
	}
	pg, status := pageAt("/tokens"), http.StatusOK
	var wrong *problem
	if r.PostForm.Get("token") == "" {
		in, err := (action{fields: []string{"type", "user_id", "organization_id", "template", "authorized_party", "subject", "scopes:list", "claims:json", "lifetime_seconds:int"}}).body(r.PostForm)
		minted := doc{}
		if err == nil {
			err = v.api.Do(r.Context(), http.MethodPost, "/tokens", in, &minted)
		}
		if err != nil {
			status, wrong = http.StatusUnprocessableEntity, &problem{Message: err.Error()}
			if refused := control.AsRefusal(err); refused != nil {
				if refused.Code == "control_forbidden" {
					p.fail(w, v, err)
					return
				}
				wrong.Param = refused.Param
			}
		} else {
			r.PostForm.Set("token", text(minted, "token"))
		}
	}
	p.render(w, v, pg, status, wrong)
}
