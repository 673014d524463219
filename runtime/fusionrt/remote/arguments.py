"""What a method is called with: as it came, and as its body gets it."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from ..errors import WireError
from ..identity import Asker
from ..rpc import Answer, Replies
from ..table import Contract, Method
from ..values.codecs import arguments_codec, codec
from ..values.json_text import json_items
from ..wire.frames import Calls, Encoding
from ..wire.runs import Headers
from .asking import NO_GATEWAY, Asking, asker_of
from .failures import bad_arguments

__all__ = ["Arguments"]


class Arguments:
    """Of one method; of one that is sent a stream, what comes before that."""

    def __init__(self, contract: Contract, method: Method) -> None:
        sent = contract.for_clients
        parameters = sent.resolved.signatures[method.name].parameters
        self._types = parameters[:-1] if method.sends else parameters
        self._codec = arguments_codec(self._types)
        self._names = sent.method[method.name].parameters
        self._contract = contract
        self._method = method.name
        self._asking = Asking(contract, method) if method.filled else None

    def taken(
        self, calls: Calls, replies: Replies
    ) -> tuple[Sequence[int], Sequence[tuple[Any, ...]]]:
        """The ids of the calls that can be run, and what each body is called with; callers of the
        others are told why not.
        """
        if self._asking is None:
            return self._decode_all(calls, replies)
        asker = asker_of(calls.headers, replies.asker)
        if asker is None:
            refused = [(id, Answer(failure=NO_GATEWAY)) for id in calls.ids]
            replies.answers(calls.kind, calls.method, refused)
            return (), ()
        ids, arguments = self._decode_all(calls, replies)
        return ids, [self._asking.fill(each, asker) for each in arguments]

    def decode(self, data: bytes, encoding: Encoding) -> tuple[Any, ...]:
        """Those of one call, as they were sent.

        Raises:
            Exception: they are none of this method; see `bad_arguments`.
        """
        if encoding is Encoding.MSGPACK:
            return self._codec.decode(data)
        return self._decode_json(data)

    def asker_of(self, headers: Headers, asker: Asker) -> Asker | None:
        """For whom a call is made; None if the method is told that, and its caller may not make it
        for anybody else (W1).
        """
        return asker if self._asking is None else asker_of(headers, asker)

    def fill(self, sent: tuple[Any, ...], asker: Asker) -> tuple[Any, ...]:
        """What the body is called with."""
        return sent if self._asking is None else self._asking.fill(sent, asker)

    def whose(self, arguments: tuple[Any, ...]) -> str:
        """Text that differs from that of everybody else who may ask; empty if all are told the
        same.
        """
        return "" if self._asking is None else self._asking.whose(arguments)

    def _decode_all(
        self, calls: Calls, replies: Replies
    ) -> tuple[Sequence[int], Sequence[tuple[Any, ...]]]:
        """The arguments of each call; of those that are bad, only its caller hears (D29)."""
        if calls.encoding is Encoding.MSGPACK:
            try:
                return calls.ids, self._codec.decode_all(calls.arguments)
            except Exception:
                pass  # which of them it is, is found below
        good: list[tuple[int, tuple[Any, ...]]] = []
        bad: list[tuple[int, Answer]] = []
        for id, data in zip(calls.ids, calls.arguments, strict=True):
            try:
                good.append((id, self.decode(data, calls.encoding)))
            except Exception as error:
                bad.append((id, Answer(failure=bad_arguments(error))))
        if bad:
            replies.answers(calls.kind, calls.method, bad)
        return [id for id, _ in good], [arguments for _, arguments in good]

    def _decode_json(self, data: bytes) -> tuple[Any, ...]:
        """A list with a value for each parameter; people leave those out that have defaults."""
        given = json_items(data)
        if len(given) > len(self._types):
            raise WireError(f"expected at most {len(self._types)} arguments, got {len(given)}")
        signature = self._contract.signature(self._method)
        arguments = []
        for index, (name, tp) in enumerate(zip(self._names, self._types, strict=False)):
            default = signature.parameters[name].default
            if index < len(given):
                try:
                    arguments.append(codec(tp).decode_json(given[index]))
                except WireError as problem:
                    raise WireError(f"{name}: {problem}") from None
            elif default is not inspect.Parameter.empty:
                arguments.append(default)
            else:
                raise WireError(f"the argument {name} is missing")
        return tuple(arguments)
