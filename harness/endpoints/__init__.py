"""Models behind an OpenAI-compatible server: one client, one retry policy, one purse."""
