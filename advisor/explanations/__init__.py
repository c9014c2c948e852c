"""What the tool knows about its own words: one entry per name, derived from records where there are any."""
