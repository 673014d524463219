"""The end of a body that the compiled core ran, if it is not plain.

The core makes a top-level miss by itself, up to the end of the body. What is seldom is told here,
as `fetch_hot` tells it: errors, cancellation, invalidation meanwhile, a limited life.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..state import CONSISTENT
from .execute import failed, succeeded
from .fetch_cold import answers
from .fetch_hot import fetch_hot

if TYPE_CHECKING:
    from .computed import Computed
    from .run import Run

__all__ = ["conclude"]


async def conclude(
    computed: Computed[Any], run: Run, value: Any, error: BaseException | None
) -> Any:
    """What the call gets, as `fetch_hot` with `use`.

    Raises:
        BaseException: as that does.
    """
    function = computed._function
    if error is None:
        succeeded(computed, run, None, value)
    elif failed(computed, run, None, error):
        raise error
    while computed._run is run:  # something else cancelled it: once more (G20)
        try:
            value = await function.body(*computed._arguments)
        except BaseException as again:
            if failed(computed, run, None, again):
                raise
        else:
            succeeded(computed, run, None, value)
    if computed._state is CONSISTENT:
        settled = not computed._leases or computed._is_leased()
    else:
        settled = answers(computed, run, True, None)
    if not settled:
        return await fetch_hot(function, computed._arguments, True, None, False)
    return computed.value
