"""The one process that serves everything: composition of the ASGI application and its runner."""
