"""Backend `vllm`: servers of one base each, with adapters pushed and taken away while they run."""
