"""What a query or a form says, as the arguments of a function: each is text until its type says."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, Final, get_type_hints
from urllib.parse import urlencode

from ...annotations import signature_of
from ...errors import WireError
from ...values.codecs import codec

__all__ = ["Taken"]

_EXACT: Final = "~"
"""Behind the name of what is no text: as one it might be another value, such as None."""


class Taken:
    """The parameters of a function behind its first one, which is the request.

    Raises:
        TypeError: one of them has no type.
    """

    def __init__(self, function: Callable[..., Awaitable[Any]]) -> None:
        hints = get_type_hints(function)
        self._types: Final[dict[str, Any]] = {}
        self._defaults: Final[dict[str, Any]] = {}
        for name, parameter in list(signature_of(function).parameters.items())[1:]:
            if name not in hints:
                raise TypeError(f"{function.__qualname__}: {name} needs a type")
            self._types[name] = hints[name]
            if parameter.default is not inspect.Parameter.empty:
                self._defaults[name] = parameter.default

    def arguments(self, given: Mapping[str, str]) -> dict[str, Any]:
        """What the function is called with; what it does not take is left out.

        Raises:
            WireError: one is missing, or is no value of its type.
        """
        arguments: dict[str, Any] = {}
        for name, tp in self._types.items():
            if name in given:
                arguments[name] = _value(name, tp, given[name])
            elif name + _EXACT in given:
                arguments[name] = _exactly(name, tp, given[name + _EXACT])
            elif name in self._defaults:
                arguments[name] = self._defaults[name]
            else:
                raise WireError(f"{name} is missing")
        return arguments

    def query(self, given: Mapping[str, object]) -> str:
        """Arguments as a template gives them, to be read again by `arguments`.

        Raises:
            Exception: one of them cannot travel.
        """
        return "?" + urlencode(dict(map(self._asked, given.items()))) if given else ""

    def _asked(self, argument: tuple[str, object]) -> tuple[str, str]:
        name, value = argument
        if isinstance(value, str) and not isinstance(value, Enum):
            return name, value
        tp = self._types.get(name, type(value))
        return name + _EXACT, codec(tp).encode_json(value).decode()


def _value(name: str, tp: Any, text: str) -> Any:
    """Of a text, or of a number or the like that stands in it."""
    read = codec(tp).decode_json
    try:
        return read(json.dumps(text).encode())
    except WireError as problem:
        try:
            json.loads(text)
            return read(text.encode(errors="surrogatepass"))
        except (WireError, ValueError, RecursionError):
            raise WireError(f"{name}: {problem}") from None


def _exactly(name: str, tp: Any, text: str) -> Any:
    try:
        return codec(tp).decode_json(text.encode(errors="surrogatepass"))
    except WireError as problem:
        raise WireError(f"{name}: {problem}") from None
