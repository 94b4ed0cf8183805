"""From text to a network: read (places), parse (items), expand (layers and shapes); `load` does it all."""
