"""The same without the framework: FastAPI, a cache, and pub/sub over NATS, all by hand."""
