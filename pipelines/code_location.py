"""What workspace.yaml loads: the definitions for the home and configuration of the environment.

Belongs here: that one call. Does not: anything that tests want to build another way.
"""

from pipelines.definitions import build_defs
from pipelines.garbage import collect_rarely

collect_rarely()
defs = build_defs()
