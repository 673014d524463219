"""A shop: products with prices, and carts whose totals follow them."""
