"""Calls and commands from one process to another: results, errors, cancellation, time."""

from __future__ import annotations

import asyncio

import pytest

from fusionrt import (
    ArgumentError,
    CallTimeout,
    CommandInComputeError,
    Host,
    NotBoundError,
    OutcomeUnknown,
    Refused,
    RemoteError,
    RemoteUnavailable,
    computed,
    isolated,
)
from fusionrt.errors import InvalidSubject
from fusionrt.primitives import now
from fusionrt.rpc import Ask, Caller, Failed
from fusionrt.transport.nats import NatsTransport
from fusionrt.wire.digest import method_id
from fusionrt.wire.frames import Encoding, Kind
from fusionrt.wire.runs import Request
from tests.lab import Broken, LabClient, Pair, TinyLab, VeryBroken, peer_of
from tests.waiting import until


def request(kind: Kind, method: str, arguments: bytes, seconds: float = 5.0) -> Request:
    """A call as the command line makes it."""
    ask = Ask(kind, method_id(method), encoding=Encoding.JSON)
    return Request(ask, arguments, now() + seconds)


async def test_a_plain_call_returns_what_the_body_returned(two: Pair) -> None:
    """A plain method is neither cached nor tracked: its result just travels."""
    assert await two.client.echo("hello") == "hello"


async def test_a_declared_exception_travels_with_its_attributes(two: Pair) -> None:
    """An exception of `raises` arrives as itself, also if its constructor takes other arguments."""
    with pytest.raises(Broken, match="2 of pump are broken") as caught:
        await two.client.trouble("declared")
    assert (caught.value.part, caught.value.count) == ("pump", 2)


async def test_G40_a_clients_command_in_a_compute_body_raises(two: Pair) -> None:
    """Nothing is sent, whether it is called plainly, isolated, or through a view of the client."""

    async def plainly() -> int:
        return await two.client.put("a", 1)

    async def through_a_view() -> int:
        with isolated():
            return await asyncio.create_task(two.client.with_options(timeout=1).put("a", 1))

    for body in (plainly, through_a_view):
        with pytest.raises(CommandInComputeError, match=r"lab\.put"):
            await computed(body).use()
    assert two.lab.ran == []
    assert await two.client.put("a", 1) == 1


async def test_the_most_specific_declared_class_travels(two: Pair) -> None:
    """Where a class and its base are declared, the caller gets the class that was raised."""
    with pytest.raises(VeryBroken):
        await two.client.trouble("declared below")


