"""What the property tests of coverage share: the project, compiled once.

Belongs here: fixtures. Does not: what is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from coverage_warehouse import manifest


@pytest.fixture(scope="session")
def compiled(pytestconfig: pytest.Config) -> Mapping[str, Any]:
    """The manifest of the compiled dbt project; kept from session to session while it holds."""
    cache = pytestconfig.cache
    assert cache is not None
    return manifest(cache.mkdir("compiled_coverage"))
