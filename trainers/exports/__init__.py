"""Files for other tools: each file is one export target."""
