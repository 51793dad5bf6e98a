"""How it is reached: HTTP, WebSocket, server-sent events and the command line."""
