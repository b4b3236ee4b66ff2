package rest

import (
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Uploads makes an action of [Collection.On] that takes the picture of a multipart
// body and puts where it is served into a field. Others are fields that the body may have.
func Uploads(field string, others ...string) func(*store.Table, store.Row, *wire.Call) error {
	return func(t *store.Table, row store.Row, call *wire.Call) error {
		given, err := call.Fields()
		if err != nil {
			return err
		}
		for name := range given {
			if !slices.Contains(others, name) {
				return wire.Unknown(name)
			}
		}
		if len(call.File) == 0 {
			return wire.Missing("file")
		}
		kind := http.DetectContentType(call.File)
		if !slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp"}, kind) {
			return wire.Refused("image_type_invalid", "file", "The file must be a PNG, JPEG, GIF or WebP image.")
		}
		t.Assign(row, field, t.Instance().AddImage(call.File, kind))
		return nil
	}
}

// Clears makes an action that empties a field of a picture.
func Clears(field string) func(*store.Table, store.Row, *wire.Call) error {
	return func(t *store.Table, row store.Row, _ *wire.Call) error {
		t.Assign(row, field, "")
		return nil
	}
}
