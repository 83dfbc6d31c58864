"""The command line. A module for each command; `hitsave run` itself does not come through here."""
