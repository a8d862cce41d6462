"""A YAML file as data, with the line of every key.

Belongs here: reading YAML so that it means what a person expects (a key is always text, `yes`
and `12:30` are text, a repeated key is an error). Does not: what the keys mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.config.errors import Fault, KeyPath, Problem

# Anchored plain-scalar forms of YAML 1.2; anything else is text.
_SCALARS = (
    ("null", re.compile(r"(~|null|Null|NULL|)"), lambda text: None),
    ("true", re.compile(r"true|True|TRUE"), lambda text: True),
    ("false", re.compile(r"false|False|FALSE"), lambda text: False),
    ("integer", re.compile(r"[-+]?[0-9]+"), int),
    (
        "number",
        re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
        float,
    ),
    (
        "infinity",
        re.compile(r"[-+]?\.(inf|Inf|INF)"),
        lambda text: float(text.replace(".", "")),
    ),
)

_SYNTAX_HINTS = (
    ("could not find expected ':'", 'a key must be followed by ": " and its value'),
    ("mapping values are not allowed", 'a value that holds ": " must be put in quotes'),
    ("found character '\\t'", "a tab cannot indent; use spaces"),
    ("found character that cannot start", "a value that starts with %, @, ` or a tab needs quotes"),
    ("did not find expected key", "the indentation does not line up with the keys above"),
    ("did not find expected '-'", "the indentation does not line up with the list above"),
    ("did not find expected ',' or", "a bracket or a comma is missing"),
    ("undefined alias", "a value that starts with * must be put in quotes"),
    ("unexpected end of stream", "a quote is opened and never closed"),
    ("control characters", "the file holds characters that are not text; save it as UTF-8"),
    ("but found another document", "only one document a file: remove the line ---"),
)


# The tree is only composed, never constructed, and every scalar is read by `_scalar`.
class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


@dataclass(frozen=True)
class Document:
    """A YAML file that was read; `data` is None when it is empty or cannot be read."""

    file: str
    data: Any
    problems: tuple[Problem, ...] = ()
    root: yaml.Node | None = None

    def problem(self, fault: Fault) -> Problem:
        """The fault with its key and line in this file."""
        line = self.root.start_mark.line + 1 if self.root else None
        node = self.root
        shown: list[str | int] = []
        for position, part in enumerate(fault.path):
            found = _child(node, part)
            if found is not None:
                line, node = found
                shown.append(part)
            elif position == len(fault.path) - 1 and isinstance(part, str):
                shown.append(part)  # a key that is missing
        return Problem(self.file, line, key_text(tuple(shown)), fault.message)


def key_text(path: KeyPath) -> str:
    """`("standards", "T1", 0, "min")` as `standards.T1[0].min`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def display_name(path: Path) -> str:
    """The path as shown in messages: relative to where the command runs, if it is below."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def read_document(path: Path) -> Document:
    """Read a YAML file; what is wrong with it is in the document's `problems`."""
    file = display_name(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return Document(file, None, (Problem(file, line, "", "not UTF-8; save it as UTF-8"),))
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        return Document(file, None, (Problem(file, None, "", message),))
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        return Document(file, None, (_syntax_problem(file, error),))
    if root is None:
        return Document(file, None)
    reader = _Reader(file)
    data = reader.value(root, ())
    return Document(file, data, tuple(reader.problems), root)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._open: set[int] = set()

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self._open:
            self._report(node, path, "refers to itself; write it out instead of using an alias")
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
            return self._mapping(node, path)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.Node, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._report(key_node, path, "a key must be text, not a list or a mapping")
                continue
            key = str(key_node.value)
            if key in result:
                self._report(
                    key_node,
                    (*path, key),
                    f"this key is already on line {lines[key]}; keep one of the two",
                )
            if key == "<<":
                self._report(key_node, path, "merge keys (<<) are not supported; write the keys")
            lines[key] = key_node.start_mark.line + 1
            result[key] = self.value(value_node, (*path, key))
        return result

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        text = str(node.value)
        # The tag itself is not shown: an unquoted secret that starts with ! would be one.
        if node.tag not in ("!", "tag:yaml.org,2002:str"):
            self._report(node, path, "a value that starts with ! must be put in quotes")
        elif node.style not in ("'", '"', "|", ">"):
            for _, pattern, read in _SCALARS:
                if pattern.fullmatch(text):
                    return read(text)
        return text

    def _report(self, node: yaml.Node, path: KeyPath, message: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, key_text(path), message))


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in reversed(node.value):
            if isinstance(key_node, yaml.ScalarNode) and key_node.value == part:
                return key_node.start_mark.line + 1, value_node
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line + 1, item
    return None


def _syntax_problem(file: str, error: yaml.YAMLError) -> Problem:
    # Only the parser's own words are shown, never the line itself: it may hold a secret.
    said = " ".join(str(getattr(error, part, "") or "") for part in ("context", "problem"))
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    hint = next((hint for words, hint in _SYNTAX_HINTS if words in said), None)
    message = "not valid YAML here or just above" + (f": {hint}" if hint else "")
    return Problem(file, mark.line + 1 if mark else None, "", message)
