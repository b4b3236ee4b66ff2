package sdk_test

import (
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/actortoken"
	"github.com/clerk/clerk-sdk-go/v2/allowlistidentifier"
	"github.com/clerk/clerk-sdk-go/v2/apikey"
	"github.com/clerk/clerk-sdk-go/v2/blocklistidentifier"
	"github.com/clerk/clerk-sdk-go/v2/client"
	"github.com/clerk/clerk-sdk-go/v2/domain"
	"github.com/clerk/clerk-sdk-go/v2/emailaddress"
	"github.com/clerk/clerk-sdk-go/v2/instancesettings"
	"github.com/clerk/clerk-sdk-go/v2/invitation"
	"github.com/clerk/clerk-sdk-go/v2/jwttemplate"
	"github.com/clerk/clerk-sdk-go/v2/m2m_token"
	"github.com/clerk/clerk-sdk-go/v2/machine"
	"github.com/clerk/clerk-sdk-go/v2/machinescope"
	"github.com/clerk/clerk-sdk-go/v2/oauthapplication"
	"github.com/clerk/clerk-sdk-go/v2/organization"
	"github.com/clerk/clerk-sdk-go/v2/organizationdomain"
	"github.com/clerk/clerk-sdk-go/v2/organizationinvitation"
	"github.com/clerk/clerk-sdk-go/v2/organizationmembership"
	"github.com/clerk/clerk-sdk-go/v2/organizationpermission"
	"github.com/clerk/clerk-sdk-go/v2/organizationrole"
	"github.com/clerk/clerk-sdk-go/v2/phonenumber"
	"github.com/clerk/clerk-sdk-go/v2/redirecturl"
	"github.com/clerk/clerk-sdk-go/v2/roleset"
	"github.com/clerk/clerk-sdk-go/v2/samlconnection"
	"github.com/clerk/clerk-sdk-go/v2/session"
	"github.com/clerk/clerk-sdk-go/v2/signintoken"
	"github.com/clerk/clerk-sdk-go/v2/user"
	"github.com/clerk/clerk-sdk-go/v2/waitlistentry"
)

// refused are the parameters that clerktest refuses, and why.
var refused = map[string]string{
	"instancesettings.Update CookielessDev":                                  "deprecated, and development is always so here",
	"instancesettings.Update EnhancedEmailDeliverability":                    "no email is delivered",
	"instancesettings.UpdateOrganizationSettings ForceOrganizationSelection": "in beta; it is one of the settings of the control API",
	"organization.List FilterBy":                                             "its values are not documented",
	"organization.List IncludeMissingMemberWithElevatedPermissions":          "it is not worked out",
	"organizationrole.Create IsManaged":                                      "it is not documented",
	"roleset.RemoveRoles RoleKeys":                                           leftOut["roleset.RemoveRoles"],
	"user.Create Web3Wallets":                                                "there are no wallets here",
	"user.Update ProfileImage":                                               "it is not documented; a picture is uploaded",
}

