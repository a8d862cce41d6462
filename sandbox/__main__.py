"""`python -m sandbox`.

Belongs here: the way in. Does not: commands (cli).
"""

from sandbox.cli import app

app(prog_name="sandbox")
