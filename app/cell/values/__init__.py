"""Values of vars on their way out of one version and into another, by name and type.

`carry` moves the vars of a session. `values` takes a value out of its version: objects of the app's
classes are taken apart by `contents` (what an object of a built-in type is made of, its attributes,
containers), rows of databases by `rows`, and become the notes in `packed`. `building` and `objects`
make values of the next version's classes from them; a new kind of note needs a maker there, and a
name in `written`, which makes bytes of values (`parked`). `beside` has what a version has no place
for, `fields` what became of the fields of a class, `upgrading` calls the app's `upgrade`.

An object of a library goes as it is, and is pickled by itself where bytes are needed. Only what can
hold objects of the app's own classes needs a kind of note.
"""
