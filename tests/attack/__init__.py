"""What strangers send, and what it must not do: freeze, fill, confuse or drive the server."""
