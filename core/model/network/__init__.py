"""The network as the paper has it: configuration, backbones, alignment, losses. Knows no files."""
