"""Complete engagements that travel with the package: something to run before you have a client."""

from pathlib import Path

EXAMPLES = Path(__file__).parent
"""The folder that holds one folder per example."""


def names() -> list[str]:
    """Names of the bundled examples: the folders that hold an engagement."""
    return sorted(marker.parent.name for marker in EXAMPLES.glob("*/engagement.toml"))
