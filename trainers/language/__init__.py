"""Base model, adapter, tokenizer and the one renderer; the only room that calls fast-moving APIs."""
