package redact

import (
	"strings"
	"testing"
)

func TestRedactURL(t *testing.T) {
	t.Parallel()
	const secret = "dvb_a_long_secret_0123456789"
	for _, u := range []string{
		"https://x.test/p?__clerk_db_jwt=" + secret,
		"https://x.test/p?a=1&__clerk_handshake=" + secret + "&b=2#top",
		"https://x.test/p?__clerk_handshake_nonce=" + secret,
		"https://x.test/p?__session=" + secret,
		"https://x.test/p?__session_abcdef=" + secret,
		"https://x.test/p?__dev_session=" + secret,
		"https://x.test/p?%5f%5fclerk_db_jwt=" + secret,
		"https://x.test/p?__CLERK_db_jwt=" + secret,
		"https://x.test/p?redirect_url=https%3A%2F%2Fy.test%2F%3F__clerk_db_jwt%3D" + secret,
		"https://x.test/p?redirect_url=%2Fq%3Fr%3D%252Fs%253F__session%253D" + secret,
		"https://x.test/p#__clerk_db_jwt=" + secret,
		"https://x.test/p?a=b#/page?__clerk_db_jwt=" + secret,
		"https://x.test/p?a=b#?__clerk_db_jwt=" + secret,
		"/p?redirect_url=%2Fq%23__session%3D" + secret,
		"//p?__session=" + secret + "?__session=" + secret,
		"https://x.test/p?token=" + secret,
		"https://user:" + secret + "@x.test/",
		"https://x.test/p?redirect_url=https%3A%2F%2Fuser%3A" + secret + "%40y.test%2F",
	} {
		if got := (Redactor{}).URL("u", u).Value.String(); strings.Contains(got, secret) || strings.Contains(got, secret[8:]) {
			t.Errorf("%s: got %s", u, got)
		}
	}
	deep := secret
	for range 3 * maxURLDepth {
		deep = "/x?u=" + strings.NewReplacer("?", "%3F", "=", "%3D", "%", "%25").Replace(deep)
	}
	if got := inURL(deep, 0); strings.Contains(got, secret) {
		t.Errorf("a very deep URL: got %s", got)
	}
	for _, u := range []string{"https://x.test/p?__clerk_synced=true&redirect_url=%2Fp", "/p", "https://x.test:80/", "", "?", "#"} {
		if got := (Redactor{}).URL("u", u).Value.String(); got != u {
			t.Errorf("%s: got %s, want it unchanged", u, got)
		}
	}
}
