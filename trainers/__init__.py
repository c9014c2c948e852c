"""Everything that teaches a model: methods, exports and the small starter model."""
