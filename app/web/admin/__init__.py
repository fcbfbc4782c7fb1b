"""The admin pages: installed apps, users, nodes, audit log.

Pages only call `app.platform` and `app.core`; every event asks on the server whether its sender
may.
"""
