"""This project: the real connector lands every record, then its versions are loaded.

Used as a night uses it: records as received in landing files with a manifest, each compared with
what is known by its key, in one transaction with the cursor.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from pipelines.extraction import Errand, landed
from pipelines.home import Home
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.load import apply_batch
from tests.benchmarks.extraction import connect, stream_of

shape, url, records, size, target = sys.argv[1:]
home = Home(Path(target).parent / "home")
with warehouse(Path(target)) as con:
    for manifest in landed(Errand(home, connect(shape, url), stream_of(shape), "run", None)):
        apply_batch(con, home.landing, manifest)
