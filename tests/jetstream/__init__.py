"""The operation log over JetStream, to the laws of operations (O)."""
