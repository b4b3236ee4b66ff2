package store

import (
	"crypto/rand"
	"fmt"
	"hash/fnv"
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Image is a picture that was uploaded.
type Image struct {
	Record

	Type string `api:"type"`
	Data []byte `api:"data" show:"never"`
}

var images = describe(Resource[Image]{Object: "image", Prefix: "img", Title: "Image", Silent: All})

// AddImage keeps a picture and returns where it is served.
func (in *Instance) AddImage(data []byte, kind string) string {
	i := &Image{Record: Record{ID: "img_" + rand.Text()}, Type: kind, Data: data}
	in.Images.Put(i)
	return in.URL + "/v1/images/" + i.ID
}

// placeholder begins the ids of pictures that nobody uploaded. Components know such a
// picture by this word, and offer no removal of it.
const placeholder = "avatar_placeholder_"

// ImageURL is where the picture of a user or an organization is served: the one that
// was uploaded, or one of initials. Clerk, too, has one of everybody.
// Browsers keep pictures, so the address changes with the initials.
func (in *Instance) ImageURL(uploaded, id, name string) string {
	if uploaded != "" {
		return uploaded
	}
	return in.URL + "/v1/images/" + placeholder + id + "?" + url.QueryEscape(initials(name))
}

// Picture finds what is served under the id of a picture.
func (in *Instance) Picture(id string) (data []byte, kind string, ok bool) {
	if i := in.Images.Get(id); i != nil {
		return i.Data, i.Type, true
	}
	owner, drawn := strings.CutPrefix(id, placeholder)
	if !drawn {
		return nil, "", false
	}
	if u := in.Users.Get(owner); u != nil {
		return avatar(owner, u.called()), "image/svg+xml", true
	}
	if o := in.Organizations.Get(owner); o != nil {
		return avatar(owner, o.Name), "image/svg+xml", true
	}
	return nil, "", false
}

// called is the name of a user, or else what the user signs in with.
func (u *User) called() string {
	if name := strings.TrimSpace(u.FirstName + " " + u.LastName); name != "" {
		return name
	}
	return u.Identifier()
}

// initials are the first letters of at most two words.
func initials(name string) string {
	var letters strings.Builder
	for i, word := range strings.Fields(name) {
		if r, _ := utf8.DecodeRuneInString(word); i < 2 && unicode.IsLetter(r) {
			letters.WriteRune(unicode.ToUpper(r))
		}
	}
	return letters.String()
}

// avatar draws initials on a colour of their owner's.
func avatar(owner, name string) []byte {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(owner)) // Writing to a hash cannot fail.
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="80"><rect width="80" height="80" fill="hsl(%d 45%% 42%%)"/>`+
		`<text x="40" y="41" fill="#fff" font-family="system-ui,sans-serif" font-size="32" text-anchor="middle" dominant-baseline="central">%s</text></svg>`,
		hash.Sum32()%360, html.EscapeString(initials(name)))
}
