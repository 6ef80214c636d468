"""Cases that 0.36.3 and 0.41.0 answer in different ways: case -> (the version that we follow, what differs)."""

STOCK_DIFFERS = {}
