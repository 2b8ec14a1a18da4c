"""One model over several processes, each holding a part of every weight (FSDP2)."""
