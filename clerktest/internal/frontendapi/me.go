package frontendapi

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

func me() []rest.Endpoint {
	return []rest.Endpoint{
		{Pattern: "GET /v1/me", Serve: own(nil)},
		{Pattern: "PATCH /v1/me", Serve: own(func(in *store.Instance, u *store.User, call *wire.Call) error {
			given, err := call.Fields()
			if err != nil {
				return err
			}
			return in.Users.Change(store.Frontend, u, given)
		})},
		{Pattern: "DELETE /v1/me", Serve: with(deleteMe)},
		{Pattern: "PATCH /v1/me/metadata", Serve: own(changeMetadata)},
		{Pattern: "POST /v1/me/change_password", Serve: own(changePassword)},
		{Pattern: "POST /v1/me/remove_password", Serve: own(removePassword)},
		{Pattern: "POST /v1/me/profile_image", Serve: with(func(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
			if err := rest.Uploads("image_url")(in.Users.Table, u, call); err != nil {
				return nil, err
			}
			return wire.Doc{"object": "image", "id": u.ID, "name": nil, "public_url": u.ImageURL}, nil
		})},
		{Pattern: "DELETE /v1/me/profile_image", Serve: with(func(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
			return wire.Doc{"object": "image", "id": u.ID, "deleted": true}, rest.Clears("image_url")(in.Users.Table, u, call)
		})},
		{Pattern: "POST /v1/me/totp", Serve: with(startTOTP)},
		{Pattern: "POST /v1/me/totp/attempt_verification", Serve: with(attemptTOTP)},
		{Pattern: "DELETE /v1/me/totp", Serve: with(func(in *store.Instance, u *store.User, _ *wire.Call) (any, error) {
			change(in, u, func() { u.TOTPSecret, u.BackupCodes = "", nil })
			return wire.Doc{"object": "totp", "id": "totp_" + u.ID, "deleted": true}, nil
		})},
		{Pattern: "POST /v1/me/backup_codes", Serve: with(func(in *store.Instance, u *store.User, _ *wire.Call) (any, error) {
			change(in, u, func() { u.BackupCodes = store.NewBackupCodes() })
			return wire.Doc{"object": "backup_code", "id": "backup_" + u.ID, "codes": u.BackupCodes, "created_at": in.Now(), "updated_at": in.Now()}, nil
		})},
		{Pattern: "GET /v1/me/sessions/active", Bare: true, Serve: with(func(in *store.Instance, u *store.User, _ *wire.Call) (any, error) {
			list := []any{}
			for _, sess := range slices.Backward(in.SessionsOf(u.ID)) {
				list = append(list, withActivity(in, sess))
			}
			return list, nil
		})},
		{Pattern: "POST /v1/me/sessions/{id}/revoke", Serve: with(func(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
			sess := in.Sessions.Get(call.Param("id"))
			if sess == nil || sess.UserID != u.ID {
				return nil, wire.NotFound("Session")
			}
			in.EndSession(sess, store.Revoked)
			return withActivity(in, sess), nil
		})},
	}
}

// with is an endpoint of the user who calls.
func with(serve func(*store.Instance, *store.User, *wire.Call) (any, error)) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		u, err := caller(in, call)
		if err != nil {
			return nil, err
		}
		return serve(in, u, call)
	}
}

// own is an endpoint of the user who calls, whom it answers with after act has run.
func own(act func(*store.Instance, *store.User, *wire.Call) error) rest.Serve {
	return with(func(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
		if act != nil {
			if err := act(in, u, call); err != nil {
				return nil, err
			}
		}
		return in.Users.Show(u, store.Frontend), nil
	})
}

// change changes a user in code, and says so.
func change(in *store.Instance, u *store.User, how func()) {
	in.Users.Touched(u, how)
	in.Users.Changed(u, store.Updated)
}

func text(given wire.Doc, name string) string { s, _ := given[name].(string); return s }

