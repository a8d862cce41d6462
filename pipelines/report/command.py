"""`cs-coverage report`: make the report again from what is published, and open it.

Belongs here: words, exit codes. Does not: the report.
"""

from __future__ import annotations

import webbrowser

from rich.console import Console

from pipelines.explain.published import Unanswerable
from pipelines.home import Home
from pipelines.report.write import make_report


def report(home: Home, *, is_opened: bool = False, console: Console | None = None) -> int:
    """Write the report of what is published now. Returns the exit code."""
    console = console or Console()
    try:
        made = make_report(home)
    except Unanswerable as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True, markup=False)
        return error.code
    console.print(f"written to {made.path}", highlight=False, soft_wrap=True, markup=False)
    if is_opened and not webbrowser.open(made.path.as_uri()):
        console.print("No browser can be opened from here: open that file in one.")
    return 0
