"""The generator: contracts in; typed services, proxies and clients out."""
