"""The Python API: the verbs' functions on pictures and models held as objects. The package's root exports it."""
