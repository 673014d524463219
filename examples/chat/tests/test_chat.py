"""The chat, in a real browser, on two servers over one database; people sign in at a provider."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page, expect

from chat.provider import Provider
from chat.site import site
from tests.js.browser import IN_BROWSER
from tests.natsserver import NatsServer
from tests.web.serving import served

SOON = 60_000


@asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Two of them; and a broker, a database and a provider."""
    async with AsyncExitStack() as exits:
        nats = NatsServer(folder, "-js", "-sd", str(folder))
        exits.callback(nats.close)
        provider = await exits.enter_async_context(served(Provider().app))
        database = f"sqlite+aiosqlite:///{folder / 'chat.db'}"
        one, two = [
            (await exits.enter_async_context(served(each, ends=True))).http
            for each in [site(database, nats.url, provider.http) for _ in range(2)]
        ]
        yield one, two


async def opened(chromium: Browser, url: str) -> Page:
    """The page, in a browser of its own."""
    page = await (await chromium.new_context()).new_page()
    page.set_default_timeout(SOON)
    await page.goto(url)
    return page


async def signed_in(chromium: Browser, url: str, name: str) -> Page:
    """The page of somebody."""
    page = await opened(chromium, url)
    await page.click("text=Sign in")
    await page.fill("[name=name]", name)
    await page.click("text=Sign in")
    await shows(page, "#name", name)
    return page


async def shows(page: Page, what: str, *texts: str) -> None:
    """Return when it does."""
    await expect(page.locator(what)).to_have_text(list(texts), timeout=SOON)


async def say(page: Page, text: str) -> None:
    """Somebody does."""
    await page.fill("[name=text]", text)
    await page.click("text=Send")


@IN_BROWSER
async def test_what_is_said_and_who_is_here_shows_on_every_page(
    tmp_path: Path, chromium: Browser
) -> None:
    """On two servers: messages, people who come and go, signing out everywhere."""
    async with servers(tmp_path) as (one, two):
        stranger = await opened(chromium, two)
        await say(stranger, "who am I?")
        await shows(stranger, "#failed", "sign in to say something")
        ann = await signed_in(chromium, one, "Ann")
        bob = await signed_in(chromium, two, "Bob")
        for page in (ann, bob):
            await shows(page, "#people li", "Ann", "Bob")
        await say(ann, "<b>hello</b>")
        await say(bob, "good morning")
        for page in (ann, bob):
            await shows(page, "#messages li", "Ann <b>hello</b>", "Bob good morning")
            await shows(page, "#rooms a", "lobby")
        again = await signed_in(chromium, two, "Ann")
        await shows(bob, "#people li", "Ann", "Bob")
        await again.click("text=everywhere")
        for page in (ann, again):
            await expect(page.locator("#sign-in")).to_be_visible(timeout=SOON)
        await shows(bob, "#people li", "Bob")
        await bob.goto("about:blank")
        await shows(ann, "#people li")


async def test_a_sign_in_is_somebody_s_only_if_the_provider_says_so(tmp_path: Path) -> None:
    """Neither by an answer that was made up, nor by one that was meant for another browser."""
    async with (
        servers(tmp_path) as (one, two),
        httpx.AsyncClient(base_url=one) as http,
        httpx.AsyncClient(base_url=two) as thief,
    ):
        answer = await _answered(http, "Ann")
        state = httpx.URL(answer).params["state"]
        forged = f"/signed-in?code=made-up&state={state}"
        for who, url in ((thief, answer), (thief, forged), (thief, "/signed-in"), (http, forged)):
            assert (await who.get(url)).status_code == 403
        answer = await _answered(http, "Ann")
        assert (await http.get(answer)).status_code == 303
        me = [await each.post("/fusion/users.get", json=[]) for each in (http, thief)]
        assert [each.json() and each.json()["name"] for each in me] == ["Ann", None]


async def _answered(http: httpx.AsyncClient, name: str) -> str:
    """Where a provider sends whoever has signed in there."""
    asked = (await http.get("/sign-in")).headers["location"]
    answered = await http.post(asked, data={"name": name})
    return answered.headers["location"]
