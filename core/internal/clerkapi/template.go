package clerkapi

import "strings"

// endpointOf is the method and the path of an application's call, below the Backend API's
// version, without anything that names somebody: what is no word of Clerk's paths is {id}. So
// there are few of them, whatever the application asks for.
func (a *API) endpointOf(method, path string) string {
	below, ok := strings.CutPrefix(path, "/"+a.version+"/")
	if !ok {
		return method
	}
	var b strings.Builder
	b.WriteString(method)
	b.WriteString(" /")
	b.WriteString(a.version)
	depth := 0
	for segment := range strings.SplitSeq(strings.Trim(below, "/"), "/") {
		if depth++; depth > maxSegments {
			return method // It is none of Clerk's.
		}
		// A name that the application made up stands behind a word, and may be one itself.
		if depth == 1 && !words[segment] {
			return method
		}
		if !words[segment] {
			segment = "{id}"
		}
		b.WriteByte('/')
		b.WriteString(segment)
	}
	return b.String()
}

const maxSegments = 6

// words are those of the paths of Clerk's Backend API.
var words = func() map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(`
		accountless_applications actor_tokens agent_tasks allowlist_identifiers api_keys backup_code beta_features billing
		blocklist_identifiers bulk clients commerce create_external_account_url domains email_addresses emails
		events external_accounts handshake_payload instance invitations jwks jwt_templates logo m2m_tokens machines
		members memberships metadata oauth_access_tokens oauth_applications organization_invitations organization_memberships
		organization_permissions organization_roles organization_settings organizations passkeys password_compromised
		permissions phone_numbers plans profile_image proxy_checks public_keys redirect_urls refresh restrictions revoke
		role_sets roles rotate rotate_secret saml_connections scopes secret_key sessions sign_in_tokens sign_ins sign_ups
		statements subscription subscription_items templates testing_tokens tokens totp unban unlock users ban lock count
		verify verify_password verify_totp mfa enterprise_connections enterprise_accounts waitlist_entries reject webhooks
		svix svix_url web3_wallets disable_mfa toggle_delivery revert preview unset_password_compromised
		set_password_compromised change_domain features jwt export`) {
		all[word] = true
	}
	return all
}()
