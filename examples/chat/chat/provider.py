"""A provider of OpenID Connect, to try the chat with: it believes whatever name it is given.

`uvicorn chat.provider:app --port 9000`; a real one is named by `OIDC_PROVIDER`.
"""

import secrets
import time
from urllib.parse import parse_qsl, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

FORM = """<!doctype html>
<form method="post"><input name="name" required /> <button>Sign in</button></form>"""
KEY = RSAKey.generate_key(2048, {"kid": "the only one"}, auto_kid=False)


class Provider:
    """What it knows: by each code that it gave, who signed in, and by which request."""

    def __init__(self) -> None:
        self._signed_in: dict[str, dict[str, str]] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/authorize", self._ask, methods=["GET", "POST"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
            ]
        )

    async def _metadata(self, request: Request) -> Response:
        here = str(request.base_url).rstrip("/")
        return JSONResponse(
            {
                "issuer": here,
                "authorization_endpoint": f"{here}/authorize",
                "token_endpoint": f"{here}/token",
                "jwks_uri": f"{here}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def _ask(self, request: Request) -> Response:
        if request.method == "GET":
            return HTMLResponse(FORM)
        name = (await _sent(request))["name"]
        asked, code = request.query_params, secrets.token_urlsafe()
        self._signed_in[code] = {"name": name, "sub": name.lower(), "nonce": asked["nonce"]}
        answer = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}", 303)

    async def _token(self, request: Request) -> Response:
        known = self._signed_in.pop((await _sent(request))["code"], None)
        if known is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        here, now = str(request.base_url).rstrip("/"), int(time.time())
        claims = {"iss": here, "aud": "chat", "iat": now, "exp": now + 60, **known}
        token = jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, KEY)
        return JSONResponse({"access_token": "none", "token_type": "Bearer", "id_token": token})

    async def _keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})


async def _sent(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode()))


app = Provider().app
