"""Entries that no other record holds: terms, arms, metrics and exit codes, one file per subject."""
