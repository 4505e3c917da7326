"""Every word of the product, once. This floor imports nothing of ours: what is not here is not in the product."""
