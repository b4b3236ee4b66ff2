//go:build unix && !linux

package redistest

import "syscall"

func endsWithParent() *syscall.SysProcAttr { return nil }
