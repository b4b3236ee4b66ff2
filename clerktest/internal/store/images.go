package store

import "crypto/rand"

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
