"""What is put into the bytecode of user code, and the switches that turn it on and off."""
