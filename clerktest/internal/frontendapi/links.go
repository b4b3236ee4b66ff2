package frontendapi

import (
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// sendLink sends a link that verifies an address when it is followed.
func sendLink(in *store.Instance, v *store.Verification, slug, redirect string) error {
	if redirect == "" || (in.RedirectsTo != nil && !in.RedirectsTo(redirect)) {
		return wire.Refused("form_param_nil", "redirect_url", "redirect_url is missing, or not allowed by this instance.")
	}
	v.Token, v.Redirect = store.NewSecret(), redirect
	in.SendCode("email_link", v.Target, slug, in.URL+"/v1/verify?token="+v.Token)
	return nil
}

// FollowLink verifies what the token of a link is about. It returns where the
// browser goes on and the session that came of it; "" for a link that is not good.
func FollowLink(in *store.Instance, token string) (redirect, sessionID string) {
	for si := range in.SignIns.All {
		for _, v := range []*store.Verification{&si.First, &si.Second} {
			if v.Strategy == "email_link" && v.Token == token && v.Status == "unverified" && in.Now() < v.ExpireAt {
				v.Status = verified
				proceed(in, si)
				return v.Redirect, si.SessionID
			}
		}
	}
	for up := range in.SignUps.All {
		if v := &up.Email; v.Strategy == "email_link" && v.Token == token && v.Status == "unverified" && in.Now() < v.ExpireAt {
			v.Status = verified
			if err := finish(in, up); err != nil {
				return "", ""
			}
			return v.Redirect, up.SessionID
		}
	}
	for e := range in.EmailAddresses.All {
		if e.LinkToken != "" && e.LinkToken == token && e.Verification == "" && in.Now() < e.ExpiresAt {
			identificationIs(in.EmailAddresses.Table, e, "email_link")
			return e.LinkBack, ""
		}
	}
	return "", ""
}
