"""Fingerprints: 128 bits of something outside of us, in canonical form."""
