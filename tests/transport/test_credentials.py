"""Signing in at a real broker in each way there is; what is wrong is told, what is secret not."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fusionrt import (
    AuthorizationFailed,
    BadCredentials,
    BrokerUnavailable,
    Credentials,
    Host,
    NotPermitted,
    RemoteUnavailable,
)
from fusionrt.transport.nats import NatsTransport
from fusionrt.transport.signing import public_url
from tests.authority import Key, Operator, Tls
from tests.lab import LabClient, TinyLab
from tests.natsserver import NatsServer
from tests.remote.test_modes import Notes
from tests.waiting import until

SECRET = "s3cret-that-nobody-may-see"
VARIABLES = ["USER", "PASSWORD", "TOKEN", "NKEY", "NKEY_SEED", "CREDS", "CA", "CERT", "KEY", "URL"]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials of who runs the tests."""
    for name in VARIABLES:
        monkeypatch.delenv(f"NATS_{name}", raising=False)


@dataclass
class Case:
    """A way to sign in. config: of the server. right, wrong: credentials as keywords."""

    config: str
    right: dict[str, Any]
    wrong: dict[str, Any]
    url: Callable[[str], str] = lambda url: url


def _user(folder: Path) -> Case:
    config = f'authorization {{ user: shop, password: "{SECRET}" }}'
    return Case(
        config, {"user": "shop", "password": SECRET}, {"user": "shop", "password": f"{SECRET}?"}
    )


def _token(folder: Path) -> Case:
    return Case(f'authorization {{ token: "{SECRET}" }}', {"token": SECRET}, {"token": SECRET[1:]})


def _nkey_seed(folder: Path) -> Case:
    right, wrong = Key("user", b"right"), Key("user", b"wrong")
    config = f"authorization {{ users: [ {{ nkey: {right.public} }} ] }}"
    return Case(config, {"nkey_seed": right.seed}, {"nkey_seed": wrong.seed})


def _nkey(folder: Path) -> Case:
    case = _nkey_seed(folder)
    for name, given in (("right", case.right), ("wrong", case.wrong)):
        (folder / name).write_text(f"{given.pop('nkey_seed')}\n")
        given["nkey"] = folder / name
    return case


def _creds(folder: Path) -> Case:
    operator = Operator()
    right = operator.credentials(folder / "right.creds", "shop")
    other = operator.credentials(folder / "other.creds", "other")
    wrong = folder / "wrong.creds"
    jwt, seed = (path.read_text().split("\n\n") for path in (right, other))
    wrong.write_text(f"{jwt[0]}\n\n{seed[1]}")
    return Case(operator.config, {"creds": right}, {"creds": wrong})


def _tls(folder: Path) -> Case:
    tls, other = Tls.make(folder / "one"), Tls.make(folder / "two")
    return Case(tls.config(), {"ca": tls.ca}, {"ca": other.ca})


def _tls_url(folder: Path) -> Case:
    case = _tls(folder)
    case.url = lambda url: url.replace("nats:", "tls:")
    return case


def _mutual(folder: Path) -> Case:
    tls, other = Tls.make(folder / "one"), Tls.make(folder / "two")
    own = {"ca": tls.ca, "cert": tls.own_cert, "key": tls.own_key}
    wrong = {"ca": tls.ca, "cert": other.own_cert, "key": other.own_key}
    return Case(tls.config(mutual=True), own, wrong)


def _mutual_without(folder: Path) -> Case:
    case = _mutual(folder)
    case.wrong = {"ca": case.right["ca"]}
    return case


def _mutual_with_user(folder: Path) -> Case:
    case, user = _mutual(folder), _user(folder)
    return Case(case.config + user.config, case.right | user.right, case.right | user.wrong)


