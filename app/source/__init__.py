"""What is on disk or in a package: files of an app, which apps there are, what their text says."""
