package store

import (
	"net/url"
	"regexp"
	"strings"
)

// format is a way that a text must be written.
type format struct {
	is   func(string) bool
	want string // in an error: "must be …"
}

var (
	roleKey       = regexp.MustCompile(`^org:[a-z0-9_-]+$`)
	permissionKey = regexp.MustCompile(`^org:[a-z0-9_-]+:[a-z0-9_-]+$`)
	roleSetKey    = regexp.MustCompile(`^role_set:[a-z0-9_]+$`)
	slug          = regexp.MustCompile(`^[a-z0-9_-]+$`)
	phone         = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	emailAddress  = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	hostName      = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
)

var formats = map[string]format{
	"email":      {emailAddress.MatchString, "an email address"},
	"phone":      {phone.MatchString, "a phone number in E.164 form, such as +15555550100"},
	"url":        {isURL, "an absolute URL"},
	"host":       {hostName.MatchString, "a host name, such as app.example.com"},
	"key":        {roleKey.MatchString, "of the form org:name, in lower case letters, digits, - and _"},
	"roleset":    {roleSetKey.MatchString, "of the form role_set:name, in lower case letters, digits and _"},
	"permission": {permissionKey.MatchString, "of the form org:feature:action, in lower case letters, digits, - and _"},
	"slug":       {slug.MatchString, "of lower case letters, digits, - and _"},
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque == "" && !strings.HasPrefix(u.Scheme, "http"))
}
