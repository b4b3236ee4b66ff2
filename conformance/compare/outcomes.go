package compare

// Outcome is what a case came to.
type Outcome struct {
	Status, TokenType, Reason string
}

// Outcomes counts the outcomes of the answers.
func Outcomes(answers []Answer) map[Outcome]int {
	counts := make(map[Outcome]int)
	for _, answer := range answers {
		counts[answer.outcome()]++
	}
	return counts
}

func (a Answer) outcome() Outcome {
	status, _ := a["status"].(string)
	tokenType, _ := a["tokenType"].(string)
	reason, _ := a["reason"].(string)
	return Outcome{Status: status, TokenType: tokenType, Reason: reason}
}

// Missing returns the outcomes that are known to be reachable and that no answer has.
func Missing(answers []Answer) []Outcome {
	counts := Outcomes(answers)
	var missing []Outcome
	for _, outcome := range reachable() {
		if counts[outcome] == 0 {
			missing = append(missing, outcome)
		}
	}
	return missing
}

// reachable lists the outcomes that some request to some configuration leads to.
func reachable() []Outcome {
	const session = "session_token"
	machines := []string{"api_key", "m2m_token", "oauth_token"}
	all := []Outcome{{Status: "error"}, {"signed-in", session, ""}, {"signed-out", "", "token-type-mismatch"}, {"signed-out", session, "token-type-mismatch"}}
	for _, machine := range machines {
		all = append(all, Outcome{"signed-in", machine, ""})
		for _, reason := range []string{"token-type-mismatch", "No token in header", "token-invalid", "secret-key-invalid", "unexpected-error"} {
			all = append(all, Outcome{"signed-out", machine, reason})
		}
	}
	for _, machine := range machines[1:] {
		all = append(all, Outcome{"signed-out", machine, "token-verification-failed"})
	}
	for _, reason := range []string{
		"client-uat-but-no-session-token", "dev-browser-missing", "dev-browser-sync", "primary-responds-to-syncing", "satellite-needs-syncing", "session-token-nbf", "session-token-iat-in-the-future",
		"session-token-iat-before-client-uat", "session-token-but-no-client-uat",
	} {
		all = append(all, Outcome{"handshake", session, reason}, Outcome{"signed-out", session, reason})
	}
	for _, refresh := range []string{
		"non-eligible-no-refresh-cookie", "non-eligible-non-get", "invalid-session-token", "expired-session-token-decode-failed", "expired-session-token-missing-sid-claim", "fetch-error", "unexpected-sdk-error",
		"unexpected-bapi-error", "refresh_token_expired",
	} {
		reason := "session-token-expired-refresh-" + refresh
		all = append(all, Outcome{"signed-out", session, reason})
		if refresh != "non-eligible-non-get" {
			all = append(all, Outcome{"handshake", session, reason})
		}
	}
	for _, reason := range []string{
		"session-token-and-uat-missing", "session-token-missing", "unexpected-error", "token-invalid", "token-invalid-algorithm", "token-invalid-authorized-parties", "token-invalid-signature", "token-verification-failed",
		"secret-key-invalid", "jwk-remote-failed-to-load", "jwk-kid-mismatch",
	} {
		all = append(all, Outcome{"signed-out", session, reason})
	}
	return append(all, Outcome{"handshake", session, "primary-domain-cross-origin-sync"}, Outcome{"handshake", session, "active-organization-mismatch"})
}
