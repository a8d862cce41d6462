"""One writer at a time: who is told what, and when the home is free again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.home import CHECKOUT, Home
from pipelines.lock import HomeIsBusy, writing

HOLD = """
import sys
from pathlib import Path
from pipelines.home import Home
from pipelines.lock import writing

with writing(Home(Path(sys.argv[1])), "refresh night-1"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def another_process(home: Home) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the home until it gets a line, or is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_a_second_process_is_told_who_holds_the_home_since_when_and_what_to_do(home: Home) -> None:
    with another_process(home) as holder:
        with pytest.raises(HomeIsBusy) as busy, writing(home, "refresh night-2"):
            pass
        assert re.fullmatch(
            rf"{re.escape(str(home.root))} is being written by process {holder.pid} on \S+ "
            r"\(refresh night-1\) since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00\. "
            r"Wait until it ends, or run again with --wait\.",
            str(busy.value),
        )


def test_a_holder_that_is_killed_holds_nothing(home: Home) -> None:
    with another_process(home) as holder:
        holder.kill()
        holder.wait()
        with writing(home, "refresh night-2"):
            assert home.lock.exists()


def test_what_a_killed_holder_wrote_is_not_taken_for_the_next_one(home: Home) -> None:
    with another_process(home) as killed:
        killed.kill()
        killed.wait()
    with (
        another_process(home) as holder,
        pytest.raises(HomeIsBusy, match=rf"process {holder.pid} on"),
        writing(home, "refresh night-2"),
    ):
        pass


def test_who_waits_gets_the_home_when_it_is_free(home: Home) -> None:
    with another_process(home) as holder:
        let_go(holder)
        with writing(home, "refresh night-2", wait_seconds=-1):
            assert holder.wait(10) == 0


def test_waiting_ends_after_the_given_time(home: Home) -> None:
    with another_process(home):
        started = time.monotonic()
        with pytest.raises(HomeIsBusy), writing(home, "refresh night-2", wait_seconds=0.3):
            pass
        assert 0.3 <= time.monotonic() - started < 5


def test_one_process_may_hold_it_twice_and_frees_it_at_the_outer_end(home: Home) -> None:
    with writing(home, "refresh"):
        with writing(home, "refresh night-1"):
            assert busy_elsewhere(home)
        assert f"process {os.getpid()}" in busy_elsewhere(home)
        assert "(refresh)" in busy_elsewhere(home)
    assert busy_elsewhere(home) == ""
    assert list(home.root.glob("*.json")) == [], "nobody is named as the holder any more"


def test_an_error_while_it_is_held_frees_it(home: Home) -> None:
    with pytest.raises(KeyError), writing(home, "refresh"):
        raise KeyError
    assert busy_elsewhere(home) == ""


def test_two_homes_are_two_locks(home: Home, tmp_path: Path) -> None:
    with writing(home, "refresh"), writing(Home(tmp_path / "other"), "refresh"):
        assert busy_elsewhere(Home(tmp_path / "third")) == ""


def test_a_holder_that_left_no_name_is_another_process(home: Home) -> None:
    with another_process(home):
        (home.root / "refresh.holder.json").write_text('{"pid": ')
        with (
            pytest.raises(HomeIsBusy, match=r"is being written by another process\. Wait"),
            writing(home, "refresh night-2"),
        ):
            pass


TRY = HOLD.replace('    print("held", flush=True)\n    sys.stdin.readline()\n', "    pass\n")


def busy_elsewhere(home: Home) -> str:
    """What a process of its own is told when it wants to write; nothing if it may."""
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(home.root)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr
