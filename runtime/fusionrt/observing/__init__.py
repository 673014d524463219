"""What a host tells of itself to others: metrics, health over HTTP, and NATS's own discovery."""
