"""The process that serves: composition of the ASGI application, and its runner."""
