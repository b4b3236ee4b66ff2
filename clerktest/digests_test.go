package clerktest_test

import "testing"

// The digests were made with Node's crypto and hash-wasm.
func TestPasswordsHashedElsewhere(t *testing.T) {
	t.Parallel()
	for hasher, digest := range map[string]string{
		"argon2i":              "$argon2i$v=19$m=256,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$nIlBTk5p5NOU1x3d3zpilw",
		"argon2id":             "$argon2id$v=19$m=256,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$u845nmqx43teGAkpsc2htg",
		"bcrypt":               "$2a$04$a0DqbFLfZFPxWUvya0Dqb.YixVame8Zr3CugN8MlFoNkB0NXiVSaG",
		"bcrypt_sha256_django": "bcrypt_sha256$$2a$04$a0DqbFLfZFPxWUvya0Dqb.s0dWW46hlOBl86Zr4hBq71EhxzeVB3i",
		"md5":                  "3cb4e732631f47e6eb961f34554b7cde",
		"pbkdf2_sha256_django": "pbkdf2_sha256$1000$salt$boRToEKoQr22LeDTyHDsEkHpDsDOTyWJq16HknEiweU=",
		"scrypt_werkzeug":      "scrypt:1024:8:1$salt$fa344bb561aac1b53346f30de3ed6e5cf12efb948f6e430fc80ec4e82c0e8cabbdb4d9f922912a02c075378863e4d989dba63456f4dcff1cc5ac8c76e70a62c9",
		"sha256":               "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631",
	} {
		t.Run(hasher, func(t *testing.T) {
			t.Parallel()
			s := seeded(t)
			user := func(hasher, digest string) doc {
				return doc{"email_address": []string{"new@example.com"}, "password_hasher": hasher, "password_digest": digest}
			}
			play(t, s, []step{
				{route: "POST /v1/users", body: user(hasher, "garbage"), status: 422, code: "form_param_format_invalid", param: "password_digest"},
				{route: "POST /v1/users", body: user("phpass", digest), status: 422, code: "form_param_format_invalid", param: "password_digest"},
				{route: "POST /v1/users", body: user("", digest), status: 422, code: "form_param_missing", param: "password_hasher"},
				{route: "new = POST /v1/users", body: user(hasher, digest), status: 200, want: doc{"password_enabled": true}},
				{route: "POST /v1/users/{new}/verify_password", body: doc{"password": "wrong"}, status: 422, code: "incorrect_password", param: "password"},
				{route: "POST /v1/users/{new}/verify_password", body: doc{"password": "correct horse"}, status: 200, want: doc{"verified": true}},
				{route: "POST /v1/users/{new}/verify_password", body: doc{"password": "correct horse"}, status: 200, want: doc{"verified": true}},
			})
			signedIn(t, s, "new@example.com", "correct horse")
		})
	}
}
