"""Records in, plain data out: what happened, and why. Nothing here prints."""
