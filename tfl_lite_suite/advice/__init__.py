"""Which network fits a device's limits: costs, published and measured figures, and a latency model, no TensorFlow."""
