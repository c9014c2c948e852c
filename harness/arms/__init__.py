"""What is compared: each file is one arm."""
