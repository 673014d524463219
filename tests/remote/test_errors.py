"""Each way in which a call can fail is one error of the caller's, which says whether it ran."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fusionrt
from fusionrt import (
    ArgumentError,
    CallTimeout,
    CycleError,
    FusionError,
    OutcomeUnknown,
    Overloaded,
    Refused,
    RemoteError,
    RemoteUnavailable,
)
from fusionrt.remote.failures import as_error, as_failure
from fusionrt.wire.frames import Ending
from fusionrt.wire.refusals import refusal
from tests.lab import CONTRACT, Broken, Pair

CODES: dict[str, tuple[type[Exception], bool | None]] = {
    "arguments_too_large": (Refused, False),
    "bad_answer": (RemoteError, True),
    "bad_arguments": (ArgumentError, None),
    "bad_request": (Refused, False),
    "cancelled": (RemoteError, True),
    "cycle": (CycleError, None),
    "internal": (RemoteError, True),
    "outcome_unknown": (OutcomeUnknown, True),
    "overloaded": (Overloaded, False),
    "overrun": (RemoteError, True),
    "stream_lost": (RemoteUnavailable, True),
    "timeout": (CallTimeout, True),
    "too_large": (RemoteError, True),
    "unavailable": (RemoteUnavailable, True),
    "unknown_method": (Refused, False),
}
"""By the code that travels: the error, and whether it says that the call may have run; a
`FrameworkError` tells of a wrong use, which no repetition mends."""


@pytest.mark.parametrize("code", CODES)
def test_each_code_is_one_error(code: str) -> None:
    """Of exactly this class, and with whether the call may have run."""
    cls, may_have_run = CODES[code]
    error = as_error(Ending(code, "for a reason"), CONTRACT, "echo", 1.0)
    assert type(error) is cls
    assert isinstance(error, FusionError)
    assert getattr(error, "may_have_run", None) is may_have_run


def test_these_are_all_the_codes_that_the_runtime_says() -> None:
    """A new one needs a place in this table, and in the reference."""
    texts = [path.read_text() for path in Path(fusionrt.__file__).parent.rglob("*.py")]
    said = (
        r'Ending\("(\w+)"|events\.Failed\(id, "(\w+)"|_refuse\([\w., ]+"(\w+)"|failure\(id, "(\w+)"'
    )
    found = {code for text in texts for groups in re.findall(said, text) for code in groups if code}
    over_http_alone = {"unsupported"}
    assert found - over_http_alone | {"overloaded"} == {*CODES, "declared"}


@pytest.mark.parametrize(
    ("raised", "cls"),
    [
        (Overloaded("carts", "get", 2.0), Overloaded),
        (RemoteUnavailable("carts", "no host serves it"), RemoteUnavailable),
        (OutcomeUnknown("carts", "its host is gone"), OutcomeUnknown),
        (CallTimeout("carts.get", 2.0), RemoteUnavailable),
        (Refused("carts.get", "bad_request", "it is no plain method"), RemoteError),
        (RemoteError("internal", "it failed"), RemoteError),
    ],
    ids=lambda each: each.__name__ if isinstance(each, type) else "",
)
async def test_D13_what_a_body_could_not_get_elsewhere_says_that_the_body_began(
    raised: Exception, cls: type[Exception]
) -> None:
    """It passes as an error of the same sort, but of a call that may have run: a caller that makes
    it again runs the body twice."""
    error = as_error(as_failure(raised, CONTRACT, "echo"), CONTRACT, "echo", 1.0)
    assert type(error) is cls
    assert isinstance(error, Overloaded | RemoteUnavailable | RemoteError)
    assert error.may_have_run


def test_D27_a_refusal_tells_what_was_refused_and_when_to_come_back() -> None:
    """The call itself did not run."""
    error = as_error(refusal(2.5), CONTRACT, "echo", 1.0)
    assert isinstance(error, Overloaded)
    assert (error.service, error.method, error.retry_after) == ("lab", "echo", 2.5)
    assert not error.may_have_run


def test_a_declared_exception_is_itself() -> None:
    """None of these."""
    failure = as_failure(Broken("pump", count=2), CONTRACT, "echo")
    assert type(as_error(failure, CONTRACT, "echo", 1.0)) is Broken


async def test_a_call_that_its_host_does_not_take_is_refused(two: Pair) -> None:
    """With facts, and what to do next."""
    await two.client.echo("warm")
    with pytest.raises(Refused, match="pass less at once") as caught:
        await two.client.echo("x" * 2_000_000)
    assert (caught.value.method, caught.value.code) == ("lab.echo", "too_large")
    with pytest.raises(Refused, match="another version of the contract") as caught:
        await two.client._fusion.command("wait", ())
    assert caught.value.code == "bad_request"
