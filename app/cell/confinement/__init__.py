"""What the kernel refuses to a process that runs code of client apps, and how its children end.

`Confinement` says what a process may use, `confine` asks the kernel for it, for good, and native
code cannot get around it; `reaper` ends every process that came of one in spite of that. A kernel
that lacks a layer gets the others; `confine` returns which were there.
"""
