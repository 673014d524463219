"""What a command declares that it invalidates."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..graph import Target, repr_of
from ..operations import Key
from ..table import Command, Contract

__all__ = ["DeclaredKeys"]

_log = logging.getLogger("fusionrt")


class DeclaredKeys:
    """The keys that one call of a command declares.

    target: the instance that keys of the command's own service name; None for every instance.
    """

    def __init__(
        self,
        contract: Contract,
        method: str,
        arguments: tuple[Any, ...],
        target: Target | None = None,
    ) -> None:
        command = contract.method[method]
        assert isinstance(command, Command)
        self._contract = contract
        self._command = command
        self._arguments = arguments
        self._target = target

    def by_arguments(self) -> list[Key]:
        """Those that its arguments tell, whatever became of it (O20)."""
        return self._evaluated(self._command.keys, self._arguments)

    def by_result(self, result: Any) -> list[Key]:
        """Those that its result tells."""
        return self._evaluated(self._command.keys_by_result, (result, *self._arguments))

    def _evaluated(self, keys: Callable[..., None] | None, arguments: tuple[Any, ...]) -> list[Key]:
        if keys is None:
            return []
        collected = _Collected(self._contract, self._target)
        try:
            keys(collected, *arguments)
        except Exception as error:
            name = self._contract.name
            _log.exception(
                "the keys that %s.%s declares could not be evaluated (%s): "
                "every result of the service %s is invalidated; mend `invalidates`",
                name,
                self._command.name,
                repr_of(error),
                name,
            )
            return [Key(self._contract, None, (), self._target)]
        return collected.keys


class _Collected:
    """Takes the keys as they are evaluated."""

    def __init__(self, contract: Contract, target: Target | None) -> None:
        self._contract = contract
        self._target = target
        self.keys: list[Key] = []

    def add(self, contract: Contract, method: str, arguments: tuple[object, ...]) -> None:
        target = self._target if contract is self._contract else None
        self.keys.append(Key(contract, method, arguments, target))
