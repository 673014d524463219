"""Last known results of services, kept from one process of a client to the next."""

from .client_cache import ClientCache
from .name import Name

__all__ = ["ClientCache", "Name"]
