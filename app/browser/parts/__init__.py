"""Components of pages of the core, and of what is around apps: icons, and times as whoever looks has them."""
