"""Packages: client apps as files, on their way into a running production server.

    source ──pack──► archive ──receive──► unpack ──check──► dry run ──► Accepted

`manifest` says what is in a package, `pack` writes one, `signing` says who made it, `unpack` reads
one that anybody may have written, `checks` judges it without running it, `trying` runs it in a
process of its own, `intake` is all of that in one call.
"""
