"""Signing in with OAuth, by Authlib: whoever the provider vouches for is a user."""

import os
from collections.abc import Mapping
from typing import Any

from authlib.integrations.starlette_client import OAuth, OAuthError
from fusionrt.ext import User, UsersOf
from fusionrt.web import Gateway
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

PROVIDER = os.environ.get("OIDC_PROVIDER", "http://127.0.0.1:9000")


class SignIn:
    """By a provider of OpenID Connect, which has given the chat an id and a secret."""

    def __init__(self, gateway: Gateway, users: UsersOf, provider: str = PROVIDER) -> None:
        self._gateway = gateway
        self._users = users
        oauth: Any = OAuth()  # it has no types of its own
        self._provider: Any = oauth.register(
            "provider",
            server_metadata_url=f"{provider}/.well-known/openid-configuration",
            client_id=os.environ.get("OIDC_CLIENT_ID", "chat"),
            client_secret=os.environ.get("OIDC_CLIENT_SECRET", "secret"),
            client_kwargs={
                "scope": "openid profile",
                "code_challenge_method": "S256",
                "timeout": 30.0,
            },
        )
        self.routes = [
            Route("/sign-in", self._begin),
            Route("/signed-in", self._end, name="signed-in"),
        ]

    async def _begin(self, request: Request) -> Response:
        back: Response = await self._provider.authorize_redirect(
            request, request.url_for("signed-in")
        )
        return back

    async def _end(self, request: Request) -> Response:
        try:
            token = await self._provider.authorize_access_token(request)
        except OAuthError as error:
            return PlainTextResponse(f"You are not signed in: {error}", 403)
        response = RedirectResponse("/", 303)
        session = self._gateway.renew(request, response)
        await self._users.sign_in(session, _user(token["userinfo"]), _device(request))
        return response


def _user(known: Mapping[str, str]) -> User:
    return User(f"{known['iss']}/{known['sub']}", known["name"])


def _device(request: Request) -> str:
    return request.headers.get("user-agent", "")
