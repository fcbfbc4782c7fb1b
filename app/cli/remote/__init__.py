"""Commands for a running server: they talk to its HTTP API and to nothing else.

client       a server, its refusals, and the options that name it
activation   deploy, delete, and what is declared in `app.platform.operations`
previews     showing a version to some people first
reading      what is installed
people       users and their roles, tokens, sessions
sharing      what an app may do, and who sees it
app_settings what can be set for an app, and setting it
watching     logs, errors, use, nodes, the audit log
"""
