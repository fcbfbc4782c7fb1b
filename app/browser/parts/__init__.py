"""Components of pages of the core, and of what is around apps: icons, times as people have them."""
