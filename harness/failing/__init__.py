"""Where an arm fails: wrong rows in clusters, what they share by exact tests, which examples to add."""
