"""Building the browser's side once: toolchain, libraries, bundle, cache by content, CSP."""
