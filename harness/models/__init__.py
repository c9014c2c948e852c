"""How a language model is asked: labels scored in one pass, or text generated."""
