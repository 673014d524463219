"""The shop of `examples/cart`, in the web frameworks that people have."""
