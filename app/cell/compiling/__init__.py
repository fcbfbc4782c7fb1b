"""From the pages of a version to one ES module that browsers can read."""
