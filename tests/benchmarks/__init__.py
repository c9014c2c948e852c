"""Numbers we quote, each from a file that measures it: `make bench` runs them and keeps the results."""
