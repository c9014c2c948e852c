"""How one would change the model: one file per technique."""
