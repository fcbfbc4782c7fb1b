"""Looking after installed apps: one implementation behind the admin pages, the HTTP API and the
commands.

permissions  who may do what
platform     upload, preview, promote, roll back, switch off, delete, grant, configure
"""
