"""`Way`: how the calls of one method are made, and what is made of their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

from ..errors import ArgumentError, CallTimeout, WireError
from ..options import is_text
from ..rpc import Ask, Peer, in_doubt
from ..table import Contract, Stream
from ..values.codecs import Codec, arguments_codec, codec
from ..wire.digest import method_id
from ..wire.frames import Ending, Kind
from .failures import as_error, items_failure

__all__ = ["Same", "Way"]


class Same(Ask):
    """Asks whether the result of a compute call still holds: an empty answer says so (D16)."""

    __slots__ = ()

    def __init__(self, method: str, timeout: float) -> None:
        super().__init__(Kind.COMPUTE, method_id(method), timeout=timeout)

    def decode(self, payload: bytes) -> bool:
        return not payload

    def decode_all(self, payloads: Sequence[bytes]) -> Sequence[bool]:
        return [not payload for payload in payloads]


class Way(Ask):
    """Of one view of a client: with its time limit.

    encode: the arguments as they travel, or an error of msgspec's; see `encoded`.
    results: the codec of what comes back. head: of what comes before, if something does.
    items: of what is sent with a call, if something is. skips: only the newest items are wanted.
    method_name: of the method.
    """

    __slots__ = (
        "_arguments",
        "_contract",
        "_peer",
        "encode",
        "head",
        "items",
        "method_name",
        "results",
        "skips",
    )

    def __init__(
        self, kind: Kind, contract: Contract, method: str, peer: Peer, timeout: float
    ) -> None:
        """timeout: the seconds that a call has."""
        declared = contract.method[method]
        super().__init__(
            kind,
            method_id(method),
            timeout=timeout,
            repeats=declared.repeats,
            single=declared.sends and not isinstance(declared, Stream),
        )
        signature = contract.resolved.signatures[method]
        self.skips: Final = isinstance(declared, Stream) and declared.skip
        parameters = signature.parameters
        if declared.sends:
            *_, items = parameters
            parameters = parameters[:-1]
            self.items: Codec[Any] = codec(items)
        if signature.head is not None:
            self.head: Codec[Any] = codec(signature.head)
        self._contract = contract
        self.method_name = method
        self._peer = peer
        self._arguments = arguments_codec(parameters)
        self.encode: Final = self._arguments.encode_most
        self.results: Codec[Any] = codec(signature.result)

    def encoded(self, arguments: tuple[Any, ...]) -> bytes:
        """The arguments as they travel.

        Raises:
            ArgumentError: they cannot.
        """
        try:
            return self._arguments.encode(arguments)
        except (TypeError, ValueError, OverflowError) as problem:
            told = "a value cannot travel" if self._arguments.hides else str(problem)
            raise ArgumentError(self._name, told) from None

    def carrying(self, headers: Mapping[str, str]) -> Self:
        """As its base.

        Raises:
            ArgumentError: they are no texts that travel.
        """
        for pair in headers.items():
            if not all(map(is_text, pair)):
                problem = f"headers: expected texts without a NUL, not {pair!r}"
                raise ArgumentError(self._name, problem)
        return super().carrying(headers)

    def decode(self, payload: bytes) -> Any:
        try:
            return self.results.decode(payload)
        except WireError as problem:
            raise self._unread(problem) from None

    def decode_all(self, payloads: Sequence[bytes]) -> Sequence[Any]:
        try:
            return self.results.decode_all(payloads)
        except WireError as problem:
            raise self._unread(problem) from None

    def _unread(self, problem: WireError) -> WireError:
        return WireError(f"the result of {self._name} is not what the contract declares: {problem}")

    def error(self, failure: Ending) -> Exception:
        return as_error(failure, self._contract, self.method_name, self.timeout)

    def failure(self, error: Exception) -> Ending:
        """What the body is told of an error of its caller's iterator."""
        return items_failure(error, self._contract, self.method_name)

    def late(self, *, may_have_run: bool = True) -> Exception:
        lost = self._peer.why_silent()
        if lost is None:
            return CallTimeout(self._name, self.timeout, may_have_run=may_have_run)
        return in_doubt(self, lost) if may_have_run else lost

    @property
    def _name(self) -> str:
        return f"{self._contract.name}.{self.method_name}"
