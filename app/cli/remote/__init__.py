"""Commands for a running server: they talk to its HTTP API and to nothing else.

client       a server, its refusals, and the options that name it
activation   deploy, promote, roll back, switch, delete
previews     showing a version to some people first
reading      what is installed
access       what an app may do, and who sees it
settings     what can be set for an app, and setting it
watching     logs, errors, use, nodes, the audit log
"""
