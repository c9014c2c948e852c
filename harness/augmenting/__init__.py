"""More training rows, written by a model from the client's own, and filtered before any is learnt."""
