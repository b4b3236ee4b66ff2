package pattern

import "strings"

// Error is a pattern that [Compile] refuses.
type Error struct {
	// Pattern is the text of the pattern.
	Pattern string
	// Offset is where in the pattern the fault was found, counted from zero in UTF-16 code units,
	// as the positions in Inner are.
	Offset int
	// Inner says what is wrong. For faults of the pattern language it is worded as path-to-regexp 6
	// does, such as "Unexpected MODIFIER at 1, expected END"; for faults of a custom expression it
	// starts with "Invalid regular expression: ".
	Inner string
}

// Error returns Inner with the pattern and a pointer to the documentation of the pattern language,
// in the words Clerk's JavaScript SDKs use.
func (e *Error) Error() string {
	return "pattern: Invalid path: " + e.Pattern +
		".\nConsult the documentation of path-to-regexp here: https://github.com/pillarjs/path-to-regexp/tree/6.x\n" + e.Inner
}

// MalformedPathError is a path that [Normalize] cannot decode. Clerk's SDKs answer such requests
// with status 400.
type MalformedPathError struct {
	// Path is the path as it was given.
	Path string
}

// Error returns the message of Clerk's JavaScript SDKs. It holds the path.
func (e *MalformedPathError) Error() string {
	return "Malformed encoding in URL path: " + e.Path
}

func malformed(path string) error {
	// The caller may reuse the memory of the path; an error outlives it.
	return &MalformedPathError{Path: strings.Clone(path)}
}
