"""Fixtures of all tests; that it lies here also lets them import tests/support.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of the test's own, empty."""
    return Home(tmp_path / "home")
