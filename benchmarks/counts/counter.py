"""Counts what the interpreter does: a number that no other process of the machine changes."""

from __future__ import annotations

import gc
import sys
from types import CodeType, FrameType
from typing import Any, Protocol, Self, TypeVar

import msgspec

__all__ = ["Count", "Counter", "Counting"]

_T_co = TypeVar("_T_co", covariant=True)

TOOL = 3
"""No debugger's, profiler's or coverage tool's number, for `sys.monitoring`."""
NOT_OURS = (
    "/asyncio/base_events.py",
    "/asyncio/events.py",
    "/benchmarks/counts/",
    "/benchmarks/graph/service.py",
    "/benchmarks/rpc/service.py",
    "/fusionrt/testing/",
    "/fusionrt/transport/memory.py",
    "/random.py",
)
"""Code that is there because it is counted: the loop, the network in memory, the bodies."""


class Counting(Protocol[_T_co]):
    """Counts while it is entered."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def each(self, number: int) -> _T_co:
        """For each of so many things."""


class Count(msgspec.Struct, frozen=True):
    """Of one thing.

    bytecodes: executed. calls: of functions that are written in C. instructions: of the processor,
    all of them; 0 if they were not counted.
    """

    bytecodes: float
    calls: float
    instructions: float = 0.0


class Counter:
    """Counts while it is entered, in the frames that are entered, or resumed, by then."""

    def __init__(self) -> None:
        self._bytecodes = 0
        self._calls = 0
        self._ours: dict[CodeType, bool] = {}

    def each(self, number: int) -> Count:
        """For each of so many things."""
        return Count(round(self._bytecodes / number, 1), round(self._calls / number, 1))

    def __enter__(self) -> Self:
        gc.collect()
        gc.disable()  # what it finds, and so what it runs, depends on what was there before
        sys.setprofile(self._profile)
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        sys.setprofile(None)
        gc.enable()

    if sys.version_info >= (3, 12):

        def _start(self) -> None:
            monitoring = sys.monitoring
            monitoring.use_tool_id(TOOL, "counter")
            monitoring.register_callback(TOOL, monitoring.events.INSTRUCTION, self._instruction)
            monitoring.set_events(TOOL, monitoring.events.INSTRUCTION)
            monitoring.restart_events()

        def _stop(self) -> None:
            sys.monitoring.set_events(TOOL, sys.monitoring.events.NO_EVENTS)
            sys.monitoring.free_tool_id(TOOL)

        def _instruction(self, code: CodeType, offset: int) -> Any:
            if not self._is_ours(code):
                return sys.monitoring.DISABLE
            self._bytecodes += 1
            return None

    else:

        def _start(self) -> None:
            sys.settrace(self._trace)

        def _stop(self) -> None:
            sys.settrace(None)

        def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
            if event == "opcode":
                self._bytecodes += 1
            elif event == "call":
                if not self._is_ours(frame.f_code):
                    return None
                frame.f_trace_opcodes = True
                frame.f_trace_lines = False
            return self._trace

    def _profile(self, frame: FrameType, event: str, _: Any) -> None:
        if event == "c_call" and self._is_ours(frame.f_code):
            self._calls += 1

    def _is_ours(self, code: CodeType) -> bool:
        ours = self._ours.get(code)
        if ours is None:
            ours = not any(part in code.co_filename for part in NOT_OURS)
            self._ours[code] = ours
        return ours
