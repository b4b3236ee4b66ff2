package frontendapi

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Environment is what scripts are told about the instance.
func Environment(in *store.Instance) wire.Doc {
	mode, a, groups, settings := "development", in.Auth(), in.OrganizationSettings.One(), in.Settings.One()
	if in.Production {
		mode = "production"
	}
	preferred := "password"
	if !a.First("password") || settings.PreferredStrategyForPassword == "otp" {
		preferred = "otp"
	}
	needs := func(kind string) bool { return slices.Contains(a.PasswordNeeds, kind) }
	social := wire.Doc{}
	for _, name := range a.Providers() {
		social["oauth_"+name] = wire.Doc{"enabled": true, "required": false, "authenticatable": true, "strategy": "oauth_" + name, "name": name, "logo_url": nil}
	}
	return wire.Doc{
		"object": "environment", "id": "env_clerktest", "maintenance_mode": false,
		"auth_config": wire.Doc{"object": "auth_config", "single_session_mode": !a.SeveralSessions, "reverification": true, "url_based_session_syncing": !in.Production},
		"display_config": wire.Doc{
			"object": "display_config", "id": "dc_clerktest", "instance_environment_type": mode, "application_name": "clerktest",
			"branded": true, "theme": wire.Doc{}, "preferred_sign_in_strategy": preferred, "captcha_public_key": nil,
			"captcha_widget_type": nil, "captcha_oauth_bypass": []any{},
			"sign_in_url": in.URL + "/sign-in", "sign_up_url": in.URL + "/sign-up", "user_profile_url": in.URL, "home_url": settings.DevelopmentOrigin,
			"support_email": settings.SupportEmail, "clerk_js_version": settings.ClerkJSVersion,
		},
		"user_settings": wire.Doc{
			"attributes": attributes(&a), "social": social,
			"sign_in": wire.Doc{"second_factor": wire.Doc{"required": false, "enabled": len(a.SecondFactors) > 0}},
			"sign_up": wire.Doc{"mode": a.SignUpMode, "progressive": true, "captcha_enabled": false, "legal_consent_enabled": false},
			"password_settings": wire.Doc{
				"min_length": a.PasswordMinLength, "max_length": 72, "disable_hibp": !in.RefusesWeakPasswords(), "require_lowercase": needs("lowercase"),
				"require_uppercase": needs("uppercase"), "require_numbers": needs("numbers"), "require_special_char": needs("special_char"),
				"allowed_special_characters": "", "show_zxcvbn": false, "min_zxcvbn_strength": 0,
			},
			"username_settings": wire.Doc{"min_length": 4, "max_length": 64},
			"actions":           wire.Doc{"create_organization": groups.Enabled && !a.NoOrganizations, "delete_self": true},
		},
		"organization_settings": wire.Doc{
			"enabled": groups.Enabled && !a.NoOrganizations, "max_allowed_memberships": groups.MaxAllowedMemberships, "force_organization_selection": a.ForceOrganization,
			"slug": wire.Doc{"disabled": groups.SlugDisabled}, "actions": wire.Doc{"admin_delete": groups.AdminDeleteEnabled},
			"domains": wire.Doc{"enabled": groups.DomainsEnabled, "enrollment_modes": groups.DomainsEnrollmentModes, "default_role": groups.DomainsDefaultRole},
		},
	}
}

// attributes are what users may have, and what that is good for.
func attributes(a *store.Auth) wire.Doc {
	of := func(name string, enabled bool, codes, second []string) wire.Doc {
		first := slices.DeleteFunc(slices.Clone(codes), func(x string) bool { return !a.First(x) })
		second = slices.DeleteFunc(second, func(x string) bool { return !slices.Contains(a.SecondFactors, x) })
		return wire.Doc{
			"enabled": enabled || len(first)+len(second) > 0, "required": slices.Contains(a.Required, name),
			"used_for_first_factor": len(first) > 0 || name == "username" && enabled, "first_factors": first,
			"used_for_second_factor": len(second) > 0, "second_factors": second, "verifications": codes[:min(len(codes), 1)], "verify_at_sign_up": len(codes) > 0,
		}
	}
	wanted := func(name string) bool { return slices.Contains(a.Required, name) || slices.Contains(a.Optional, name) }
	email := []string{"email_code", "email_link"}
	if !a.First("email_code") && a.First("email_link") {
		slices.Reverse(email)
	}
	doc := wire.Doc{
		"email_address":     of("email_address", wanted("email_address"), email, []string{}),
		"phone_number":      of("phone_number", wanted("phone_number"), []string{"phone_code"}, []string{"phone_code"}),
		"password":          of("password", wanted("password") || a.First("password"), []string{}, []string{}),
		"authenticator_app": of("authenticator_app", false, []string{}, []string{"totp"}),
		"backup_code":       of("backup_code", false, []string{}, []string{"backup_code"}),
		"web3_wallet":       of("web3_wallet", false, []string{}, []string{}),
		"passkey":           of("passkey", false, []string{}, []string{}),
	}
	for _, name := range []string{"username", "first_name", "last_name"} {
		doc[name] = of(name, wanted(name), []string{}, []string{})
	}
	return doc
}
