"""What the class AppEntry of an app must be, one module for each thing that it declares."""
