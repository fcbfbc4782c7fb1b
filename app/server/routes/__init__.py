"""The addresses that the server answers itself, and the pages that work without scripts."""
