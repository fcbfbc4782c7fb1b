"""What keeps a dry run from harming the server: limits, kernel filters, an observer, a reaper.

Layers, from the inside out: `observer` refuses and notes inside Python, and so can say in which
line; `confine` asks the kernel to refuse (resource limits, seccomp, Landlock), which native code
cannot get around; `reaper` ends every process that came of a run in spite of both. A kernel that
lacks a layer gets the others; `Confinement` says which were there.
"""
