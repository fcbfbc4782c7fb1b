"""What refuses inside Python what a package may not do while it is tried, and names the line.

The kernel refuses the same to native code, too (`app.cell.confinement`), but cannot name the line,
and not every kernel can.
"""
