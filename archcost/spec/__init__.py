"""From text to a network: read (places), parse (items), expand (layers with shapes); `load` does all three."""
