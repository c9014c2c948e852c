"""The tiny model of the harness tests serves here too."""

from tests.harness.conftest import tiny_model

__all__ = ["tiny_model"]
