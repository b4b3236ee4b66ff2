package core

import (
	"errors"
	"reflect"
	"strconv"
	"time"
)

// Bounds of the texts in Options, in bytes. Where options depend on the request, a
// stranger may have written them.
const (
	maxOptionText = 16 << 10
	maxDomain     = 512
	maxOptionSum  = 256 << 10
)

// checkLengths finds texts that are longer than any that makes sense, and names their
// fields.
func checkLengths(o *Options) error {
	v := reflect.ValueOf(o).Elem()
	var faults []error
	sum := 0
	for i := range v.NumField() {
		name, most := v.Type().Field(i).Name, maxOptionText
		if name == "Domain" {
			most = maxDomain
		}
		one, all := textLengths(v.Field(i))
		sum += all
		switch {
		case one > most:
			faults = append(faults, optionError("Options."+name+" holds a text of "+strconv.Itoa(one)+" bytes: it must not be longer than "+strconv.Itoa(most)))
		case all > maxOptionSum:
			faults = append(faults, optionError("Options."+name+" holds "+strconv.Itoa(all)+" bytes in all: it must not hold more than "+strconv.Itoa(maxOptionSum)))
		}
	}
	if sum > maxOptionSum && len(faults) == 0 {
		faults = append(faults, optionError("Options hold "+strconv.Itoa(sum)+" bytes in all: they must not hold more than "+strconv.Itoa(maxOptionSum)))
	}
	return errors.Join(faults...)
}

// textLengths returns the length of the longest text in a value, and of all of them
// together, where each counts a few bytes more than it has.
func textLengths(v reflect.Value) (longest, sum int) {
	const header = 16
	add := func(one, all int) { longest, sum = max(longest, one), sum+all }
	switch v.Kind() { //nolint:exhaustive // no other kind holds texts
	case reflect.String:
		return v.Len(), v.Len() + header
	case reflect.Pointer:
		// Not into what only looks like options: clients and loggers.
		if !v.IsNil() && isValue(v.Type(), nil) {
			return textLengths(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			add(textLengths(v.Index(i)))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			add(textLengths(key))
			add(textLengths(v.MapIndex(key)))
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			add(textLengths(field))
		}
	}
	return longest, sum
}

// maxSharedTimeout bounds Options.SharedTimeout.
const maxSharedTimeout = 100 * time.Millisecond

// checkLimits refuses bounds that cannot be turned off.
func checkLimits(o *Options) error {
	if o.KeyRefresh.TTL < 0 {
		return optionError("Options.KeyRefresh.TTL is negative: a signing key that was removed would verify for ever; leave it 0 for 5 minutes")
	}
	if o.MachineTokens.MaxAge > maxMachineTokenAge {
		return optionError("Options.MachineTokens.MaxAge is more than 10s: nothing tells that Clerk has revoked a token, so it would pass for so long; leave it 0 to ask Clerk each time, or give at most 10s")
	}
	if o.SharedTimeout < 0 || o.SharedTimeout > maxSharedTimeout {
		return optionError("Options.SharedTimeout is " + o.SharedTimeout.String() + ": requests wait so long for each call of Options.Shared; leave it 0 for 5ms, or give at most 100ms")
	}
	switch u := &o.Users; {
	case u.MaxAge > maxUserAge:
		return optionError("Options.Users.MaxAge is more than 1h: where a webhook gets lost, a user who has changed is served for so long; leave it 0 to ask Clerk in each request, or give at most an hour")
	case u.MaxEntries < 0:
		return optionError("Options.Users.MaxEntries is negative: the memory must be bounded; leave it 0 for 10000, and Options.Users.MaxAge 0 for none")
	}
	switch r := &o.Revocations; {
	case r.MaxEntries < 0:
		return optionError("Options.Revocations.MaxEntries is negative: the memory must be bounded; leave it 0 for 100000")
	case r.Required && r.Off:
		return optionError("Options.Revocations.Required and Off contradict each other: leave one out")
	case r.Required && o.Shared == nil:
		return optionError("Options.Revocations.Required needs Options.Shared: without it there is nothing that could be unknown")
	}
	return nil
}