// TestEveryParameter sends each parameter of each method, alone: clerktest takes it, or it is among those refused.
func TestEveryParameter(t *testing.T) {
	t.Parallel()
	s := start(t)
	plain := func(base, key string) *clerk.ClientConfig { // What is answered here says nothing of what a method can do.
		c := config(s, base, key)
		c.HTTPClient = http.DefaultClient
		return c
	}
	ctx, c := t.Context(), plain("/v1", s.SecretKey())
	role := must[*clerk.OrganizationRole](t)(organizationrole.NewClient(c).Create(ctx, &organizationrole.CreateParams{Key: new("org:x"), Name: new("X")})).ID
	permission := must[*clerk.OrganizationPermission](t)(organizationpermission.NewClient(c).Create(ctx, &organizationpermission.CreateParams{Key: new("org:x:y"), Name: new("X")})).ID
	tmpl := must[*clerk.JWTTemplate](t)(jwttemplate.NewClient(c).Create(ctx, &jwttemplate.CreateParams{Name: new("x"), Claims: json.RawMessage(`{}`)})).ID
	mach := must[*clerk.MachineWithScopedMachinesAndSecretKey](t)(machine.NewClient(c).Create(ctx, &machine.CreateParams{Name: "x"}))
	app := must[*clerk.OAuthApplication](t)(oauthapplication.NewClient(c).Create(ctx, &oauthapplication.CreateParams{Name: "x", CallbackURL: "https://x.example.com", Scopes: "profile"})).ID
	saml := must[*clerk.SAMLConnection](t)(samlconnection.NewClient(c).Create(ctx, &samlconnection.CreateParams{Name: new("x"), Domain: new("x.com"), Provider: new("saml_custom")})).ID
	sess := must[*clerk.Session](t)(session.NewClient(c).Create(ctx, &session.CreateParams{UserID: "user_ada"})).ID
	place := must[*clerk.Domain](t)(domain.NewClient(c).Create(ctx, &domain.CreateParams{Name: new("x.example"), IsSatellite: new(true)})).ID
	orgDomain := must[*clerk.OrganizationDomain](t)(organizationdomain.NewClient(c).Create(ctx, "org_acme", &organizationdomain.CreateParams{Name: new("acme.com")})).ID
	invite := must[*clerk.OrganizationInvitation](t)(organizationinvitation.NewClient(c).Create(ctx, &organizationinvitation.CreateParams{OrganizationID: "org_acme", EmailAddress: new("new@example.com"), Role: new("org:member")})).ID
	bob := must[*clerk.User](t)(user.NewClient(c).Get(ctx, "user_bob"))
	phone := must[*clerk.PhoneNumber](t)(phonenumber.NewClient(c).Create(ctx, &phonenumber.CreateParams{UserID: new("user_bob"), PhoneNumber: new("+15555550103")})).ID
	machines := plain("", mach.SecretKey)
	token := must[*clerk.M2MTokenWithToken](t)(m2m_token.NewClient(machines).Create(ctx, &m2m_token.CreateParams{})).ID
	keys := apikey.NewClient(plain("", s.SecretKey()))
	key := must[*clerk.APIKeyWithSecret](t)(keys.Create(ctx, &apikey.CreateParams{Name: new("x"), Subject: new("user_ada")})).ID

	sent := 0
	for _, tc := range []struct {
		client any
		id     string // What the methods of one resource act on.
	}{
		{actortoken.NewClient(c), ""},
		{allowlistidentifier.NewClient(c), ""},
		{keys, key},
		{blocklistidentifier.NewClient(c), ""},
		{client.NewClient(c), ""},
		{domain.NewClient(c), place},
		{emailaddress.NewClient(c), bob.EmailAddresses[0].ID},
		{instancesettings.NewClient(c), ""},
		{invitation.NewClient(c), ""},
		{jwttemplate.NewClient(c), tmpl},
		{m2m_token.NewClient(machines), token},
		{machine.NewClient(c), mach.ID},
		{machinescope.NewClient(c), mach.ID},
		{oauthapplication.NewClient(c), app},
		{organization.NewClient(c), "org_acme"},
		{organizationdomain.NewClient(c), "org_acme"},
		{organizationinvitation.NewClient(c), invite},
		{organizationmembership.NewClient(c), ""},
		{organizationpermission.NewClient(c), permission},
		{organizationrole.NewClient(c), role},
		{phonenumber.NewClient(c), phone},
		{redirecturl.NewClient(c), ""},
		{roleset.NewClient(c), "role_set:default"},
		{samlconnection.NewClient(c), saml},
		{session.NewClient(c), sess},
		{signintoken.NewClient(c), ""},
		{user.NewClient(c), "user_ada"},
		{waitlistentry.NewClient(c), ""},
	} {
		of := reflect.ValueOf(tc.client)
		for i := range of.NumMethod() {
			method := of.Type().Method(i)
			signature, params := method.Type, reflect.Type(nil)
			if last := signature.In(signature.NumIn() - 1); last.Kind() == reflect.Pointer {
				params = last.Elem()
			}
			if params == nil {
				continue
			}
			for _, field := range reflect.VisibleFields(params) {
				of := strings.Split(of.Type().String(), ".")[0][1:] + "." + method.Name + " " + field.Name
				if field.Anonymous || len(field.Index) > 1 && field.Name != "Limit" && field.Name != "Offset" || field.Type.Kind() == reflect.String && slices.Contains([]string{"ID", "OrganizationID", "DomainID", "UserID"}, field.Name) && field.Tag.Get("json") != "user_id" || field.Name == "Provider" && method.Name == "ListOAuthAccessTokens" {
					continue
				}
				given := reflect.New(params)
				for name, id := range map[string]string{"ID": "", "OrganizationID": "org_acme", "DomainID": orgDomain, "UserID": "user_bob"} {
					if f := given.Elem().FieldByName(name); f.IsValid() && f.Kind() == reflect.String {
						if name == "ID" && tc.id != "" {
							id = tc.id
						}
						f.SetString(id)
					}
				}
				if f := given.Elem().FieldByName("File"); f.IsValid() {
					fill(f) // The SDK cannot do without.
				}
				if !fill(given.Elem().FieldByIndex(field.Index)) {
					t.Fatalf("%s: the test has no value of type %v", of, field.Type)
				}
				args := []reflect.Value{reflect.ValueOf(ctx)}
				for i := 2; i < signature.NumIn()-1; i++ {
					args = append(args, reflect.ValueOf(tc.id))
				}
				out := reflect.ValueOf(tc.client).Method(i).Call(append(args, given))
				sent++
				var refusal *clerk.APIErrorResponse
				err, _ := reflect.TypeAssert[error](out[len(out)-1])
				unknown := false
				switch {
				case err == nil:
				case !errors.As(err, &refusal):
					t.Errorf("%s: %v", of, err)
				default:
					code := refusal.Errors[0].Code
					unknown = code == "form_param_unknown" || refusal.HTTPStatusCode == http.StatusNotImplemented
					if refusal.HTTPStatusCode == http.StatusNotFound && !slices.Contains([]string{"Secret", "Token", "ToMachineID"}, field.Name) {
						t.Errorf("%s: %v", of, err)
					}
				}
				if unknown != (refused[of] != "") {
					t.Errorf("%s: refused: %v; want it refused: %q", of, unknown, refused[of])
				}
			}
		}
	}
	if sent < 300 {
		t.Errorf("only %d parameters were sent", sent)
	}
	t.Logf("%d parameters", sent)
}

// fill gives a parameter something to say.
func fill(v reflect.Value) bool {
	switch v.Type() {
	case reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(`{"a":1}`))
		return true
	case reflect.TypeFor[multipart.File]():
		v.Set(reflect.ValueOf(upload{strings.NewReader("x")}))
		return true
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem())
	case reflect.String:
		if v.String() == "" {
			v.SetString("x")
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return fill(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); !f.Anonymous && f.IsExported() && !fill(v.Field(i)) {
				return false
			}
		}
	default:
		return false
	}
	return true
}
