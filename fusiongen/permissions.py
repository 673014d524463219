"""The least that a role must be permitted at the broker, by what it serves and calls (D30).

A role is a principal: processes with the same rights, which sign in as one user. It may

- of what it serves: be found, be called, tell its other hosts of changes, answer whoever asks;
- of what it calls: look for a host, and talk to one;
- hear answers to itself, where nobody else may listen.

What it offers, the hosts of what it calls may call, at no other role; and it may answer these.
Where it has an operation log in JetStream, or relays events there, it reaches these streams, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import fusionrt
from fusionrt.rpc.subjects import CONSOLE, TOKEN, Subjects

from .errors import GenerationError
from .output.lock import LOCK_FILE, Lock, LockedContract
from .project import Project, Role

__all__ = ["Rights", "as_json", "as_nats", "as_nsc", "rights_for", "rights_of"]

CLIENT = "client"
"""The role of whoever calls, where a project names none."""
ALL = "*"
TABLES: Final = frozenset({"presence"})
"""Services that are not sharded, and whose hosts share a table all the same."""
_EVENTS = re.compile(r"(([\w-]+|\*)\.)*([\w-]+|\*|>)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rights:
    """What one role may do; nothing else. Subjects are patterns of NATS.

    publish, subscribe: a queue group stands after its subject, and only in that may be subscribed.
    replies: whether it may also answer, once, where a message says so.
    """

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    replies: bool = False


def rights_of(project: Project, prefix: str = "fusion") -> dict[str, Rights]:
    """Of each role of a project.

    Raises:
        GenerationError: there is no lock, or a role names what is neither in it nor a service of
            the runtime's own, or calls what is internal and serves nothing.
    """
    path = project.out / LOCK_FILE
    try:
        lock = _read(path)
    except (OSError, ValueError):
        raise GenerationError(
            f"{path} is missing or cannot be read: run `fusiongen generate`"
        ) from None
    return rights_for(lock, dict(project.roles) or _usual(lock), prefix)


def rights_for(lock: Lock, roles: Mapping[str, Role], prefix: str = "fusion") -> dict[str, Rights]:
    """The same of these roles and contracts, and of the runtime's own that they name."""
    named = {
        service for role in roles.values() for service in (*role.serves, *role.calls, *role.offers)
    }
    own = {name: each for name, each in _own_of_the_runtime().items() if name in named}
    lock = lock.model_copy(update={"contracts": {**own, **lock.contracts}})
    rights = _Rights(lock, roles, Subjects(prefix))
    return {name: rights.of(name, role) for name, role in sorted(roles.items())}


def _read(path: Path) -> Lock:
    return Lock.model_validate_json(path.read_text(encoding="utf-8"))


def _own_of_the_runtime() -> dict[str, LockedContract]:
    """`users` of `fusionrt.ext`, and the like."""
    locks = Path(fusionrt.__file__).parent.glob(f"*/generated/{LOCK_FILE}")
    return {name: each for path in locks for name, each in _read(path).contracts.items()}


def _usual(lock: Lock) -> dict[str, Role]:
    """A role for each service, which may call all; a client and the console, which may call what is
    not internal.
    """
    services = {name: Role(serves=[name], calls=[*lock.contracts]) for name in lock.contracts}
    return {CLIENT: Role(calls=[ALL]), CONSOLE: Role(calls=[ALL]), **services}


