"""The benchmark: this integration, the bare minimum and a peer against one simulated cloud."""
