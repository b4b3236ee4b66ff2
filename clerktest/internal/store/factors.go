package store

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // The codes of authenticator apps are defined with SHA-1.
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// HashPassword makes the hash that is kept of a password, nil for none. It keeps
// passwords out of memory dumps and makes their comparison one of equal lengths.
func (in *Instance) HashPassword(password string) []byte {
	if password == "" {
		return nil
	}
	mac := hmac.New(sha256.New, in.secret[:])
	mac.Write([]byte(password))
	return mac.Sum(nil)
}

// PasswordIs reports whether a password is a user's, in a time that depends on
// neither, also when there is no such user (nil).
func (in *Instance) PasswordIs(u *User, password string) bool {
	if u != nil {
		if right, is := isDigested(u.Password, password); is {
			if right { // From now on like any other's, as Clerk does.
				u.Password = in.HashPassword(password)
			}
			return right
		}
	}
	want := in.secret[:]
	if u != nil && u.Password != nil {
		want = u.Password
	}
	same := subtle.ConstantTimeCompare(in.HashPassword(password), want) == 1
	return same && u != nil && u.Password != nil
}

// SecondFactorIs reports whether a code is one of the user's authenticator app
// ("totp"), or a backup code ("backup_code"), which is used up by that.
func (in *Instance) SecondFactorIs(u *User, code string) (kind string, right bool) {
	if in.UseBackupCode(u, code) {
		return "backup_code", true
	}
	return "totp", in.TOTPIs(u.TOTPSecret, code)
}

// UseBackupCode uses one of a user's backup codes up, if it is one.
func (in *Instance) UseBackupCode(u *User, code string) bool {
	at := slices.Index(u.BackupCodes, code)
	if at < 0 || code == "" {
		return false
	}
	u.BackupCodes = slices.Delete(slices.Clone(u.BackupCodes), at, at+1)
	in.touchUser(u)
	return true
}

// TOTPIs reports whether a code is one of an authenticator app with a secret, ""
// for none.
func (in *Instance) TOTPIs(secret, code string) bool {
	step := in.clock().Unix() / totpStep
	for _, at := range []int64{step, step - 1, step + 1} { // Clocks of telephones are a little off.
		if want, ok := TOTP(secret, at); ok && secret != "" && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return true
		}
	}
	return false
}

// NewTOTP returns a secret for an authenticator app.
func NewTOTP() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // Never fails: crypto/rand ends the process instead.
	return base32.StdEncoding.EncodeToString(b[:])
}

// NewBackupCodes returns ten codes, each of which is good for one sign-in.
func NewBackupCodes() []string {
	codes := make([]string, 10)
	for i := range codes {
		codes[i] = strings.ToLower(rand.Text()[:8])
	}
	return codes
}

const totpStep = 30

// TOTP returns the code of an authenticator app in a step of 30 seconds.
func TOTP(secret string, step int64) (string, bool) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimRight(secret, "=")))
	if err != nil {
		return "", false
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, step) // Writing to a hash cannot fail.
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1_000_000), true
}
