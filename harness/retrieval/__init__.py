"""Finding the passages that a question needs: by words, by meaning or both, and how well that goes."""
