"""What `hitsave bench` does: it runs a program in several ways in turns, and finds out where HitSave's time goes."""