WAYS: dict[str, Callable[[Path], Case]] = {
    "user": _user,
    "token": _token,
    "nkey_seed": _nkey_seed,
    "nkey": _nkey,
    "creds": _creds,
    "tls": _tls,
    "tls URL": _tls_url,
    "mutual TLS": _mutual,
    "mutual TLS, no certificate": _mutual_without,
    "mutual TLS and a user": _mutual_with_user,
}


@pytest.fixture(params=WAYS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Each way."""
    return WAYS[request.param](tmp_path)


def serve(folder: Path, config: str) -> NatsServer:
    """A server of this configuration."""
    path = folder / "server.conf"
    path.write_text(config)
    return NatsServer(folder, "-c", str(path))


@pytest.fixture
def server(case: Case, tmp_path: Path) -> Iterator[NatsServer]:
    """The server of the case."""
    with closing(serve(tmp_path, case.config)) as server:
        yield server


async def _works(url: str, credentials: Credentials | None) -> None:
    async with (
        Host(url, credentials=credentials) as serving,
        Host(url, credentials=credentials) as calling,
    ):
        await serving.serve(TinyLab({"a": 1}))
        assert await calling.client(LabClient).get("a") == 1
        assert SECRET not in serving.url


async def test_D30_credentials_sign_in(case: Case, server: NatsServer) -> None:
    """What the caller passes."""
    await _works(case.url(server.url), Credentials(**case.right))


async def test_D30_credentials_of_the_environment_sign_in(
    case: Case, server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same by their variables; nothing needs to be passed."""
    for name, value in case.right.items():
        monkeypatch.setenv(f"NATS_{name.upper()}", str(value))
    await _works(case.url(server.url), None)


@pytest.mark.parametrize("given", ["wrong", "none"])
async def test_D30_wrong_credentials_fail_soon_and_tell_no_secret(
    case: Case, server: NatsServer, given: str, caplog: pytest.LogCaptureFixture
) -> None:
    """At once, with an error that says what to look at; never an endless attempt."""
    caplog.set_level(logging.DEBUG)
    credentials = Credentials(**(case.wrong if given == "wrong" else {}))
    start = time.monotonic()
    with pytest.raises(BrokerUnavailable) as caught:
        async with Host(case.url(server.url), credentials=credentials):
            pass
    assert time.monotonic() - start < 2.9
    if "ca" not in case.wrong or len(case.wrong) > 1:
        assert given == "none" or isinstance(caught.value, AuthorizationFailed)
        assert given == "none" or isinstance(caught.value, PermissionError)
    told = f"{caught.value} {caught.value!r} {caplog.text} {credentials!r} {credentials}"
    for name, value in (case.right | case.wrong).items():
        if name in ("password", "token", "nkey_seed"):
            assert value not in told


async def test_D30_a_user_in_the_url_comes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose certificates are trusted is taken from there all the same."""
    tls = Tls.make(tmp_path / "tls")
    with closing(serve(tmp_path, tls.config() + _user(tmp_path).config)) as server:
        monkeypatch.setenv("NATS_TOKEN", "of something else")
        monkeypatch.setenv("NATS_CA", str(tls.ca))
        await _works(server.url.replace("//", f"//shop:{SECRET}@"), None)


@pytest.mark.parametrize("how", ["ca", "scheme"])
async def test_D30_who_demands_tls_says_nothing_without(tmp_path: Path, how: str) -> None:
    """A server, or somebody in between, that offers none does not get to see the password."""
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_name":"x","version":"2.15.1","max_payload":1000}\r\n')
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ca = Tls.make(tmp_path / "tls").ca if how == "ca" else ""
    credentials = Credentials(user="me", password=SECRET, ca=ca)
    scheme = "nats" if how == "ca" else "tls"
    with pytest.raises(BrokerUnavailable, match="does not offer the TLS"):
        await NatsTransport.connect(f"{scheme}://127.0.0.1:{port}", credentials=credentials)
    await until(lambda: heard)
    assert heard == [b""]
    server.close()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"user": "a", "password": "b", "token": "c"}, "two ways"),
        ({"token": "a", "creds": "b"}, "two ways"),
        ({"nkey": "a", "nkey_seed": "b"}, "two ways"),
        ({"user": "a"}, "password"),
        ({"password": SECRET}, "user"),
        ({"key": "a"}, "certificate"),
    ],
)
def test_D30_what_is_half_or_double_is_refused(
    given: dict[str, str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is made, and when it stands in the environment, by the names there."""
    with pytest.raises(BadCredentials, match=problem):
        Credentials(**given)  # type: ignore[arg-type]
    for name, value in given.items():
        monkeypatch.setenv(f"NATS_{name.upper()}", value)
    with pytest.raises(BadCredentials, match=f"NATS_{next(iter(given)).upper()}") as caught:
        Credentials.from_environment()
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["creds", "nkey", "ca", "cert"])
@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"-----BEGIN NATS USER JWT-----\nx\n-----BEGIN USER NKEY SEED",
    ],
)
async def test_D30_a_file_that_cannot_be_used_is_named(
    name: str, content: bytes | None, tmp_path: Path, nats_server: str
) -> None:
    """Whether it is not there, or holds something else; nothing waits for it for ever."""
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    given: dict[str, Any] = {name: path}
    with pytest.raises(BadCredentials) as caught:
        async with asyncio.timeout(5):
            await NatsTransport.connect(nats_server, credentials=Credentials(**given))
    assert str(path) in str(caught.value)


