"""What every room stands on: errors, files, command line, recipes, contracts, pictures. Without TensorFlow."""
