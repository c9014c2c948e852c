"""The starter model: a few million weights shipped as package data, so that a demo runs with no download."""

from pathlib import Path

STARTER_PATH: Path = Path(__file__).parent / "model"