async def test_D21_an_undeclared_exception_tells_only_a_reference(
    two: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """No text of an internal exception reaches a caller: it gets an id, the host's log the rest."""
    with pytest.raises(RemoteError) as caught:
        await two.client.trouble("secret")
    assert "12345" not in str(caught.value)
    assert caught.value.code == "internal"
    assert caught.value.reference in caplog.text
    assert "12345" in caplog.text


@pytest.mark.parametrize("how", ["cancelled", "exotic"])
async def test_a_body_that_ends_without_an_answer_is_answered_for(
    two: Pair, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A body that is cancelled from within, or raises a BaseException, leaves nobody waiting."""
    async with asyncio.timeout(5):
        with pytest.raises(RemoteError) as caught:
            await two.client.trouble(how)
    assert caught.value.code == "cancelled"


async def test_a_wrong_argument_is_refused_by_the_host(two: Pair) -> None:
    """An argument of another type never reaches the body (C3)."""
    with pytest.raises(ArgumentError, match=r"lab\.put"):
        await two.client.put("a", "no number")  # type: ignore[arg-type]
    assert two.lab.ran == []


async def test_an_argument_that_cannot_travel_is_an_argument_error(two: Pair) -> None:
    """What has no wire form is refused before it is sent."""
    with pytest.raises(ArgumentError, match=r"lab\.put"):
        await two.client.put("a", object())  # type: ignore[arg-type]


async def test_C3_an_integer_of_any_size_travels(two: Pair) -> None:
    """A command takes one beyond 64 bits, and a compute method returns it."""
    await two.client.put("a", 2**70)
    assert await two.client.get("a") == 2**70


async def test_an_argument_that_is_too_large_is_told(two: Pair) -> None:
    """Arguments that exceed a message are refused here, with their size."""
    with pytest.raises(Refused, match="too many for a message") as caught:
        await two.client.echo("x" * 2_000_000)
    assert caught.value.code == "too_large"


async def test_a_result_that_is_too_large_is_told(two: Pair) -> None:
    """A result that exceeds a message becomes an error that says so, and is asked for again."""
    with pytest.raises(RemoteError, match="return less, or a stream") as caught:
        await two.client.blob(2_000_000)
    assert caught.value.code == "too_large"
    assert await two.client.blob(1000) == bytes(1000)


async def test_an_unknown_method_is_told(two: Pair) -> None:
    """A method that the host does not have gives an error at once."""
    with pytest.raises(Failed) as caught:
        await peer_of(two.client).call(request(Kind.PLAIN, "nothing", b"[]"))
    assert caught.value.failure.code == "unknown_method"


async def test_a_call_of_the_wrong_kind_is_refused(two: Pair) -> None:
    """A command cannot be called as if it were a plain method, past its operation id (D13)."""
    for kind, method, arguments in [
        (Kind.PLAIN, "put", b'["a", 3]'),
        (Kind.STREAM, "echo", b'["a"]'),
        (Kind.PLAIN, "count", b"[3]"),
        (Kind.COMPUTE, "echo", b'["a"]'),
    ]:
        with pytest.raises(Failed) as caught:
            await anext(aiter(peer_of(two.client).stream(request(kind, method, arguments))))
        assert caught.value.failure.code == "bad_request"
    assert two.lab.ran == []


async def test_json_calls_work_and_bad_json_is_refused(two: Pair) -> None:
    """Arguments may be JSON, and the result is then JSON, too."""
    peer = peer_of(two.client)
    assert await peer.call(request(Kind.PLAIN, "echo", b'["hi"]')) == b'"hi"'
    for bad in (b"[", b"{}", b"[1]", b"[]", b'["a", "b"]'):
        with pytest.raises(Failed) as caught:
            await peer.call(request(Kind.PLAIN, "echo", bad))
        assert caught.value.failure.code == "bad_arguments"


async def test_D13_commands_without_an_operation_id_are_different_commands(two: Pair) -> None:
    """A command whose caller names no operation runs: it is not a retry of another such one."""
    peer = peer_of(two.client)
    assert await peer.call(request(Kind.COMMAND, "put", b'["a", 3]')) == b"3"
    assert await peer.call(request(Kind.COMMAND, "put", b'["a", 4]')) == b"4"
    assert two.lab.data["a"] == 4


async def test_D13_a_retried_operation_gets_the_first_runs_result(two: Pair) -> None:
    """The same operation id runs once, however often it comes, also while it still runs."""
    peer = peer_of(two.client)
    ask = Ask(Kind.COMMAND, method_id("slow_put"), encoding=Encoding.JSON)
    command = Request(ask, b'["a", 5]', now() + 9, "operation")
    first = asyncio.create_task(peer.call(command))
    await until(lambda: two.lab.waiting)
    second = asyncio.create_task(peer.call(command))
    await two.client.echo("the second has arrived")
    two.lab.gate.set()
    assert [await first, await second, await peer.call(command)] == [b"5"] * 3
    assert two.lab.ran == ["slow_put a"]


async def test_D13_a_call_whose_time_is_up_does_not_run(two: Pair) -> None:
    """Messages carry the time that is left: a host refuses a call that has none."""
    with pytest.raises(Failed) as caught:
        await peer_of(two.client).call(request(Kind.COMMAND, "put", b'["a", 9]', 0.0))
    assert caught.value.failure.code == "timeout"
    assert two.lab.ran == []


async def test_a_call_that_takes_too_long_times_out_and_stops(two: Pair) -> None:
    """The caller gets a CallTimeout in time, and the body is cancelled on its host."""
    with pytest.raises(CallTimeout, match=r"lab\.wait had no answer within 1 s"):
        await two.client.with_options(timeout=1.0).wait()
    await until(lambda: two.lab.done == ["cancelled"])


async def test_a_longer_timeout_also_holds_for_reads(two: Pair) -> None:
    """`with_options(timeout=…)` is what a read waits, not the default of its client."""
    view = two.client.with_options(timeout=0.05)
    patient = asyncio.create_task(view.with_options(timeout=20).slow("a"))
    await until(lambda: two.lab.waiting)
    with pytest.raises(CallTimeout):
        await view.slow("a")
    two.lab.gate.set()
    assert await patient == 1


async def test_D19_cancelling_a_call_cancels_its_body(two: Pair) -> None:
    """The host stops what nobody waits for any more."""
    call = asyncio.create_task(two.client.wait())
    await until(lambda: two.lab.waiting)
    call.cancel()
    await until(lambda: two.lab.done == ["cancelled"])


async def test_D19_a_call_that_is_cancelled_as_it_arrives_leaves_no_trace(two: Pair) -> None:
    """A call and its cancellation that arrive together start nothing that is never awaited."""
    await two.client.echo("the session is open")
    for _ in range(50):
        call = asyncio.create_task(two.client.wait())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        call.cancel()
    await two.client.echo("all have arrived")
    await until(lambda: two.lab.waiting == 0)


async def test_D19_the_last_caller_of_a_read_stops_it(two: Pair) -> None:
    """A read that several share goes on until the last of them is cancelled."""
    first = asyncio.create_task(two.client.slow("a"))
    await until(lambda: two.lab.waiting)
    second = asyncio.create_task(two.client.slow("a"))
    await two.client.echo("both wait")
    first.cancel()
    await asyncio.wait([first])
    two.lab.gate.set()
    assert await second == 1


async def test_a_service_that_nobody_serves_is_told(nats_server: str) -> None:
    """Without a host a call fails in seconds, and the next one at once, with what to do."""
    async with Host(nats_server) as host:
        client = host.client(LabClient)
        for seconds in (4.0, 0.5, 0.5):
            async with asyncio.timeout(seconds):
                with pytest.raises(RemoteUnavailable, match="fusiongen run"):
                    await client.get("a")
                with pytest.raises(RemoteUnavailable, match="fusiongen run"):
                    await client.echo("a")


async def test_a_client_may_be_older_than_its_service(nats_server: str) -> None:
    """A call that was made before the service is served waits for it a while."""
    async with Host(nats_server) as early, Host(nats_server) as late:
        call = asyncio.create_task(early.client(LabClient).echo("x"))
        await asyncio.sleep(0)
        await late.serve(TinyLab())
        assert await call == "x"


async def test_a_principal_is_one_word(nats_server: str) -> None:
    """A principal that would change the subjects around it is refused before anything is sent."""
    for principal in ("", "a.b", "a b", ">", "ä"):
        with pytest.raises(InvalidSubject):
            await Host(nats_server, principal=principal).__aenter__()


async def test_a_host_runs_once_at_a_time(two: Pair) -> None:
    """A host that runs cannot be entered again."""
    with pytest.raises(NotBoundError):
        await two.serving.__aenter__()


async def test_a_service_is_served_once_by_a_host(two: Pair) -> None:
    """Two instances of a service in one host would answer in each other's place."""
    with pytest.raises(NotBoundError, match="serves lab already"):
        await two.serving.serve(TinyLab())


async def test_a_client_is_made_once(two: Pair) -> None:
    """Clients of one class share replicas, whoever asked for them."""
    assert two.calling.client(LabClient) is two.client


async def test_calls_through_a_host_that_was_left_fail_at_once(nats_server: str) -> None:
    """When its host is closed, a client's calls fail with a clear error, those in flight, too."""
    lab = TinyLab()
    async with Host(nats_server) as serving:
        await serving.serve(lab)
        async with Host(nats_server) as calling:
            client = calling.client(LabClient)
            pending = asyncio.create_task(client.wait())
            await until(lambda: lab.waiting)
        async with asyncio.timeout(1):
            with pytest.raises(RemoteUnavailable, match="closed"):
                await pending
            with pytest.raises(RemoteUnavailable, match="closed"):
                await client.echo("x")
            with pytest.raises(RemoteUnavailable, match="closed"):
                await anext(client.count(3))
        await until(lambda: lab.done == ["cancelled"])


async def test_a_host_that_stops_serving_fails_its_calls_at_once(nats_server: str) -> None:
    """A host that ends by an error does not wait: its callers learn of it at once."""
    lab = TinyLab()
    async with Host(nats_server) as calling:
        client = calling.client(LabClient)
        with pytest.raises(ValueError, match="stop"):
            async with Host(nats_server) as serving:
                await serving.serve(lab)
                command = asyncio.create_task(client.slow_put("a", 1))
                await until(lambda: lab.waiting)
                raise ValueError("stop")
        async with asyncio.timeout(1):
            with pytest.raises(OutcomeUnknown, match="may have run"):
                await command
        assert lab.done == ["cancelled"]


async def test_two_hosts_in_one_process_do_not_share(two: Pair) -> None:
    """Each host has a graph of its own: what one caches is not the other's."""
    assert two.serving.graph is not two.calling.graph
    assert await two.client.get("a") == 1
    assert await two.lab.get("a") == 1
    assert two.lab.ran == ["get a"]


async def test_D17_nothing_is_left_after_hosts_close(nats_server: str) -> None:
    """Calls, streams, watchers and reads that were under way leave no task behind."""
    before = asyncio.all_tasks()
    lab = TinyLab({"a": 1})
    async with Host(nats_server) as calling, Host(nats_server) as serving:
        await serving.serve(lab)
        client = calling.client(LabClient)
        await client.get("a")
        stream = client.count(1_000_000)
        await anext(stream)
        lab.gate.set()
        await client.wait()
    await until(lambda: asyncio.all_tasks() == before)


async def test_D21_rubbish_is_counted_and_dropped(two: Pair, nats_server: str) -> None:
    """Bytes that are no message of the protocol end in nothing, and others go on."""
    transport = await NatsTransport.connect(nats_server)
    subject = f"fusion.i.lab.{two.serving.iid}"
    for rubbish in (b"", b"\xff" * 100, b"\x95\x01\x02\x03\x04\x05", bytes(100_000)):
        transport.publish(subject, rubbish)
        transport.publish("fusion.q.lab", rubbish)
        transport.publish("fusion.op.lab", rubbish)
    await transport.flush()
    assert await two.client.echo("still here") == "still here"
    caller = Caller(transport)
    await caller.open()
    peer = caller.peer("lab")
    for data in (b"\xc1", b"\x91\xc1", b"\x00" * 1000):
        bad = Request(Ask(Kind.PLAIN, method_id("echo")), data, now() + 5)
        with pytest.raises(Failed) as caught:
            await peer.call(bad)
        assert caught.value.failure.code == "bad_arguments"
    await caller.close()
    await transport.close()
