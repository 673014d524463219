"""`Credentials`: how a process signs in at the broker, and whom it takes for the broker (D30)."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Self

from ..errors import BadCredentials, MissingPackage

__all__ = ["Credentials"]

_CREDS: Final = re.compile(
    r"BEGIN NATS USER JWT-+\r?\n\S+\s.*BEGIN USER NKEY SEED-+\r?\n(\S+)\s", re.S
)


def _secret() -> Any:
    return field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One way to sign in, or none, and TLS. What is secret is in no text of it.

        Host("tls://broker:4222", credentials=Credentials(user="carts", password=secret))

    Each has an environment variable, which a `Host` and the command line read if they are given no
    credentials; a user and a password may stand in the URL, too.

    user, password: `NATS_USER`, `NATS_PASSWORD`.
    token: `NATS_TOKEN`.
    nkey_seed: the seed itself (`SU…`): `NATS_NKEY_SEED`. nkey: a file that holds it: `NATS_NKEY`.
    creds: a `.creds` file, with a JWT and its NKey: `NATS_CREDS`. Like an NKey it needs the extra
        `nkeys`. The file is read at each connect, so it may be renewed meanwhile.
    ca: a file of certificates; only a broker that has one of theirs is trusted: `NATS_CA`.
    cert, key: files of this process's own certificate and its key, for brokers that ask for one
        (mutual TLS); without `key`, `cert` holds both: `NATS_CERT`, `NATS_KEY`.
    tls: a context of your own, instead of these three.

    With a CA, a certificate, a context or a `tls://` URL nothing is said to a broker without TLS.

    Raises:
        BadCredentials: there are two ways to sign in, or half of one.
    """

    user: str = ""
    password: str = _secret()
    token: str = _secret()
    nkey_seed: str = _secret()
    nkey: str | os.PathLike[str] = ""
    creds: str | os.PathLike[str] = ""
    ca: str | os.PathLike[str] = ""
    cert: str | os.PathLike[str] = ""
    key: str | os.PathLike[str] = ""
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        ways = [name for name in ("user", *_WAYS) if getattr(self, name)]
        if len(ways) > 1:
            raise BadCredentials(f"there are two ways to sign in, {ways[0]} and {ways[1]}")
        if bool(self.user) is not bool(self.password):
            raise BadCredentials("a user needs a password, and a password a user")
        if self.key and not self.cert:
            raise BadCredentials("there is a key, and no certificate (cert) that it belongs to")
        if self.tls is not None and (self.ca or self.cert):
            raise BadCredentials("there is a TLS context (tls), and ca or cert that it replaces")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """What the environment names; an empty variable is none.

        Raises:
            BadCredentials: it names two ways to sign in, or half of one.
        """
        given: dict[str, Any] = {
            name: environ[variable]
            for name, variable in _VARIABLES.items()
            if environ.get(variable)
        }
        try:
            return cls(**given)
        except BadCredentials as error:
            names = [variable for variable in _VARIABLES.values() if environ.get(variable)]
            raise BadCredentials(f"{error.problem} ({', '.join(names)})") from None

    @property
    def signs_in(self) -> bool:
        """Whether they say who this process is; TLS alone does so for brokers that map it."""
        return any(getattr(self, name) for name in ("user", *_WAYS))

    @property
    def demands_tls(self) -> bool:
        """Whether a broker without TLS is none that we speak to."""
        return bool(self.tls or self.ca or self.cert)

    def tls_only(self) -> Credentials:
        """The same, for a URL that says who signs in."""
        return Credentials(ca=self.ca, cert=self.cert, key=self.key, tls=self.tls)

    def context(self) -> ssl.SSLContext | None:
        """For TLS; None: that of the machine.

        Raises:
            BadCredentials: a file cannot be read, or holds nothing of the kind.
        """
        if self.tls is not None or not self.demands_tls:
            return self.tls
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
        except (OSError, ssl.SSLError) as error:
            raise BadCredentials(_unreadable("CA", self.ca, error)) from None
        if self.cert:
            try:
                context.load_cert_chain(self.cert, self.key or None)
            except (OSError, ssl.SSLError) as error:
                what = f"certificate, or its key {self.key},".replace(" ,", ",")
                raise BadCredentials(_unreadable(what, self.cert, error)) from None
        return context

    def options(self) -> dict[str, Any]:
        """For the `connect` of nats-py.

        Raises:
            BadCredentials: a file cannot be read, or holds nothing of the kind.
            MissingPackage: NKeys need one.
        """
        if self.user:
            return {"user": self.user, "password": self.password}
        if self.token:
            return {"token": self.token}
        if self.nkey_seed or self.nkey:
            seed = self.nkey_seed or _read("NKey seed", self.nkey).strip()
            return {"nkeys_seed_str": _checked(seed, self.nkey or "nkey_seed")}
        if self.creds:
            # nats-py would look for its parts in an endless loop.
            found = _CREDS.search(_read("credentials", self.creds))
            if found is None:
                raise BadCredentials(f"{self.creds} is no .creds file: it lacks a JWT or its seed")
            _checked(found[1], self.creds)
            return {"user_credentials": os.fspath(self.creds)}
        return {}


_WAYS: Final = "token", "nkey_seed", "nkey", "creds"
_VARIABLES: Final[Mapping[str, str]] = {
    each.name: f"NATS_{each.name.upper()}" for each in fields(Credentials) if each.name != "tls"
}


def _read(what: str, path: str | os.PathLike[str]) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadCredentials(_unreadable(what, path, error)) from None


def _checked(seed: str, where: str | os.PathLike[str]) -> str:
    """The seed; nothing of it is told if it is none."""
    try:
        import nkeys
    except ImportError:
        raise MissingPackage("signing in with an NKey", "fusiongen[nkeys]") from None
    try:
        nkeys.from_seed(bytearray(seed.encode())).wipe()
    except (ValueError, nkeys.NkeysError):
        raise BadCredentials(f"{os.fspath(where)} holds no NKey seed (SU…)") from None
    return seed


def _unreadable(what: str, path: str | os.PathLike[str], error: Exception) -> str:
    reason = getattr(error, "strerror", None) or getattr(error, "reason", None)
    return f"the {what} file {os.fspath(path)} cannot be used: {reason or type(error).__name__}"
