package core

// checkLimits refuses bounds that cannot be turned off.
func checkLimits(o *Options) error {
	if o.KeyRefresh.TTL < 0 {
		return optionError("Options.KeyRefresh.TTL is negative: a signing key that was removed would verify for ever; leave it 0 for 5 minutes")
	}
	return nil
}
