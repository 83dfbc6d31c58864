"""Whether a call is answered from the store: looking up, checking, restoring, saving."""
