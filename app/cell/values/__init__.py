"""Values of vars on their way out of one version and into another, by name and type."""
