"""What the kernel refuses to a process that runs code of client apps, and how its children end.

`Confinement` says what a process may use, `confine` asks the kernel for it, for good, and native
code cannot get around it; `reaper` and `mark` end every process that came of one in spite of that.
A kernel that lacks a layer gets the others; `confine` returns which were there.

Two things are left to who confines: Landlock and the filter of system calls keep a process from
others of the same user (`ptrace`, `/proc/<pid>`); where both are missing, only another user does,
or a server that makes itself unreadable (`PR_SET_DUMPABLE`), which it need not with them. And the
network is open or closed as a whole: whom a process connects to lies in its memory, where a filter
cannot look.
"""
