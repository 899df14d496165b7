"""The bytes that all requests of a worker hold together, against one limit."""


class HeldBytes:
    """Counts what is held, and lets nothing in above the limit.

    Args:
        limit: the most that is held together.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0

    def take(self, size: int) -> bool:
        """Count some bytes as held, if they fit."""
        if self._held + size > self._limit:
            return False
        self._held += size
        return True

    def release(self, size: int) -> None:
        """Count bytes that were taken as no longer held."""
        self._held -= size
