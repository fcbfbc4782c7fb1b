"""From the files of a version to one that can be served, beside other versions of the app."""
