from collections.abc import AsyncIterator

from pydantic import SecretBytes, SecretStr

from .contract import Card, Login
from .expected.vault import VaultService

WORD = "hunter2"
CARD = Card(owner="ann", number=WORD, code=SecretStr(WORD))
LOGIN = Login("ann", WORD)


class Vault(VaultService):
    async def marked(self, pin: str) -> int:
        return len(pin)

    async def aliased(self, pin: str) -> int:
        return await self.marked(pin)

    async def masked(self, pin: SecretStr, raw: SecretBytes | None = None) -> int:
        return len(pin.get_secret_value()) + (len(raw) if raw else 0)

    async def within(self, login: Login, cards: tuple[Card, ...] = ()) -> int:
        return len(login.password) + sum(len(card.number) for card in cards)

    async def merged(self, pin: str | None) -> int:
        return await self.aliased(pin or "")

    async def of(self, name: str) -> Login:
        return Login(name, WORD)

    async def put(self, name: str, pin: str, login: Login) -> Login:
        return login

    async def check(self, login: Login) -> Card:
        return CARD

    async def cards(self, pin: str) -> AsyncIterator[Card]:
        yield CARD


async def main() -> None:
    vault = Vault()
    assert await vault.marked(WORD) == await vault.merged(WORD) == len(WORD)
    assert await vault.masked(SecretStr(WORD), SecretBytes(b"raw")) == len(WORD) + 3
    assert await vault.within(LOGIN, (CARD,)) == 2 * len(WORD)
    computed = vault.peek.marked(WORD)
    assert computed is not None and vault.peek.marked("another") is None
    assert computed.key == 'vault.marked("**********")'
    await vault.put("ann", WORD, LOGIN)
    assert str(computed.origin) == 'vault.put invalidated vault.marked("**********")'
