package fasthttpadapter

import "log/slog"

// enoughBuffer holds a browser's headers with both spellings of Clerk's session cookie, whose
// tokens have no more than 4 KiB together as a rule. Fiber's default is half of it.
const enoughBuffer = 8 << 10

// WarnOfBuffer warns of a read buffer that is too small: applications would see it only in
// production, with the users whose cookies are large. adapter is the name of the package that
// warns.
func WarnOfBuffer(logger *slog.Logger, adapter string, size int) {
	if size < enoughBuffer {
		logger.Warn(adapter+": Fiber answers requests whose headers do not fit its read buffer with 431, "+
			"and Clerk's cookies can be that large: set fiber.Config{ReadBufferSize: 16 << 10}", "ReadBufferSize", size)
	}
}
