"""What the command line says of methods that are sent streams."""

from __future__ import annotations

import pytest

from fusiongen.commands.call import Call, UsageProblem
from fusiongen.commands.live import Live
from tests.streams.world import over_nats


async def test_a_method_that_is_sent_a_stream_is_refused_by_name(nats_server: str) -> None:
    """No command line gives one; what comes before a stream is shown as its first item."""
    async with over_nats(nats_server), Live.connect(nats_server) as live:
        with pytest.raises(UsageProblem, match=r"flows\.sum is sent a stream \(numbers\)"):
            [_ async for _ in live.call(Call("flows", "sum", ()), 5.0)]
        shown = [each async for each in live.call(Call("flows", "open", ('"a"', "2")), 5.0)]
        assert [each.replace(" ", "") for each in shown] == [
            '[{"title":"a","total":2}]',
            '{"number":0,"text":""}',
            '{"number":1,"text":""}',
        ]
