"""What a process has used of the machine, read from outside."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["cpu_seconds", "resident", "used"]

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(process: int) -> float:
    """Of all its threads, those that ended included; Linux keeps a clock for each process."""
    return time.clock_gettime((~process << 3) | 2)


def used(processes: Mapping[str, int]) -> dict[str, float]:
    """By what each process is."""
    return {name: cpu_seconds(process) for name, process in processes.items()}


def resident(process: int) -> int:
    """The bytes of memory that it occupies."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
