"""The version of this package, in one place that costs nothing to import."""

__all__ = ["__version__"]

__version__ = "1.0.0.dev0"
