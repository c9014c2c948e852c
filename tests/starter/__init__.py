"""The starter model: its texts, its training and what it can do."""
