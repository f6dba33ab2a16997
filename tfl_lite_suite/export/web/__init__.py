"""`.tflite` to a web page: the model, what prepares pictures and decides, and LiteRT.js, in a folder to be served."""
