package redistest

import "syscall"

// endsWithParent lets a server end where the tests were killed.
func endsWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
