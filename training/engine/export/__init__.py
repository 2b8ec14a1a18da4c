"""A miniature in the shapes that other programs load: merged safetensors, and GGUF for llama.cpp and its like."""
