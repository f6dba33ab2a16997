import signal

# A background shell has its children ignore Ctrl-C, which the processes that tests start would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
