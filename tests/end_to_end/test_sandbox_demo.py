"""`make demo`, on a smaller firm and for fewer nights.

Belongs here: that it runs, and what it says. Does not: whether nights are right
(test_sandbox_nights) or how its tables are worded (unit/test_demo_tables).
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from product import environment, published, value

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[2]


def demo(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox.demo", "--home", home, *options],
        cwd=CHECKOUT,
        env=environment(None),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def said(home: Path) -> str:
    done = demo(home, "--accounts", "12", "--nights", "1")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_night_is_one_line(said: str) -> None:
    line = r"^\w{3} (\d\d \w{3}) 2026 +[\d,]+ new +\d+ changed +\d+ gone +\d+ s$"
    assert re.findall(line, said, re.MULTILINE) == ["05 Jul", "06 Jul"]


def test_it_ends_with_where_to_look(said: str, home: Path) -> None:
    assert "make demo-dev" in said
    assert str(home / "serving" / "serving.duckdb") in said.splitlines()[-1]


def test_the_second_night_is_published(said: str, home: Path) -> None:
    last = published(home, "select max(as_of_date)::varchar from dim_account")
    assert value(last) == "2026-07-06", said


def test_a_folder_that_is_not_the_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    done = demo(tmp_path)
    assert done.returncode == 2
    assert "remove it, or name another folder" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
