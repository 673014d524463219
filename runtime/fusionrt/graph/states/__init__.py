"""Values outside of services: what can be set (G27), and what keeps itself up to date (G28)."""
