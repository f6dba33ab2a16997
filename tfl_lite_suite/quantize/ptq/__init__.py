"""Post-training quantization: int8 from calibration pictures, without training."""