class _Rights:
    def __init__(self, lock: Lock, roles: Mapping[str, Role], subjects: Subjects) -> None:
        self._lock = lock
        self._roles = roles
        self._subjects = subjects

    def of(self, name: str, role: Role) -> Rights:
        """Of one role."""
        if not TOKEN.fullmatch(name):
            raise GenerationError(f"{_at(name)}: a role is letters, digits, `_` and `-`")
        publish: list[str] = []
        subscribe = [self._subjects.client(name, "*", ">")]  # though it may call nothing
        for service in self._known(name, role.serves):
            publish += self._told_by(service)
            subscribe += self._heard_by(service)
            if self._lock.contracts[service].shard is not None or service in TABLES:
                publish += self._table_of(service)
                subscribe.append(f"_INBOX_{name}.>")
        for service in self._called(name, role):
            publish += self._said_to(service)
        publish += self._said_back(name, role)
        if role.log is not None:
            publish += self._log(role.log)
        if role.relays:
            publish += self._events(name, role.relays)
        if role.log is not None or role.relays:
            subscribe.append(f"_INBOX_{name}.>")
        return Rights(_distinct(publish), _distinct(subscribe), replies=bool(role.serves))

    def _known(self, role: str, services: Iterable[str]) -> Iterator[str]:
        for service in services:
            if service not in self._lock.contracts:
                known = ", ".join(self._lock.contracts) or "none"
                raise GenerationError(
                    f"{_at(role)}: there is no service `{service}`; there are {known}"
                )
            yield service

    def _called(self, name: str, role: Role) -> list[str]:
        contracts, calls = self._lock.contracts, self._all(role.calls)
        for service in self._known(name, calls):
            if contracts[service].internal and not role.serves:
                raise GenerationError(
                    f"{_at(name)}: `{service}` is internal, so only a role that serves something "
                    "may call it: leave it out of `calls`"
                )
        return calls

    def _heard_by(self, service: str) -> Iterator[str]:
        """What a host of a service listens on."""
        yield f"{self._subjects.hosts(service)} hosts"
        yield self._subjects.host(service, "*")
        yield self._subjects.shard(service, "*")
        yield self._subjects.operations(service)
        yield from ("$SRV.*", f"$SRV.*.{service}", f"$SRV.*.{service}.*", "$SRV.*.*.*")

    def _told_by(self, service: str) -> Iterator[str]:
        """What a host of a service says: answers, and which keys its commands invalidated."""
        yield self._subjects.client("*", "*", service)
        contracts = self._lock.contracts
        keys = (key for each in contracts[service].methods.values() for key in each.invalidates)
        changed = {service, *(key.partition(".")[0] for key in keys)}
        yield from (self._subjects.operations(each) for each in changed if each in contracts)

    def _said_to(self, service: str) -> Iterator[str]:
        """What a client of a service says."""
        yield self._subjects.hosts(service)
        yield self._subjects.host(service, "*")
        if self._lock.contracts[service].shard is not None:
            yield self._subjects.shard(service, "*")

    def _said_back(self, name: str, role: Role) -> Iterator[str]:
        """What a host says to what its clients offer, and such a client to its hosts."""
        for other, each in self._roles.items():
            if self._reaches(role, each):
                for service in self._known(other, each.offers):
                    yield self._subjects.offered(other, "*", service)
            if self._reaches(each, role):
                for service in self._known(name, role.offers):
                    yield self._subjects.returned(other, "*", service)

    def _reaches(self, host: Role, client: Role) -> bool:
        """Whether one serves what the other calls, so that there are sessions of them."""
        return not {*host.serves}.isdisjoint(self._all(client.calls))

    def _all(self, calls: Iterable[str]) -> list[str]:
        public = [name for name, each in self._lock.contracts.items() if not each.internal]
        return [name for each in calls for name in (public if each == ALL else [each])]

    def _table_of(self, service: str) -> Iterator[str]:
        """The bucket of who owns which shard, or of what else its hosts tell each other."""
        bucket = self._subjects.table(service)
        for verb in ("INFO", "CREATE", "PURGE", "MSG.GET"):
            yield f"$JS.API.STREAM.{verb}.KV_{bucket}"
        for verb in ("DIRECT.GET", "CONSUMER.CREATE", "CONSUMER.INFO", "CONSUMER.DELETE"):
            yield from (f"$JS.API.{verb}.KV_{bucket}", f"$JS.API.{verb}.KV_{bucket}.>")
        yield from (f"$KV.{bucket}.>", f"$JS.ACK.KV_{bucket}.>", f"$JS.FC.KV_{bucket}.>")

    def _log(self, way: Literal["read", "write"]) -> Iterator[str]:
        """The operation log: whoever writes it reads all of it, too, as its broker delivers it."""
        stream = self._subjects.stream
        yield f"$JS.API.STREAM.INFO.{stream}"
        yield f"$JS.API.STREAM.MSG.GET.{stream}"
        if way == "read":
            yield f"$JS.API.CONSUMER.LIST.{stream}"
            return
        yield f"$JS.API.STREAM.CREATE.{stream}"
        yield f"$JS.API.CONSUMER.CREATE.{stream}.*"
        yield f"$JS.FC.{stream}.>"
        yield f"{self._subjects.log}.>"

    def _events(self, role: str, subjects: Iterable[str]) -> Iterator[str]:
        """Events for other systems: they are added, and not read."""
        stream = self._subjects.event_stream
        yield f"$JS.API.STREAM.INFO.{stream}"
        yield f"$JS.API.STREAM.CREATE.{stream}"
        for subject in subjects:
            if not _EVENTS.fullmatch(subject):
                raise GenerationError(
                    f"{_at(role)}: `{subject}` names no events that are relayed: words of letters, "
                    "digits, `_` and `-`, with dots; `*` for any word, `>` at the end for the rest"
                )
            yield f"{self._subjects.events}.{subject}"


