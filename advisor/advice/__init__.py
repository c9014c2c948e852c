"""Answers in, a reasoned recommendation out: a pure function without clock, network or torch."""
