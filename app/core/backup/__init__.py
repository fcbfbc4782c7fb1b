"""Backup and restore of everything that must last: database, packages, files, key.

    await write_backup(Place.of(data, environ), output)     # a server may run meanwhile
    await restore(input, data, environ)                     # into an empty folder

A backup is one stream, `.tar.gz`, that is read from front to back (`form.py` has its names):

    about → contents of the code store and of files → database → key → digests of all of these

Contents never change and are put before the row that names them. So the database is copied after
the contents, and what it names by then is in the stream already or is added before it: every
backup is whole, although nothing is held up while it is made.
"""

from app.core.backup.form import About, NotABackup
from app.core.backup.place import Place
from app.core.backup.reading import Restored
from app.core.backup.restoring import check, restore
from app.core.backup.writing import Written, write_backup

__all__ = [
    "About",
    "NotABackup",
    "Place",
    "Restored",
    "Written",
    "check",
    "restore",
    "write_backup",
]
