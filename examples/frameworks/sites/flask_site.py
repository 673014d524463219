"""The shop in Flask: `gunicorn 'sites.flask_site:create_app()'`."""

import atexit
from contextlib import ExitStack

from flask import Flask
from fusionrt import Host

from shop.generated.carts import CartsClient

exits = ExitStack()
atexit.register(exits.close)


def create_app() -> Flask:
    host = exits.enter_context(Host())
    carts = host.blocking(CartsClient)
    app = Flask(__name__)

    @app.get("/carts/<id>/total")
    def total(id: str) -> dict[str, str]:
        return {"total": str(carts.total(id))}

    return app
