// Package pattern implements the route-pattern language of Clerk's createRouteMatcher and
// organizationSyncOptions, which is the language of path-to-regexp 6 with its default options:
// "/orgs/:slug", "/admin(.*)", "/files/:path*", "{/:lang}?/about", "/:id(\\d+)".
//
// [Compile] turns a list of patterns into a [Set]. [Set.Test] tells whether any of them matches a
// path; [Set.Match] takes them as one alternation in list order and also tells the parameters.
// Neither changes the path first: a route matcher passes the result of [Normalize], while
// organization patterns are matched against the raw, percent-encoded path.
//
// A pattern matches a whole path, in any letter case (see [Fold]), and one more "/", "#" or "?" at
// its end. [CompileWith] can change the last two.
//
// # Custom expressions
//
// The text in parentheses is a regular expression: characters, classes, "." (any character, line
// ends included), \d \D \w \W \s \S, \b \B, ^ $, alternation, (?:...), greedy and lazy quantifiers,
// the lookaheads (?=...) and (?!...), the escapes \t \n \v \f \r \0 \xHH \uHHHH, and a backslash
// before any character that is neither letter nor digit. Lookbehind, backreferences, capturing
// groups (named or not), inline flags, [] and [^], and other letters after a backslash are errors
// of [Compile]. Characters are Unicode code points, never halves of surrogate pairs.
//
// # Time
//
// Patterns come from the programmer and paths from anyone. Matching takes time linear in the length
// of the path, whatever the pattern and the path, with one exception: lookahead in a custom
// expression. A pattern that has it is given a bound on the length of the path (8 KiB) and on the
// number of steps; beyond them the answer is [Unknown], which is neither a match nor a miss and
// must not be treated as either.
package pattern
