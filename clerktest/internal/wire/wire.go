// Package wire holds what the rooms of clerktest say to each other about one
// request: its content, documents, and errors in Clerk's words.
package wire

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Doc is a JSON object.
type Doc = map[string]any

// Call is one request to an endpoint, read completely.
type Call struct {
	Method string
	Path   string
	Query  url.Values
	Header http.Header
	// Param returns what a segment of the route's pattern matched, "" for none.
	Param func(name string) string
	// Body is the JSON value of the body: a Doc, a list, or nil for none.
	Body any
	// File is the upload of a multipart body, and FileType what it says to be.
	File     []byte
	FileType string
	// UserID and SessionID say who calls the Frontend API; both are empty for nobody.
	UserID    string
	SessionID string
	// ClientID is the browser's, "" for one that is not known yet. An endpoint that
	// makes one sets it.
	ClientID string
}

// Fields returns the body as an object. An absent body is an empty one.
func (c *Call) Fields() (Doc, error) {
	switch body := c.Body.(type) {
	case nil:
		return Doc{}, nil
	case Doc:
		return body, nil
	default:
		return nil, &Error{Status: http.StatusBadRequest, Code: "request_body_invalid", Message: "The request body must be a JSON object."}
	}
}

// Error is a refusal in Clerk's words. Param names the field at fault, if one is.
type Error struct {
	Status  int
	Code    string
	Message string
	Param   string
	Meta    Doc // What else the caller should know.
}

func (e *Error) Error() string {
	if e.Param == "" {
		return e.Code + ": " + e.Message
	}
	return e.Code + ": " + e.Param + ": " + e.Message
}

// Doc is the error as an entry of a list of errors.
func (e *Error) Doc() Doc {
	meta := Doc{}
	maps.Copy(meta, e.Meta)
	if e.Param != "" {
		meta["param_name"] = e.Param
	}
	return Doc{"code": e.Code, "message": e.Message, "long_message": e.Message, "meta": meta}
}

// NotFound says that there is no such thing.
func NotFound(what string) *Error {
	return &Error{Status: http.StatusNotFound, Code: "resource_not_found", Message: what + " not found"}
}

// Refused is a refusal of one field's value.
func Refused(code, param, message string) *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Code: code, Message: message, Param: param}
}

// NotBuilt refuses a value that Clerk has and that would have no effect here.
func NotBuilt(param, what string) *Error {
	return &Error{Status: http.StatusNotImplemented, Code: "not_implemented", Message: "clerktest has not built this: " + what, Param: param}
}

// Unknown refuses a field or a parameter that the endpoint does not know.
func Unknown(param string) *Error {
	return Refused("form_param_unknown", param, param+" is not a parameter of this endpoint.")
}

// Missing refuses a request without a required field.
func Missing(param string) *Error {
	return Refused("form_param_missing", param, param+" is required.")
}

// Empty refuses null or an empty value for a field that needs one.
func Empty(param string) *Error {
	return Refused("form_param_nil", param, param+" must have a value.")
}

// WrongType refuses a value of another type.
func WrongType(param, want string) *Error {
	return Refused("form_param_type_invalid", param, param+" must be "+want+".")
}

// WrongFormat refuses a value that is not written as it must be.
func WrongFormat(param, want string) *Error {
	return Refused("form_param_format_invalid", param, param+" must be "+want+".")
}

// WrongValue refuses a value that is none of those allowed.
func WrongValue(param string, allowed ...string) *Error {
	return Refused("form_param_value_invalid", param, param+" must be one of "+strings.Join(allowed, ", ")+".")
}

// TooLong refuses a text of more than most characters.
func TooLong(param string, most int) *Error {
	return Refused("form_param_max_length_exceeded", param, param+" must not have more than "+strconv.Itoa(most)+" characters.")
}

// Taken refuses a value that must be unique and is not.
func Taken(param string) *Error {
	return Refused("form_identifier_exists", param, "That "+strings.ReplaceAll(param, "_", " ")+" is taken. Please try another.")
}
