"""The version of qcsearch, apart so that whoever records it need not import the package's public names."""

__version__ = "0.1.0"
