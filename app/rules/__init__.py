"""What an app, and the monolith around it, must be: rules.toml, and a checker for each kind.

`rulebook.py` reads the rules, `reading.py` what a module does that a rule can be about, and
`judging.py` holds the two together. The importer and the package check judge client apps
by them at run time; `tree.py` judges a whole checkout, for `python -m app check --rules`, and only
there is import-linter needed (`contracts.py`). `entry` judges the class AppEntry of an app,
`blame.py` says which line an exception comes from, and `remedies.py` what to do about it.

Refused: rules as Python functions only (nobody sees which there are, and another severity or an
exception would be a change of code); exceptions as comments in the code that breaks a rule (whoever
breaks it would also allow it).
"""
