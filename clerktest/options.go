package clerktest

import "github.com/clerkgo/clerkgo/core"

// Options returns what makes an application use this instance: its keys, the
// Backend API's address, the Frontend API's address on loopback as proxy URL, the
// hosted pages and the instance's clock. The environment is not read. Each call
// returns a fresh value, to be adapted as the test wishes.
func (s *Server) Options() core.Options {
	return core.Options{
		PublishableKey: s.publishableKey,
		SecretKey:      s.secretKey,
		APIURL:         s.url,
		ProxyURL:       s.url,
		SignInURL:      s.SignInURL(),
		SignUpURL:      s.SignUpURL(),
		Now:            s.clock.Now,
		LookupEnv:      func(string) (string, bool) { return "", false },
	}
}