// deleteMe deletes the caller, who is signed out with that.
func deleteMe(in *store.Instance, u *store.User, _ *wire.Call) (any, error) {
	if !u.DeleteSelfEnabled {
		return nil, &wire.Error{Status: http.StatusForbidden, Code: "user_delete_self_not_enabled", Message: "This user may not delete the account."}
	}
	return in.Users.Delete(u), nil
}

func changeMetadata(in *store.Instance, u *store.User, call *wire.Call) error {
	given, err := call.Fields()
	if err != nil {
		return err
	}
	for name := range given {
		if name != "unsafe_metadata" {
			return wire.Unknown(name)
		}
	}
	return in.Users.SetMetadata(u, given, false)
}

func changePassword(in *store.Instance, u *store.User, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"current_password": "", "new_password": "", "sign_out_of_other_sessions": false})
	if err != nil {
		return err
	}
	// Components name no current password: whose factor is verified anew needs none.
	if _, is := given["current_password"]; is && u.Password != nil && !in.PasswordIs(u, text(given, "current_password")) {
		return wire.Refused("form_password_incorrect", "current_password", "The password is not right.")
	}
	if err := in.CheckPassword(text(given, "new_password"), "new_password"); err != nil {
		return err
	}
	change(in, u, func() {
		u.Password, u.PasswordUpdatedAt, u.PasswordCompromised = in.HashPassword(text(given, "new_password")), in.Now(), false
	})
	if given["sign_out_of_other_sessions"] == true {
		in.EndSessions(u.ID, call.SessionID)
	}
	return nil
}

func removePassword(in *store.Instance, u *store.User, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"current_password": ""})
	if err != nil {
		return err
	}
	if !in.PasswordIs(u, text(given, "current_password")) {
		return wire.Refused("form_password_incorrect", "current_password", "The password is not right.")
	}
	change(in, u, func() { u.Password, u.PasswordUpdatedAt = nil, 0 })
	return nil
}

// startTOTP makes a secret for an authenticator app, which the user proves to have
// with a code.
func startTOTP(in *store.Instance, u *store.User, _ *wire.Call) (any, error) {
	u.PendingTOTP = store.NewTOTP()
	doc := totp(in, u, false)
	label := url.PathEscape("clerktest:" + u.Identifier())
	doc["secret"], doc["uri"] = u.PendingTOTP, "otpauth://totp/"+label+"?"+url.Values{"secret": {u.PendingTOTP}, "issuer": {"clerktest"}}.Encode()
	return doc, nil
}

func attemptTOTP(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
	given, err := store.Params(call, wire.Doc{"code": ""})
	if err != nil {
		return nil, err
	}
	if !in.TOTPIs(u.PendingTOTP, text(given, "code")) {
		return nil, wire.Refused("form_code_incorrect", "code", "The code is not right.")
	}
	doc := totp(in, u, true)
	change(in, u, func() {
		u.TOTPSecret, u.PendingTOTP = u.PendingTOTP, ""
		if len(u.BackupCodes) == 0 {
			u.BackupCodes = store.NewBackupCodes()
			doc["backup_codes"] = u.BackupCodes
		}
	})
	return doc, nil
}

func totp(in *store.Instance, u *store.User, verified bool) wire.Doc {
	return wire.Doc{"object": "totp", "id": "totp_" + u.ID, "verified": verified, "created_at": in.Now(), "updated_at": in.Now()}
}

// withActivity is a session as its user's list of devices shows it.
func withActivity(in *store.Instance, sess *store.Session) wire.Doc {
	doc := in.Sessions.Show(sess, store.Frontend)
	doc["user"] = nil
	doc["latest_activity"] = wire.Doc{
		"object": "session_activity", "id": "sess_activity_" + sess.ID, "is_mobile": false, "browser_name": "Chrome", "browser_version": "156",
		"device_type": "Linux", "ip_address": "127.0.0.1", "city": "This machine", "country": nil,
	}
	return doc
}
