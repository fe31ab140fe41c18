"""Connections on which nothing happens are closed.

The server closes a connection some seconds after its last answer, but not one that never asks, or
asks a letter at a time, or does not read its answer.  So one task looks at all of them, once a
second.
"""

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

SILENT = 15.0  # seconds for the head of a request, from the connection or from the last answer
UNREAD = 60.0  # seconds in which nothing of an answer was read
MOST = 512  # connections without a request; of more, the oldest go at once
EVERY = 1.0  # seconds


class Watch:
    """Since when each connection has been idle."""

    def __init__(self):
        self._since: WeakKeyDictionary[Any, tuple[Any, float]] = WeakKeyDictionary()

    async def forever(self, door: Any) -> None:
        """Look after the connections of `door.server`, once that is known."""
        while True:
            await asyncio.sleep(EVERY)
            if door.server is not None:
                self.look(door.server.server_state.connections, asyncio.get_running_loop().time())

    def look(self, connections: Any, now: float) -> None:
        """Close those that are idle too long at the time `now`, in seconds."""
        waiting = []
        for connection in list(connections):
            state = _state(connection)
            if state is None:  # at work on an answer that is being read
                self._since.pop(connection, None)
                continue
            before, since = self._since.get(connection, (None, now))
            if before != state:
                since = now
            self._since[connection] = (state, since)
            if state[0] == "unread":
                if now - since > UNREAD:
                    connection.transport.abort()
            elif now - since > SILENT:
                connection.transport.close()
            else:
                waiting.append((since, id(connection), connection))
        for _, _, connection in sorted(waiting)[: max(0, len(waiting) - MOST)]:
            connection.transport.close()


def _state(connection: Any) -> tuple[str, int] | None:
    """What is waited for, and which turn of the conversation it is; None if for the server."""
    cycle = getattr(connection, "cycle", None)
    if cycle is None or cycle.response_complete:
        return "silent", id(cycle)
    if connection.flow is not None and connection.flow.write_paused:
        return "unread", connection.transport.get_write_buffer_size()
    return None
