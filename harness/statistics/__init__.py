"""Intervals and tests for arms that answered the same items."""
