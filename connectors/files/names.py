"""Names of files: which endings are read, and what a file is called as a stream and in queries.

Belongs here: what follows from a name alone. Does not: looking into folders or files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from pathlib import PurePath
from urllib.parse import urlsplit

CSV_ENDINGS = (".csv", ".tsv", ".txt")
PARQUET_ENDING = ".parquet"
XLSX_ENDING = ".xlsx"
FROM_FILE = "_from_file"
"""The field of a record that names the part of a stream which it was read from."""
ENDINGS = (*CSV_ENDINGS, PARQUET_ENDING, XLSX_ENDING)

_COMMENT_OR_TEXT = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_IDENTIFIER = re.compile(r'(?<![\w.])(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>[^\W\d]\w*))')


def stream_name(text: str) -> str:
    """`text` in lower case, accents removed, what is neither letter nor digit as `_`.

    >>> stream_name("Support Cases (2024)")
    'support_cases_2024'
    """
    folded = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9_]+", "_", plain).strip("_")


def stem_of(file: str) -> str:
    """The stream name of a file: its name without folder and ending.

    A pattern whose file name is all wildcards is called like the folder.

    >>> stem_of("exports/usage.csv"), stem_of("usage/*.parquet"), stem_of("usage-*.csv")
    ('usage', 'usage', 'usage')
    """
    path = PurePath(file)
    name = stream_name(path.name if file.endswith("/") else path.stem)
    if name or not is_pattern(file):
        return name
    folders = map(stream_name, reversed(path.parts[:-1]))
    return next(filter(None, folders), "")


def is_pattern(file: str) -> bool:
    """Whether `file` stands for all files whose names fit: `*` any characters, `?` any one.

    >>> is_pattern("usage/*.parquet"), is_pattern("usage.csv")
    (True, False)
    """
    return not is_link(file) and any(sign in file for sign in "*?")


def is_readable(file: str) -> bool:
    """Whether the file's ending is one that is read."""
    return PurePath(file).suffix.lower() in ENDINGS


def is_link(file: str) -> bool:
    """Whether `file` is an http(s) link."""
    return file.lower().startswith(("http://", "https://"))


def is_variable(value: str) -> bool:
    """Whether the whole value names an environment variable: $NAME."""
    return re.fullmatch(r"\$[A-Za-z_]\w*", value) is not None


def link_label(link: str) -> str:
    """Host and path of a link; the rest of it may be secret."""
    parts = urlsplit(link)
    return f"{parts.hostname or ''}{parts.path}"


def tables_used(query: str, known: Collection[str]) -> tuple[str, ...]:
    """Which of the `known` stream names the query mentions, in order of first mention.

    Looks at words, not at grammar: a column called like a known file counts as a mention.
    """
    words = _IDENTIFIER.finditer(_COMMENT_OR_TEXT.sub(" ", query))
    names = (stream_name(word["quoted"] or word["plain"]) for word in words)
    return tuple(dict.fromkeys(name for name in names if name in known))
