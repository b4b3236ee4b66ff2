package directed_test

import (
	"strings"

	"github.com/clerkgo/clerkgo/conformance/directed"
)

// shapeForgeries are texts that are no compact JWT, or a genuine one in another spelling.
func shapeForgeries(i *directed.Instance) []forgery {
	parts := strings.Split(i.Session(nil, nil), ".")
	header, payload, signature := parts[0], parts[1], parts[2]
	claims := i.SessionClaims(members{"sub": "user_admin"}).String()
	text := i.SessionHeader(nil).String()
	return []forgery{
		{name: "another payload", token: header + "." + directed.Encode(claims) + "." + signature},
		{name: "another header", token: directed.Encode(i.SessionHeader(members{"x": 1}).String()) + "." + payload + "." + signature},
		{name: "no header", token: "." + payload + "." + signature},
		{name: "no header and no dot", token: payload + "." + signature},
		{name: "no payload", token: header + ".." + signature},
		{name: "no payload and no dot", token: header + "." + signature},
		{name: "a payload only", token: payload},
		{name: "dots", token: ".."},
		{name: "a dot at the end", token: header + "." + payload + "." + signature + "."},
		{name: "a fourth part", token: header + "." + payload + "." + signature + ".foo"},
		{name: "five parts, as a JWE", token: header + ".." + payload + "." + signature + ".AA"},
		{name: "parts in another order", token: payload + "." + header + "." + signature},
		{name: "JSON serialization", token: members{"payload": payload, "protected": header, "signature": signature}.String()},
		{name: "JSON serialization, general", token: members{"payload": payload, "signatures": []any{members{"protected": header, "signature": signature}}}.String()},
		{name: "a space inside", token: header + ". " + payload + "." + signature},
		{name: "a tab inside", token: header + ".\t" + payload + "." + signature},
		{name: "the standard alphabet", token: header + "." + payload + "." + strings.NewReplacer("-", "+", "_", "/").Replace(signature) + "+"},
		{name: "percent signs", token: header + "%2E" + payload + "%2E" + signature + "x"},
		{name: "null as header", token: i.Key.Sign("null", i.SessionClaims(nil).String())},
		{name: "null as payload", token: i.Key.Sign(text, "null")},
		{name: "a list as payload", token: i.Key.Sign(text, "["+claims+"]")},
		{name: "a text as payload", token: i.Key.Sign(text, `"sub"`)},
		{name: "nothing as payload", token: i.Key.Sign(text, "")},
		{name: "no JSON as payload", token: i.Key.Sign(text, claims[:len(claims)-1])},
		{name: "two payloads", token: i.Key.Sign(text, claims+claims)},
		{name: "bytes that are no UTF-8, as header", token: i.Key.Sign("\xff\xfe"+text, claims)},
		{name: "a deep header", token: directed.Encode(strings.Repeat("[", 5000)) + "." + payload + "." + signature},
		{name: "alg twice, none at last", token: i.Key.Sign(strings.Replace(text, `"alg":"RS256"`, `"alg":"RS256","alg":"none"`, 1), claims)},
		{name: "sub only with a NUL in its name", token: i.Key.Sign(text, strings.Replace(claims, `"sub"`, `"sub\u0000"`, 1))},
		{name: "a handshake token", token: i.Handshake("__session=x")},
	}
}