def _at(role: str) -> str:
    return f"[tool.fusiongen.roles] `{role}`"


def _distinct(subjects: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(subjects)))


def as_nats(rights: Mapping[str, Rights]) -> str:
    """A block for the configuration of a nats-server."""
    lines = [
        "# What each role may do, and nothing else. Made by `fusiongen permissions`; include it in",
        "# the configuration of the nats-server, which takes the passwords from its environment.",
        "# A user's name is the role: `Host(principal=…)`, or FUSION_PRINCIPAL, of its processes.",
        "authorization {",
        "  users: [",
    ]
    for name, each in rights.items():
        lines += [
            "    {",
            f"      user: {json.dumps(name)}",
            f"      password: ${_variable(name)}",
            "      permissions: {",
            *_allowed("publish", each.publish),
            *_allowed("subscribe", each.subscribe),
            *(["        allow_responses: true"] if each.replies else []),
            "      }",
            "    }",
        ]
    return "\n".join([*lines, "  ]", "}"])


def _allowed(action: str, subjects: Iterable[str]) -> Iterator[str]:
    """An empty list would allow everything."""
    subjects = [*subjects]
    if not subjects:
        yield f'        {action}: {{ deny: [">"] }}'
        return
    yield f"        {action}: {{"
    yield "          allow: ["
    yield from (f"            {json.dumps(subject)}" for subject in subjects)
    yield "          ]"
    yield "        }"


def _variable(role: str) -> str:
    return f"{re.sub(r'[^A-Z0-9]', '_', role.upper())}_PASSWORD"


def as_nsc(rights: Mapping[str, Rights]) -> str:
    """A command of `nsc` for each role, for brokers with accounts and JWTs."""
    return "\n".join(map(_added, rights, rights.values()))


def _added(name: str, rights: Rights) -> str:
    words = [f"nsc add user --name {name}"]
    if rights.publish:
        words.append(f"--allow-pub '{','.join(rights.publish)}'")
    else:
        words.append("--deny-pub '>'")
    words.append(f"--allow-sub '{','.join(rights.subscribe)}'")
    if rights.replies:
        words.append("--allow-pub-response")
    return " \\\n  ".join(words)


def as_json(rights: Mapping[str, Rights]) -> str:
    """For programs: by role, as the permissions of a nats-server are written in JSON."""
    return json.dumps(
        {
            name: {
                "publish": {"allow": each.publish} if each.publish else {"deny": [">"]},
                "subscribe": {"allow": each.subscribe},
                "allow_responses": each.replies,
            }
            for name, each in rights.items()
        },
        indent=2,
    )
