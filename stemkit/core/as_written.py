"""From the validator's errors to ours: the line, the key, and the nearest known key or value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import Enum
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from stemkit.core.errors import Problem
from stemkit.core.toml_source import Location, TomlSource, dotted

TIME_TAG, TABLE_TAG, LIST_TAG, ZERO_TAG, NUMBER_TAG = "<time>", "<table>", "<list>", "<zero>", "<number>"
"""Names of the branches of a value that may have several forms; they are no keys of the file."""
_TAGS = frozenset({TIME_TAG, TABLE_TAG, LIST_TAG, ZERO_TAG, NUMBER_TAG, "[key]"})

_TYPE_WORDS = {
    bool: "true or false",
    str: "text",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}
_WANTED = {
    "string_type": 'text in quotes, such as "24"',
    "int_type": "a whole number without quotes",
    "int_from_float": "a whole number",
    "float_type": "a number without quotes",
    "bool_type": "true or false",
    "list_type": "a list in [ ]",
    "tuple_type": "a list in [ ]",
    "dict_type": "a table in { }",
    "model_type": "a table in { }",
    "model_attributes_type": "a table in { }",
    "date_type": "a date such as 2026-01-31 without quotes",
    "date_from_datetime_inexact": "a date such as 2026-01-31 without quotes",
}


class AsWritten(BaseModel):
    """Base of everything that a person writes: unknown keys and wrong types are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word nearest to one that is not known.

    Examples
    --------
    >>> nearest("lenght", ["length", "title"])
    'length'
    """
    options = {option.casefold(): option for option in known}
    found = difflib.get_close_matches(word.casefold(), options, n=1)
    if found:
        return options[found[0]]
    return next((options[option] for option in options if len(word) > 1 and option.startswith(word.casefold())), None)


def hint_for(word: str, known: Iterable[str]) -> str:
    """Return what to write instead of a word that is not known."""
    options = list(known)
    near = nearest(word, options)
    if near is not None:
        return f"did you mean {near!r}?"
    return f"known here: {', '.join(options)}" if options else ""


def problems_of(error: ValidationError, model: type[BaseModel], source: TomlSource) -> list[Problem]:
    """Turn a validator's errors into problems with line and key.

    Parameters
    ----------
    error
        What the validator said.
    model
        The model that the data was held against, for the keys that it knows.
    source
        The file.
    """
    found = []
    items = error.errors(include_url=False)
    for item in items:
        location = place_of(item["loc"])
        if item["type"] == "too_short" and any(
            place_of(o["loc"])[: len(location)] == location for o in items if o is not item
        ):
            continue  # what it holds is wrong, and said so
        code, message, hint = _describe(item["type"], item["msg"], item.get("input"), item["loc"], model)
        found.append(Problem(code, message, hint, str(source.path), source.line_of(location), dotted(location)))
    return found


def place_of(loc: Location) -> Location:
    """Return the location of a validator's error as it stands in the file."""
    return tuple(part for part in loc if part not in _TAGS)


def _describe(kind: str, said: str, value: object, loc: Location, model: type[BaseModel]) -> tuple[str, str, str]:
    key = str(loc[-1]) if loc else ""
    name = dotted(place_of(loc))
    if kind == "extra_forbidden":
        return "unknown_key", f"unknown key {key!r}", hint_for(key, known_keys(model, loc[:-1]))
    if kind == "missing":
        return "missing_key", f"{name} is missing", "add it"
    if loc[-1:] == (ZERO_TAG,):
        return "wrong_type", f"{name} is a bare number, it must be a time", f'write "{value}f" for frames or "{value}s"'
    if kind in ("enum", "literal_error"):
        return "wrong_value", f"{name} is {_show(value)}", hint_for(str(value), known_values(model, loc))
    if kind in _WANTED:
        return "wrong_type", f"{name} is {_type_word(value)}, it must be {_WANTED[kind]}", f"now: {_show(value)}"
    return "wrong_value", f"{name}: {said[:1].lower()}{said[1:]}", f"now: {_show(value)}"


def _type_word(value: object) -> str:
    return next((word for kind, word in _TYPE_WORDS.items() if isinstance(value, kind)), "of another type")


def _show(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def known_keys(model: type[BaseModel], loc: Location) -> list[str]:
    """Return the keys that a model knows at a location, best known first."""
    found = _models_at(model, loc)
    return list(dict.fromkeys(name for part in found for name in _names(part)))


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_at(model: type[BaseModel], loc: Location) -> list[type[BaseModel]]:
    models = [model]
    for part in loc:
        if isinstance(part, int) or part in _TAGS:
            continue
        models = [inner for outer in models for inner in _models_in(_annotation(outer, part))]
    return models


def known_values(model: type[BaseModel], loc: Location) -> list[str]:
    """Return the words that may stand at a location."""
    *outer, key = [part for part in loc if isinstance(part, str) and part not in _TAGS]
    found = []
    for part in _models_at(model, tuple(outer)):
        found += _words_in(_annotation(part, key))
    return list(dict.fromkeys(found))


def _annotation(model: type[BaseModel], key: str) -> Any:
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            return field.annotation
    return None


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]


def _words_in(annotation: Any) -> list[str]:
    if isinstance(annotation, str):
        return [annotation]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    return [word for inner in get_args(annotation) for word in _words_in(inner)]