async def test_D30_credentials_that_are_revoked_are_told_and_may_be_renewed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A running process goes on trying, and says why it does not succeed; once."""
    case = _token(tmp_path)
    server = serve(tmp_path, case.config)
    try:
        async with Host(server.url, credentials=Credentials(**case.right)) as host:
            server.kill()
            (tmp_path / "server.conf").write_text("authorization { token: another }")
            server.start()
            await until(lambda: "cannot sign in again" in caplog.text)
            await asyncio.sleep(0.3)  # some attempts more
            assert caplog.text.count("cannot sign in again") == 1
            assert SECRET not in caplog.text
            server.kill()
            (tmp_path / "server.conf").write_text(case.config)
            server.start()
            await until(lambda: host.statistics().transport.reconnects == 1)
    finally:
        server.close()


RIGHTS = """
authorization {{
  users: [
    {{ user: all, password: x }}
    {{ user: deaf, password: x, permissions: {{ subscribe: "nothing" }} }}
    {{ user: mute, password: x,
       permissions: {{ publish: "{publish}", subscribe: ["fusion.c.>"] }} }}
  ]
}}
"""


def _as(server: NatsServer, user: str) -> Host:
    return Host(server.url, credentials=Credentials(user=user, password="x"))


@pytest.mark.parametrize("publish", ["nothing", "fusion.q.lab"])
async def test_D30_a_call_that_is_not_permitted_fails_at_once(
    tmp_path: Path, publish: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With what is lacking, and not as if nobody were there; so does each that follows."""
    with closing(serve(tmp_path, RIGHTS.format(publish=publish))) as server:
        async with _as(server, "all") as serving, _as(server, "mute") as calling:
            await serving.serve(TinyLab({"a": 1}))
            client = calling.client(LabClient)
            for call in (client.get, client.echo, client.slow):
                async with asyncio.timeout(1.5):
                    with pytest.raises(NotPermitted, match="fusiongen permissions") as caught:
                        await call("a")
                assert isinstance(caught.value, PermissionError)
                assert caught.value.action == "publish"
                assert caught.value.subject.startswith(("fusion.q.lab", "fusion.i.lab."))
            with pytest.raises(NotPermitted):
                async for _ in client.count(3):
                    pass
    assert caplog.text.count("does not let this process publish") == 1


