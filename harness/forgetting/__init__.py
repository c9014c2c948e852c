"""Canaries: what a base model can do and a fine-tuned one may have forgotten."""
