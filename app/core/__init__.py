"""The monolith's own contexts, for the core and for client apps; nothing here knows Reflex.

`accounts`, `documents` and `files` are the contexts; the public functions of each are what its
package exports. `context` says where the data is, `bus` tells others of changes.
"""
