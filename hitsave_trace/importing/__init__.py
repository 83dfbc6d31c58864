"""How user code gets its probes: when it is imported, and when it is run as `__main__`."""
