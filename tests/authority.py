"""Keys, certificates and signed files of a broker's authority, made for one test."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import nkeys
import trustme

__all__ = ["Key", "Operator", "Tls"]

_PREFIXES = {
    "user": nkeys.PREFIX_BYTE_USER,
    "account": nkeys.PREFIX_BYTE_ACCOUNT,
    "operator": nkeys.PREFIX_BYTE_OPERATOR,
}


class Key:
    """An NKey. public: what names it. seed: what proves it."""

    def __init__(self, kind: str, secret: bytes) -> None:
        self.seed: str = nkeys.encode_seed(sha256(secret).digest(), _PREFIXES[kind]).decode()
        self._pair = nkeys.from_seed(bytearray(self.seed.encode()))
        self.public: str = self._pair.public_key.decode()

    def token(self, name: str, subject: str, claims: dict[str, Any]) -> str:
        """A JWT as NATS has them, signed with this key."""
        body = {"jti": name, "iat": 1, "iss": self.public, "name": name, "sub": subject}
        head = {"typ": "JWT", "alg": "ed25519-nkey"}
        signed = ".".join(_plain(json.dumps(p).encode()) for p in (head, {**body, "nats": claims}))
        return f"{signed}.{_plain(self._pair.sign(signed.encode()))}"


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Operator:
    """Signs one account, which signs users. config: of a server that trusts it."""

    def __init__(self) -> None:
        operator, self._account = Key("operator", b"operator"), Key("account", b"account")
        own = operator.token("o", operator.public, {"type": "operator", "version": 2})
        limits = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn"), -1)
        claims = {
            "type": "account",
            "version": 2,
            "limits": {**limits, "leaf": -1, "wildcards": True},
        }
        account = operator.token("a", self._account.public, claims)
        self.config = (
            f"operator: {own}\nresolver: MEMORY\n"
            f"resolver_preload: {{ {self._account.public}: {account} }}\n"
        )

    def credentials(self, path: Path, name: str) -> Path:
        """A `.creds` file of a user."""
        user = Key("user", name.encode())
        claims = {"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1}
        token = self._account.token(name, user.public, claims)
        path.write_text(
            f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n"
        )
        return path


@dataclass(frozen=True)
class Tls:
    """Files: of an authority, of a server's certificate and key, and of a client's."""

    ca: Path
    cert: Path
    key: Path
    own_cert: Path
    own_key: Path

    @classmethod
    def make(cls, folder: Path, name: str = "shop") -> Tls:
        """Below a new folder. name: of the client."""
        folder.mkdir()
        tls = cls(*(folder / f"{n}.pem" for n in ("ca", "cert", "key", "own_cert", "own_key")))
        authority = trustme.CA()
        server, own = (
            authority.issue_cert("127.0.0.1"),
            authority.issue_cert(f"{name}@example.org", common_name=name),
        )
        authority.cert_pem.write_to_path(tls.ca)
        server.cert_chain_pems[0].write_to_path(tls.cert)
        server.private_key_pem.write_to_path(tls.key)
        own.cert_chain_pems[0].write_to_path(tls.own_cert)
        own.private_key_pem.write_to_path(tls.own_key)
        return tls

    def config(self, *, mutual: bool = False) -> str:
        """Of a server that has this certificate. mutual: and asks clients for theirs."""
        own = f'cert_file: "{self.cert}", key_file: "{self.key}"'
        asks = f', ca_file: "{self.ca}", verify: true' if mutual else ""
        return f"tls {{ {own}{asks} }}\n"
