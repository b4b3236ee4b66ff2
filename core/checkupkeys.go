package core

import (
	"net/http"
	"strconv"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/doctor"
)

// options tells what is odd about the options, which New has accepted.
func (e *examination) options() {
	c := e.clerk
	production := c.key.Instance == clerkkey.Production
	if c.key.Raw != "" {
		kind := "development"
		if production {
			kind = "production"
		}
		e.add(LevelOK, aboutOptions, "publishable key", "is well formed: the "+kind+" instance "+c.key.Host+".", "")
	}
	for _, message := range oddities(&c.opts, c.key, c.skew) {
		e.add(LevelWarning, aboutOptions, "configuration", sentence(message), "")
	}
	if c.opts.Debug && production {
		e.add(LevelWarning, aboutOptions, "Options.Debug", "logs every request of a production instance.", "Turn it off in production.")
	}
}

// keys tells whether the keys are those of one instance.
func (e *examination) keys() {
	c, o := e.clerk, &e.clerk.opts
	if isMixed(o, c.key) {
		e.add(LevelFault, aboutKeys, "both keys", "one is of a development instance, and the other of a production instance.", copyBothKeys)
	}
	if o.SecretKey == "" || c.backend == nil {
		e.add(LevelNote, aboutKeys, "secret key", "there is none, so it was not looked at.", "")
		return
	}
	mine, subject := e.backend.Keys(), "secret key at "+e.backendURL()
	reach := "Let this machine reach the Backend API. Options.APIURL (CLERK_API_URL) is for other addresses than Clerk's own."
	switch status := e.backend.Status; {
	case e.backend.Err != nil && o.JWTKey != "":
		e.add(LevelWarning, aboutKeys, subject, "could not be checked: "+e.why(&e.backend)+". Sessions are verified with Options.JWTKey; all else needs the Backend API.", reach)
	case e.backend.Err != nil:
		e.add(LevelFault, aboutKeys, subject, "could not be checked: "+e.why(&e.backend)+". Without it no session can be verified.", reach)
	case status == http.StatusUnauthorized:
		e.add(LevelFault, aboutKeys, subject, "Clerk refuses the secret key.", copyBothKeys)
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		e.add(LevelWarning, aboutKeys, subject, "could not be checked: the Backend API answers "+strconv.Itoa(status)+".", "Try again later.")
	case len(mine) == 0:
		e.add(LevelFault, aboutKeys, subject, "what answers there ("+strconv.Itoa(status)+") is not Clerk's Backend API: it has no key set.", "Leave Options.APIURL (CLERK_API_URL) empty, or correct it.")
	default:
		e.add(LevelOK, aboutKeys, subject, "Clerk accepts it.", "")
	}
	e.compare(&e.frontend, aboutKeys, "publishable key at ")
}

// compare tells whether a Frontend API is one of the instance whose secret key there is.
func (e *examination) compare(p *place, check, what string) {
	if p.address == "" {
		return
	}
	mine, theirs, subject := e.backend.Keys(), p.answer.Keys(), what+p.address
	switch {
	case p.answer.Err != nil:
		e.add(LevelWarning, check, subject, "could not be checked: "+e.why(&p.answer)+".", "Let this machine reach the Frontend API. Browsers must, in any case.")
	case len(theirs) == 0 && check == aboutProxy && p.answer.IsClerks():
		e.add(LevelFault, check, subject, "Clerk's Frontend API refuses the proxy ("+strconv.Itoa(p.answer.Status)+").",
			"Register this address as the proxy URL of the instance in Clerk's dashboard, and let the proxy send Clerk-Proxy-Url and Clerk-Secret-Key.")
	case len(theirs) == 0 && check == aboutProxy:
		e.add(LevelFault, check, subject, "does not pass on to Clerk's Frontend API: it answers "+strconv.Itoa(p.answer.Status)+".",
			"Serve the Frontend API there, for example with Options.FrontendAPIProxy, or correct Options.ProxyURL (CLERK_PROXY_URL).")
	case len(theirs) == 0 && check == aboutSatellite:
		e.add(LevelFault, check, subject, "is not the Frontend API of a satellite: it answers "+strconv.Itoa(p.answer.Status)+".",
			"Register Options.Domain as a satellite in Clerk's dashboard, and set the DNS record that it shows.")
	case len(theirs) == 0:
		e.add(LevelWarning, check, subject, "could not be checked: it answers "+strconv.Itoa(p.answer.Status)+" and no key set.", "Copy the publishable key again from "+clerkkey.KeysPage)
	case len(mine) == 0:
		e.add(LevelNote, check, subject, "answers, and was not compared: the secret key gave no key set.", "")
	case doctor.Common(mine, theirs) == 0:
		e.add(LevelFault, check, subject, "has other signing keys than the secret key's instance: they are two instances.", copyBothKeys)
	default:
		e.add(LevelOK, check, subject, "is of the same instance as the secret key.", "")
	}
}

// jwtKey tells whether Options.JWTKey is a key of the instance.
func (e *examination) jwtKey() {
	key := e.clerk.pem
	if key == nil {
		return
	}
	const subject = "Options.JWTKey (CLERK_JWT_KEY)"
	known := e.backend.Keys()
	if len(known) == 0 {
		known = e.frontend.answer.Keys()
	}
	for _, k := range known {
		if k.Is(key.Public()) {
			e.add(LevelOK, aboutJWTKey, subject, "is a key of the instance.", "")
			return
		}
	}
	if len(known) == 0 {
		e.add(LevelWarning, aboutJWTKey, subject, "could not be checked: no key set was to be had.", "")
		return
	}
	e.add(LevelFault, aboutJWTKey, subject, "is none of the instance's keys: every session token is refused.",
		"Copy the JWKS Public Key from "+clerkkey.KeysPage+", or leave it empty: the keys are then loaded from Clerk.")
}

// clock tells how far this machine's clock is from Clerk's.
func (e *examination) clock() {
	const subject = "this machine's clock"
	skew := max(e.clerk.skew, 0)
	ahead, within, ok := e.backend.Offset()
	if !ok {
		ahead, within, ok = e.frontend.answer.Offset()
	}
	if !ok {
		e.add(LevelNote, aboutClock, subject, "could not be checked: no answer of Clerk's said the time.", "")
		return
	}
	side := "behind"
	if ahead < 0 {
		ahead, side = -ahead, "ahead of"
	}
	const remedy = "Set it, and keep it right with NTP (chrony, systemd-timesyncd)."
	text := "is " + ahead.Round(time.Second).String() + " " + side + " Clerk's"
	switch least := ahead - within; {
	case least > skew && side == "behind":
		e.add(LevelFault, aboutClock, subject, text+": new session tokens are not valid yet here (Options.ClockSkew is "+skew.String()+").", remedy)
	case least > skew:
		e.add(LevelFault, aboutClock, subject, text+": session tokens expire early, or at once (Options.ClockSkew is "+skew.String()+").", remedy)
	case least > max(skew/2, time.Second):
		e.add(LevelWarning, aboutClock, subject, text+", which Options.ClockSkew ("+skew.String()+") just tolerates.", remedy)
	default:
		e.add(LevelOK, aboutClock, subject, "agrees with Clerk's.", "")
	}
}
