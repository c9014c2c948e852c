"""How we train: each file is one method."""
