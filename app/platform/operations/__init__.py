"""The operations on an installed app, which the API, the admin pages and the commands all read.

operation  what is declared of one
serving    those that say which version is served
lifecycle  those on an app as a whole: on, off, gone and back
allowing   those that say what it may do, who sees it, how much it may keep
table      all of them
running    how each is done

To add one, write a class, name it in `table`, and add a case to `running`: the API has its route
then, `OperationState` its question (a button names it), the command line its command, once its list
has it.
tests/unit/platform/test_operations.py has an example of each. One that keeps something begins in
the core: model, table and migration (`HEAD`), a function in `app/core/apps/changes`; readers get it
by `AppOut` in `app/api/models.py`, `show` in `app/cli/remote/reading.py` and a view of the page.
Two sets of roles have every permission but some: a new one in `permissions` is theirs at once.

Elsewhere is what is irregular: uploads (streams), the beginning of a preview (a secret that is told
once), settings (errors by field). Only `running` needs the core: commands import the others.
"""