async def test_D30_who_may_not_listen_does_not_start(tmp_path: Path) -> None:
    """A client that could hear no answer, and a host that no call could reach."""
    with closing(serve(tmp_path, RIGHTS.format(publish=">"))) as server:
        with pytest.raises(NotPermitted, match=r"subscribe to fusion\.c\.anonymous\."):
            async with _as(server, "deaf"):
                pass
        async with _as(server, "mute") as host:
            with pytest.raises(NotPermitted, match=r"subscribe to fusion\.\w+\.lab"):
                await host.serve(TinyLab())


HALF = """
authorization {
  users: [
    { user: half, password: x,
      permissions: { subscribe: ["fusion.c.>", "_INBOX.>", "fusion.*.lab", "fusion.*.lab.>"] } }
  ]
}
"""


async def test_D30_a_refusal_is_told_to_whom_it_concerns(tmp_path: Path) -> None:
    """Of two services that are served at once, that one fails whose calls could not come."""
    with closing(serve(tmp_path, HALF)) as server:
        for _ in range(3):
            async with _as(server, "half") as host:
                lab, notes = await asyncio.gather(
                    host.serve(TinyLab()), host.serve(Notes()), return_exceptions=True
                )
                assert lab is None
                assert isinstance(notes, NotPermitted)


@pytest.mark.parametrize(
    "url",
    [
        f"nats://me:{SECRET}@127.0.0.1:1",
        f"nats://{SECRET}@127.0.0.1:1",
        f"tls://me:{SECRET}/more@127.0.0.1:1",
        f"nats://me:{SECRET}#@127.0.0.1:1",
        f"nats://me:{SECRET}:x@127.0.0.1:1",
        f"nats://me:a@{SECRET}@127.0.0.1:1",
        f"me:{SECRET}@127.0.0.1:1",
        f"nats://a:{SECRET}@127.0.0.1:1,nats://b:{SECRET}@127.0.0.1:2",
        f"nats://me:{SECRET},x@127.0.0.1:1",
        f"ws://me:{SECRET}@127.0.0.1:1",
        f"nats://me:{SECRET}@",
        f"nats://me:{SECRET}@127.0.0.1:port",
    ],
)
async def test_D30_no_text_shows_a_password(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Of whatever a URL may look like, though it be none."""
    caplog.set_level(logging.DEBUG)
    assert SECRET not in public_url(url)
    with pytest.raises(BrokerUnavailable) as caught:
        await NatsTransport.connect(url, timeout=1.0)
    told = [str(caught.value), repr(caught.value), caught.value.url, caplog.text]
    assert SECRET not in " ".join(told)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


async def test_D30_a_running_host_shows_no_password(tmp_path: Path) -> None:
    """Neither where it says what it is connected to, nor in the names of its tasks."""
    with closing(serve(tmp_path, _user(tmp_path).config)) as server:
        async with Host(server.url.replace("//", f"//shop:{SECRET}@")) as host:
            assert host.url == server.url
            assert SECRET not in " ".join(task.get_name() for task in asyncio.all_tasks())
            server.kill()
            with pytest.raises(RemoteUnavailable) as caught:
                await host.client(LabClient).with_options(timeout=4.0).get("a")
            assert SECRET not in str(caught.value)


@pytest.mark.parametrize("command", ["call", "watch"])
def test_D30_the_command_line_signs_in_by_the_environment(command: str, tmp_path: Path) -> None:
    """`fusiongen call` and `watch`; and a wrong password is one sentence without it."""
    with closing(serve(tmp_path, _user(tmp_path).config)) as server:
        environ = {**os.environ, "NATS_URL": server.url, "NATS_USER": "shop"}
        for password, told in ((SECRET, "no host serves it"), ("wrong", "Authorization Violation")):
            ran = subprocess.run(
                [sys.executable, "-m", "fusiongen", command, "lab.get", '"a"'],
                env={**environ, "NATS_PASSWORD": password},
                capture_output=True,
                text=True,
                check=False,
                timeout=30,
            )
            assert ran.returncode == 1
            assert told in ran.stderr
            assert SECRET not in ran.stdout + ran.stderr
