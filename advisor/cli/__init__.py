"""The composition root: it knows every room and has no logic of its own."""
