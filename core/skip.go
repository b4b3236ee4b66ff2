package core

import (
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/request"
)

// staticExtensions are the endings of static files, without their dot.
var staticExtensions = []string{
	"htm", "html", "css", "js", "jpg", "jpeg", "webp", "png", "gif", "svg", "ttf", "woff", "woff2", "ico", "csv",
	"doc", "docx", "xls", "xlsx", "zip", "webmanifest",
}

// SkipStatic is a ready-made [Options].Skip that leaves static files alone, by the
// rules of the matcher that Clerk's guides for Next.js recommend: paths below
// /_next, and paths that contain a dot and one of the usual extensions anywhere,
// but never paths that start with /api, /trpc or /__clerk.
//
// A skipped request has no authentication: a guarded route whose path looks like
// a static file answers 500. Without Skip, the middleware runs for every request.
func SkipStatic(r Request) bool {
	path, _ := request.SplitTarget(r.Target())
	for _, always := range [...]string{"/api", "/trpc", "/__clerk/"} {
		if strings.HasPrefix(path, always) {
			return false
		}
	}
	if strings.HasPrefix(path, "/_next") {
		return true
	}
	for rest := path; ; {
		i := strings.IndexByte(rest, '.')
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
		for _, extension := range staticExtensions {
			if strings.HasPrefix(rest, extension) && (extension != "js" || !strings.HasPrefix(rest, "json")) {
				return true
			}
		}
	}
}
