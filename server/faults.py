"""What is wrong with a piece of JSON, and where: the step from bytes to checked values.

Shared by the HTTP border and the file formats; knows of neither. A fault names the place (a JSON
pointer), what was found and the limit. It never repeats a text: only its length or its type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, from_json

_MOST_POINTER_CHARS: Final = 200
_MOST_NUMBER_CHARS: Final = 30
_MOST_TOLD_APART: Final = 20_000
"""Faults of one value that are still looked at one by one: honest ones are never so many."""
_OF_ANOTHER_KIND: Final = ("string_type", "model_type")
_HALF: Final = re.compile("[\ud800-\udfff]")

M = TypeVar("M", bound=BaseModel)


class Fault(BaseModel):
    """One place in a request or a row that breaks a rule."""

    model_config = ConfigDict(frozen=True)

    pointer: str = Field(description="JSON pointer (RFC 6901) of the place; empty: the whole")
    message: str = Field(description="what was found there and what is allowed")


class WireError(Exception):
    """JSON that cannot be taken; ``faults`` holds at least one."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults

    @property
    def summary(self) -> str:
        """One sentence on the first fault, and how many more there are."""
        first, more = self.faults[0], len(self.faults) - 1
        place = f"{first.pointer}: " if first.pointer else ""
        rest = f" (and {_count(more, 'more fault')})" if more else ""
        return f"{place}{first.message}{rest}"


def parse(data: bytes, *, at: str = "") -> Any:
    """The value of a JSON document in UTF-8; ``at`` is where it stands in a larger one.

    Raises
    ------
    WireError
        saying at which byte, line or place the document cannot be read.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise WireError(Fault(pointer=at, message="the body is empty; JSON is expected"))
    try:
        data.decode()
    except UnicodeDecodeError as error:
        message = f"not UTF-8: byte 0x{data[error.start]:02X} at offset {error.start}"
        raise WireError(Fault(pointer=at, message=message)) from error
    try:
        return from_json(data)
    except ValueError as error:
        # The parser says only "hex escape" for half a surrogate pair; readers want the place.
        fault = next(_half_characters(data, at), None)
        message = f"not JSON: {error}"
        raise WireError(fault or Fault(pointer=at, message=message)) from error


def check(model: type[M], value: Any, *, at: str = "", most: int = 100) -> M:
    """The value as an instance of the model.

    Parameters
    ----------
    at
        Pointer of the value within its document.
    most
        So many faults are reported at most, that a hostile request may not cause a huge answer.
        Of more than twenty thousand only their number is.

    Raises
    ------
    WireError
        with a fault for each place that breaks a rule.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        if (count := error.error_count()) > _MOST_TOLD_APART:
            message = f"{count:,} faults, too many to tell apart"
            raise WireError(Fault(pointer=at, message=message)) from error
        details = islice(_relevant(error.errors(include_url=False), value), most)
        raise WireError(*(_fault(detail, value, at) for detail in details)) from error


def pointer(*steps: str | int) -> str:
    """The steps as a JSON pointer (Source: RFC 6901, section 3)."""
    path = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    # A key made of half a surrogate pair could not be sent back.
    path = path.encode(errors="replace").decode()
    return path if len(path) <= _MOST_POINTER_CHARS else path[: _MOST_POINTER_CHARS - 1] + "…"


def _relevant(details: list[ErrorDetails], value: Any) -> Iterator[ErrorDetails]:
    """Without those of a branch of a union that was not meant, where another branch says more."""
    told = {
        detail["loc"][:depth]
        for detail in details
        if detail["type"] not in _OF_ANOTHER_KIND
        for depth in range(len(detail["loc"]) + 1)
    }
    for detail in details:
        if detail["type"] in _OF_ANOTHER_KIND and detail["loc"][:-1] in told:
            *_, branch = detail["loc"] or ("",)
            if branch not in _steps(detail, value):  # pydantic's name for it, not a step
                continue
        yield detail


def _fault(detail: ErrorDetails, value: Any, at: str) -> Fault:
    place = at + pointer(*_steps(detail, value))
    found = detail["input"]
    match detail["type"]:
        case "extra_forbidden":
            return Fault(pointer=place, message="unknown key")
        case "missing":
            return Fault(pointer=place, message="required, but absent")
        case "too_short" | "too_long":  # pydantic would tell which type of Python it becomes
            return Fault(pointer=place, message=_of_another_length(detail))
        case "value_error":  # our own rules say what they found
            return Fault(pointer=place, message=str(detail["ctx"]["error"]))
        case _:
            rule = detail["msg"][:1].lower() + detail["msg"][1:]
            return Fault(pointer=place, message=f"{rule}; found {_describe(found)}")


def _of_another_length(detail: ErrorDetails) -> str:
    limits = detail["ctx"]
    least = "min_length" in limits
    limit = limits["min_length" if least else "max_length"]
    told = f"at {'least' if least else 'most'} {_count(limit, 'item')}"
    return f"should have {told}; found {_describe(detail['input'])}"


def _steps(detail: ErrorDetails, value: Any) -> Iterator[str | int]:
    """The location without the names that pydantic adds for the branches of a union."""
    last = len(detail["loc"]) - 1
    for depth, step in enumerate(detail["loc"]):
        if _holds(value, step):
            value = value[step]
        elif not (depth == last and detail["type"] == "missing"):
            continue
        yield step


def _holds(value: Any, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and 0 <= step < len(value)
    return isinstance(value, dict) and step in value


def _describe(found: Any) -> str:
    if isinstance(found, str):
        return f"a text of {_count(len(found), 'character')}"
    if found is None or isinstance(found, bool):
        return json.dumps(found)
    if isinstance(found, int | float):
        number = format(found)
        return number if len(number) <= _MOST_NUMBER_CHARS else f"{len(number):,} digits"
    if isinstance(found, list):
        return f"a list of {len(found):,}"
    return (
        f"an object of {_count(len(found), 'key')}" if isinstance(found, dict) else "something else"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _half_characters(data: bytes, at: str) -> Iterator[Fault]:
    try:
        yield from _walk(json.loads(data), at)
    except (ValueError, RecursionError):
        return


def _walk(value: Any, at: str) -> Iterator[Fault]:
    if isinstance(value, str):
        if found := _HALF.search(value):
            half = f"half a character (surrogate U+{ord(found.group()):04X})"
            yield Fault(pointer=at, message=f"{half} at position {found.start()}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(key, at)
            yield from _walk(inner, at + pointer(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(inner, at + pointer(number))
