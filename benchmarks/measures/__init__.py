"""One module for each measure; each has `measure(settings) -> Result`."""