// claimForgeries are genuine signatures over what is no session.
func claimForgeries(i *directed.Instance) []forgery {
	machine, unmarked, oauth := i.M2M(nil, nil), i.M2M(members{"cat": nil}, nil), i.OAuth(nil, nil)
	list := []forgery{
		{name: "a template token", token: i.Template()},
		{name: "a template token with a session id", token: i.Session(members{"cat": "cl_B7d4PD222AAA"}, nil)},
		{name: "an unknown category", token: i.Session(members{"cat": "cl_unknown"}, nil)},
		{name: "a category that is no text", token: i.Session(members{"cat": []string{"cl_B7d4PD111AAA"}}, nil)},
		{name: "a category in another case", token: i.Session(members{"cat": "CL_B7D4PD111AAA"}, nil)},
		{name: "a session token with an access token's type", token: i.Session(members{"typ": "at+jwt"}, nil), machine: true},
		{name: "an M2M token", token: machine, machine: true},
		{name: "an M2M token without category", token: unmarked, machine: true},
		{name: "an M2M token with a session's category", token: i.M2M(members{"cat": "cl_B7d4PD111AAA"}, nil), machine: true},
		{name: "an M2M token with a session id", token: i.M2M(members{"cat": nil}, members{"sid": "sess_1"}), machine: true},
		{name: "an OAuth token", token: oauth, machine: true},
		{name: "an OAuth token with a session's category", token: i.OAuth(members{"cat": "cl_B7d4PD111AAA"}, nil), machine: true},
		{name: "an OAuth token with a session id", token: i.OAuth(nil, members{"sid": "sess_1"}), machine: true},
		{name: "SUB instead of sub", token: i.Session(nil, members{"sub": nil, "SUB": "user_1"})},
		{name: "Sub instead of sub", token: i.Session(nil, members{"sub": nil, "Sub": "user_1"})},
		{name: "EXP instead of exp", token: i.Session(nil, members{"exp": nil, "EXP": directed.Now + 45})},
		{name: "ALG instead of alg", token: i.Session(members{"alg": nil, "ALG": "RS256"}, nil)},
		{name: "KID instead of kid", token: i.Session(members{"kid": nil, "KID": i.Key.ID}, nil), withPEM: true},
		{name: "no exp", token: i.Session(nil, members{"exp": nil})},
		{name: "an exp that is text", token: i.Session(nil, members{"exp": "9999999999"})},
		{name: "an exp that is a list", token: i.Session(nil, members{"exp": []int{9999999999}})},
		{name: "an exp that is true", token: i.Session(nil, members{"exp": true})},
		{name: "an exp beyond all dates", token: i.Session(nil, members{"exp": 1e18})},
		{name: "no sub", token: i.Session(nil, members{"sub": nil})},
		{name: "a sub that is a list", token: i.Session(nil, members{"sub": []string{"user_1"}})},
		{name: "a sub that is true", token: i.Session(nil, members{"sub": true})},
		{name: "an iat that is text", token: i.Session(nil, members{"iat": "0"})},
		{name: "an nbf that is text", token: i.Session(nil, members{"nbf": "0"})},
		{name: "a foreign azp", token: i.Session(nil, members{"azp": "https://evil.example.com"})},
	}
	for name, token := range map[string]string{"an M2M token": machine, "an M2M token without category": unmarked, "an OAuth token": oauth, "a template token": i.Template()} {
		isMachine := name != "a template token"
		list = append(list,
			forgery{name: name + " with = appended", token: token + "=", machine: isMachine},
			forgery{name: name + " with == appended", token: token + "==", machine: isMachine},
			forgery{name: name + " padded in every part", token: strings.ReplaceAll(token, ".", "=.") + "==", machine: isMachine},
		)
	}
	return list
}

const rfcPayload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

// rfcModulus is the RSA key of RFC 7515, appendix A.2.
const rfcModulus = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"

// rfcRS256 is the token of RFC 7515, appendix A.2.
const rfcRS256 = "eyJhbGciOiJSUzI1NiJ9." + rfcPayload + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"

// publishedExamples are the tokens of RFC 7515, appendix A, and of RFC 7519, sections 3.1 and 6.1.
func publishedExamples() []forgery {
	return []forgery{
		{name: "RFC 7515 A.1, RFC 7519 3.1", token: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + rfcPayload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
		{name: "RFC 7515 A.2", token: rfcRS256},
		{name: "RFC 7515 A.3", token: "eyJhbGciOiJFUzI1NiJ9." + rfcPayload + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
		{name: "RFC 7515 A.4", token: "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"},
		{name: "RFC 7515 A.5, RFC 7519 6.1", token: "eyJhbGciOiJub25lIn0." + rfcPayload + "."},
	}
}
