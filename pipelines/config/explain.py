"""Turns what pydantic found into faults that say what to do.

Belongs here: the words for each kind of mistake, and finding the keys a person may have meant.
Does not: rules about particular keys.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipelines.config.errors import Fault, Faults, KeyPath

_SECRET_WORDS = ("auth", "password", "secret", "token", "api_key")

_EXPECTED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string_type": lambda ctx: "must be text; put it in quotes",
    "string_too_short": lambda ctx: "must not be empty",
    "int_type": lambda ctx: "must be a whole number",
    "int_from_float": lambda ctx: "must be a whole number",
    "int_parsing": lambda ctx: "must be a whole number",
    "float_type": lambda ctx: "must be a number",
    "float_parsing": lambda ctx: "must be a number",
    "finite_number": lambda ctx: "must be a finite number",
    "bool_type": lambda ctx: "must be true or false",
    "bool_parsing": lambda ctx: "must be true or false",
    "list_type": lambda ctx: "must be a list, like [a, b]",
    "tuple_type": lambda ctx: "must be a list, like [a, b]",
    "dict_type": lambda ctx: "must have keys below it, like {key: value}",
    "model_type": lambda ctx: "must have keys below it, like {key: value}",
    "model_attributes_type": lambda ctx: "must have keys below it, like {key: value}",
    "greater_than": lambda ctx: f"must be more than {ctx['gt']:g}",
    "greater_than_equal": lambda ctx: f"must be at least {ctx['ge']:g}",
    "less_than": lambda ctx: f"must be less than {ctx['lt']:g}",
    "less_than_equal": lambda ctx: f"must be at most {ctx['le']:g}",
    "too_short": lambda ctx: f"needs at least {ctx['min_length']} entries",
    "too_long": lambda ctx: f"takes at most {ctx['max_length']} entries",
}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A half-sentence that names the nearest known word, or all of them."""
    names = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{names[near[0]]}"?'
    return f"known here: {', '.join(names.values())}"


def faults_of(error: ValidationError, model: type[BaseModel]) -> Iterator[Fault]:
    """Every fault that pydantic found while reading data as `model`."""
    for details in error.errors(include_url=False):
        path, siblings = _trace(model, details["loc"])
        cause = details.get("ctx", {}).get("error")
        if isinstance(cause, Faults):
            for fault in cause.faults:
                yield Fault((*path, *fault.path), fault.message)
        else:
            yield Fault(path, _message(details, path, siblings))


def _message(details: ErrorDetails, path: KeyPath, siblings: list[str]) -> str:
    kind, given, context = details["type"], details["input"], details.get("ctx", {})
    is_secret = any(word in str(part).lower() for part in path for word in _SECRET_WORDS)
    if kind == "extra_forbidden":
        return f"unknown key; {did_you_mean(str(path[-1]), siblings)}"
    if kind == "missing":
        return "is missing; add it"
    if kind == "union_tag_not_found":
        return f"{context['discriminator'].strip(chr(39))} is missing; add it"
    if kind in ("literal_error", "union_tag_invalid"):
        return _not_among(kind, given, context, is_secret)
    if kind == "value_error":
        message = str(context["error"])
        return _without(given, message) if is_secret else message
    if kind in _EXPECTED:
        expected = _EXPECTED[kind](context)
        if given is None:
            return f"is empty; {expected}"
        is_shown = isinstance(given, str | int | float) and not is_secret and kind != "string_type"
        return f"{expected}, not {_quoted(given)}" if is_shown else expected
    words = details["msg"]
    return words[:1].lower() + words[1:]


def _not_among(kind: str, given: Any, context: Mapping[str, Any], is_secret: bool) -> str:
    if kind == "literal_error":
        subject, allowed, word = "", context["expected"], given
    else:
        subject = f"{context['discriminator'].strip(chr(39))} "
        allowed, word = context["expected_tags"], context["tag"]
    words = (name.strip("'") for name in allowed.replace(" or ", ", ").split(", "))
    names = [name.lower() if name in ("True", "False") else name for name in words]
    choice = f"{subject}must be one of: {', '.join(names)}"
    if len(names) == 1:
        choice = f"{subject}must be {names[0]}, the only choice so far"
    if is_secret or not isinstance(word, str | int | float):
        return choice
    near = difflib.get_close_matches(str(word).lower(), names, n=1, cutoff=0.6)
    return f"{choice}; not {_quoted(word)}" + (f' (did you mean "{near[0]}"?)' if near else "")


def _quoted(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _without(given: Any, message: str) -> str:
    """The message without any text of what was given."""
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, list):
        for item in given:
            message = _without(item, message)
        return message
    return message.replace(str(given), "…") if given not in (None, "") else message


def _trace(model: type[BaseModel], location: Iterable[str | int]) -> tuple[KeyPath, list[str]]:
    """The location without pydantic's own marks, and the keys that are known beside its end."""
    path: list[str | int] = []
    types: list[Any] = [model]
    siblings: list[str] = []
    for part in location:
        below = [inner for each in types for inner in _inner(each, part)]
        tagged = [each for each in types if part in _tags(each)]
        if not below and tagged:
            types = tagged
            continue
        if part == "[key]":
            continue
        siblings = list(dict.fromkeys(name for each in types for name in _field_names(each)))
        path.append(part)
        types = below
    return tuple(path), siblings


def _inner(annotation: Any, part: str | int) -> Iterator[Any]:
    if _is_model(annotation):
        field = annotation.model_fields.get(part)
        if field is not None:
            yield from _leaves(field.annotation)
        return
    arguments = get_args(annotation)
    if get_origin(annotation) is dict and isinstance(part, str):
        yield from _leaves(arguments[1])
    elif get_origin(annotation) in (list, tuple) and isinstance(part, int):
        yield from _leaves(arguments[min(part, len(arguments) - 1)])


def _leaves(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _leaves(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for argument in get_args(annotation):
            yield from _leaves(argument)
    else:
        yield annotation


def _field_names(annotation: Any) -> list[str]:
    return list(annotation.model_fields) if _is_model(annotation) else []


def _tags(annotation: Any) -> set[Any]:
    if not _is_model(annotation):
        return set()
    return {
        value
        for field in annotation.model_fields.values()
        if get_origin(field.annotation) is Literal
        for value in get_args(field.annotation)
    }


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
