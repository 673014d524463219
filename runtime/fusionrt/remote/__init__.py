"""Replicas and typed clients; and, on the host's end, a service as other processes see it."""
