"""Tests that are written in JavaScript: run by Node.js once a file, each told by itself."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from .node import NODE

__all__ = ["Suite", "names_in"]

_NAME: Final = re.compile(r'^test\("([^"]+)"', re.MULTILINE)
_RESULT: Final = re.compile(r"^ *(ok|not ok) \d+ - (.*)$", re.MULTILINE)
LONGEST: Final = 90.0
"""Seconds that a file may take."""


def names_in(file: Path) -> list[str]:
    """The tests of a file."""
    return _NAME.findall(file.read_text())


@dataclass
class Suite:
    """What became of the tests of some files.

    failures: what Node.js said of each that failed.
    """

    passed: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)
    output: str = ""

    @classmethod
    async def run(cls, files: Sequence[Path], env: Mapping[str, str]) -> Suite:
        """Run all tests of these files."""
        process = await asyncio.create_subprocess_exec(
            NODE,
            *("--test-reporter=tap", "--test-timeout=30000", "--test"),
            *files,
            env={**os.environ, **env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        talk = asyncio.create_task(process.communicate())
        await asyncio.wait({talk}, timeout=LONGEST)
        if process.returncode is None:
            process.kill()
        said, _ = await talk
        return cls._read(said.decode())

    @classmethod
    def _read(cls, output: str) -> Suite:
        suite = cls(output=output)
        results = list(_RESULT.finditer(output))
        ends = [*(each.start() for each in results[1:]), len(output)]
        for found, end in zip(results, ends, strict=True):
            result, name = found.groups()
            if result == "ok":
                suite.passed.add(name)
            else:
                suite.failures[name] = output[found.end() : end]
        return suite

    @classmethod
    def load(cls, file: Path) -> Suite:
        """Of a file that it was saved in."""
        return msgspec.json.decode(file.read_bytes(), type=cls)

    def save(self, file: Path) -> None:
        """Into a file."""
        file.write_bytes(msgspec.json.encode(self))

    def check(self, name: str) -> None:
        """Fail as the test did."""
        assert name in self.passed, self.failures.get(name) or self.output
