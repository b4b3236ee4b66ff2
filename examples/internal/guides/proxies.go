package guides

import "github.com/clerkgo/clerkgo/core"

func inProduction(options core.Options) core.Options {
	options.AuthorizedParties = []string{"https://app.example.com"} // whose tokens count
	options.SignInURL = "/sign-in"
	return options
}

func reachedDirectly(options core.Options) core.Options {
	options.IgnoreForwarded = true // no proxy overwrites X-Forwarded-Host and -Proto
	return options
}

func servesFrontendAPI(options core.Options) core.Options {
	options.FrontendAPIProxy = core.FrontendAPIProxy{Enabled: true} // under /__clerk
	return options
}

func satellite(options core.Options) core.Options {
	options.IsSatellite = true
	options.Domain = "shop.example.org"
	options.SignInURL = "https://app.example.com/sign-in" // the primary domain's
	return options
}
