"""The modules of Ultralytics as blocks of a spec; a spec gets those that it calls.

As in Ultralytics' `nn/modules`. A `unit` is a convolution without a bias, a batch norm, and an activation if
that is not `none`; `k` is the size of its kernel.
"""

from __future__ import annotations

import re

TEXT = """\
  unit:
    params:
      out: $in_channels
      k: 1
      stride: 1
      groups: 1
      dilation: 1
      padding: $((dilation*(k-1)+1)//2)
      act: ACT
    body:
      - conv:
          out_channels: $out
          kernel_size: $k
          stride: $stride
          padding: $padding
          dilation: $dilation
          groups: $groups
          bias: false
      - batch_norm
      - {activation: {function: $act}, when: $(act != 'none')}
  conv_transpose_unit:
    params: {out: required, k: 2, stride: 2, padding: 0, act: ACT}
    body:
      - conv_transpose: {out_channels: $out, kernel_size: $k, stride: $stride, padding: $padding, bias: false}
      - batch_norm
      - {activation: {function: $act}, when: $(act != 'none')}
  bottleneck:
    params: {out: $in_channels, hidden: $(out // 2), add: true, groups: 1, k: 3, k_2: 3}
    body:
      - residual:
          - unit: {out: $hidden, k: $k}
          - unit: {out: $out, k: $k_2, groups: $groups}
        shortcut: {when: $add, body: []}
  ghost_conv:
    params: {out: required, k: 1, stride: 1, groups: 1, act: ACT}
    body:
      - {name: half, unit: {out: $(out // 2), k: $k, stride: $stride, groups: $groups, act: $act}}
      - {name: cheap, unit: {k: 5, groups: $(out // 2), act: $act}}
      - {concat, from: [half, cheap]}
  ghost_bottleneck:
    params: {out: $in_channels}
    body:
      - residual:
          - ghost_conv: {out: $(out // 2)}
          - ghost_conv: {out: $out, act: none}
  c1:
    params: {out: required, n: 1}
    body:
      - unit: {out: $out}
      - residual:
          - {repeat: $n, body: [{unit: {k: 3}}]}
  c2:
    params: {out: required, n: 1, hidden: $(out // 2), add: true, groups: 1}
    body:
      - unit: {out: $(2 * hidden)}
      - {name: half, split: {parts: 2}}
      - name: chain
        from: half.0
        repeat: $n
        body: [{bottleneck: {hidden: $hidden, add: $add, groups: $groups}}]
      - {concat, from: [chain, half.1]}
      - unit: {out: $out}
  c2f:
    params: {out: required, n: 1, hidden: $(out // 2), add: false, groups: 1}
    body:
      - unit: {out: $(2 * hidden)}
      - {name: half, split: {parts: 2}}
      - name: chain
        from: half.1
        repeat: $n
        collect: concat
        body: [{bottleneck: {hidden: $hidden, add: $add, groups: $groups}}]
      - {concat, from: [half.0, chain]}
      - unit: {out: $out}
  c3:
    params: {out: required, n: 1, hidden: $(out // 2), add: true, groups: 1, k: 1}
    body:
      - branches:
          deep:
            - unit: {out: $hidden}
            - repeat: $n
              body: [{bottleneck: {hidden: $hidden, add: $add, groups: $groups, k: $k}}]
          flat:
            - unit: {out: $hidden}
        merge: concat
      - unit: {out: $out}
  c3_ghost:
    params: {out: required, n: 1, hidden: $(out // 2)}
    body:
      - branches:
          deep:
            - unit: {out: $hidden}
            - repeat: $n
              body: [ghost_bottleneck]
          flat:
            - unit: {out: $hidden}
        merge: concat
      - unit: {out: $out}
  c3k2:
    params: {out: required, n: 1, hidden: $(out // 2), add: true, groups: 1, deep: false, attention: false}
    body:
      - unit: {out: $(2 * hidden)}
      - {name: half, split: {parts: 2}}
      - name: chain
        from: half.1
        repeat: $n
        collect: concat
        body:
          - {bottleneck: {add: $add, groups: $groups}, when: $(attention or not deep)}
          - {psa, when: $attention}
          - {c3: {out: $in_channels, n: 2, add: $add, groups: $groups, k: 3}, when: $(deep and not attention)}
      - {concat, from: [half.0, chain]}
      - unit: {out: $out}
  bottleneck_csp:
    params: {out: required, n: 1, hidden: $(out // 2), add: true, groups: 1}
    body:
      - branches:
          deep:
            - unit: {out: $hidden}
            - repeat: $n
              body: [{bottleneck: {hidden: $hidden, add: $add, groups: $groups}}]
            - conv: {out_channels: $hidden, kernel_size: 1, bias: false}
          flat:
            - conv: {out_channels: $hidden, kernel_size: 1, bias: false}
        merge: concat
      - batch_norm
      - silu
      - unit: {out: $out}
  c2f_cib:
    params: {out: required, n: 1, add: false, large: false, hidden: $(out // 2)}
    body:
      - unit: {out: $(2 * hidden)}
      - {name: half, split: {parts: 2}}
      - name: chain
        from: half.1
        repeat: $n
        collect: concat
        body: [{cib: {add: $add, large: $large}}]
      - {concat, from: [half.0, chain]}
      - unit: {out: $out}
  cib:
    params: {channels: $in_channels, add: true, large: false}
    body:
      - residual:
          - unit: {k: 3, groups: $channels}
          - unit: {out: $(2 * channels)}
          - {unit: {k: 3, groups: $(2 * channels)}, when: $(not large)}
          - when: $large
            branches:
              wide:
                - unit: {k: 7, groups: $(2 * channels), act: none}
              narrow:
                - unit: {k: 3, groups: $(2 * channels), act: none}
            merge: add
          - {silu, when: $large}
          - unit: {out: $channels}
          - unit: {k: 3, groups: $channels}
        shortcut: {when: $add, body: []}
  sc_down:
    params: {out: required, k: required, stride: required}
    body:
      - unit: {out: $out}
      - unit: {k: $k, stride: $stride, groups: $out, act: none}
  spp:
    params: {out: required, k: [5, 9, 13]}
    body:
      - {name: all, unit: {out: $(in_channels // 2)}}
      - repeat: {size: $k}
        collect: concat
        body: [{from: all, max_pool: {kernel_size: $size, stride: 1, padding: $(size // 2)}}]
      - unit: {out: $out}
  sppf:
    params: {out: required, k: 5, n: 3, add: false, act: ACT}
    body:
      - residual:
          - unit: {out: $(in_channels // 2), act: $act}
          - repeat: $n
            collect: concat
            body: [{max_pool: {kernel_size: $k, stride: 1, padding: $(k // 2)}}]
          - unit: {out: $out}
        shortcut: {when: $add, body: []}
  sppelan:
    params: {out: required, hidden: required, k: 5}
    body:
      - unit: {out: $hidden}
      - repeat: 3
        collect: concat
        body: [{max_pool: {kernel_size: $k, stride: 1, padding: $(k // 2)}}]
      - unit: {out: $out}
  c2_psa:
    params: {n: 1, hidden: $(in_channels // 2), out: $in_channels}
    body:
      - unit: {out: $(2 * hidden)}
      - {name: half, split: {parts: 2}}
      - {name: attended, from: half.1, repeat: $n, body: [psa]}
      - {concat, from: [half.0, attended]}
      - unit: {out: $out}
  psa:
    params: {channels: $in_channels, heads: "$(max(channels // 64, 1))", key: $(channels // heads // 2)}
    body:
      - residual:
          - unit: {out: $(channels + 2 * key * heads), act: none}
          - reshape: {shape: [$heads, -1, $(in_height * in_width)]}
          - {name: of, split: {axis: 1, sizes: {queries: $key, keys: $key, values: -1}}}
          - {from: of.queries, scale: {factor: $(key ** -0.5)}}
          - {name: queries, transpose: {axes: [0, 2, 1]}}
          - {from: [queries, of.keys], matmul}
          - {name: weights, softmax: {axis: 2}}
          - {from: [of.values, weights], matmul: {transpose_b: true}}
          - {name: seen, reshape: {shape: [$channels, $(in_height(input)), $(in_width(input))]}}
          - {from: of.values, reshape: {shape: [$channels, $(in_height(input)), $(in_width(input))]}}
          - {name: places, unit: {k: 3, groups: $channels, act: none}}
          - {add, from: [seen, places]}
          - unit: {act: none}
      - residual:
          - unit: {out: $(2 * channels)}
          - unit: {out: $channels, act: none}
  rep_ncsp_elan4:
    params: {out: required, hidden: required, inner: required, n: 1}
    body:
      - unit: {out: $hidden}
      - {name: half, split: {parts: 2}}
      - {from: half.1, rep_csp: {out: $inner, n: $n}}
      - {name: first, unit: {k: 3}}
      - rep_csp: {out: $inner, n: $n}
      - {name: second, unit: {k: 3}}
      - {concat, from: [half.0, half.1, first, second]}
      - unit: {out: $out}
  rep_csp:
    params: {out: required, n: 1, hidden: $(out // 2)}
    body:
      - branches:
          deep:
            - unit: {out: $hidden}
            - repeat: $n
              body:
                - residual:
                    - rep_conv
                    - unit: {k: 3}
          flat:
            - unit: {out: $hidden}
        merge: concat
      - unit: {out: $out}
  rep_conv:
    body:
      - branches:
          wide:
            - unit: {k: 3, act: none}
          narrow:
            - unit: {act: none}
        merge: add
      - activation: {function: ACT}
  elan1:
    params: {out: required, hidden: required, inner: required}
    body:
      - unit: {out: $hidden}
      - {name: half, split: {parts: 2}}
      - {name: first, from: half.1, unit: {out: $inner, k: 3}}
      - {name: second, unit: {out: $inner, k: 3}}
      - {concat, from: [half.0, half.1, first, second]}
      - unit: {out: $out}
  a_conv:
    params: {out: required}
    body:
      - avg_pool: {kernel_size: 2, stride: 1}
      - unit: {out: $out, k: 3, stride: 2}
  a_down:
    params: {out: required}
    body:
      - avg_pool: {kernel_size: 2, stride: 1}
      - {name: half, split: {parts: 2}}
      - {name: strided, from: half.0, unit: {out: $(out // 2), k: 3, stride: 2}}
      - {from: half.1, max_pool: {kernel_size: 3, stride: 2, padding: 1}}
      - {name: pooled, unit: {out: $(out // 2)}}
      - {concat, from: [strided, pooled]}
  a2_c2f:
    params: {out: required, n: 1, attention: true, area: 1, gamma: false, ratio: 2, hidden: $(out // 2)}
    body:
      - name: mixed
        body:
          - {name: first, unit: {out: $hidden}}
          - name: chain
            repeat: $n
            collect: concat
            body:
              - {repeat: 2, body: [{area_block: {area: $area, ratio: $ratio}}], when: $attention}
              - {c3: {out: $in_channels, n: 2, k: 3}, when: $(not attention)}
          - unit: {out: $out}
      - {name: scaled, layer_scale, when: $gamma}
      - {add, from: [input, scaled], when: $gamma}
  area_block:
    params: {channels: $in_channels, heads: $(channels // 32), area: 1, ratio: 2}
    body:
      - residual:
          - unit: {out: $(3 * channels), act: none}
          - reshape: {shape: [$(3 * channels), $area, -1]}
          - transpose: {axes: [1, 0, 2]}
          - reshape: {shape: [$(area * heads), 96, -1]}
          - {name: of, split: {axis: 1, sizes: {queries: 32, keys: 32, values: 32}}}
          - {from: of.queries, scale: {factor: $(32 ** -0.5)}}
          - {name: queries, transpose: {axes: [0, 2, 1]}}
          - {from: [queries, of.keys], matmul}
          - {name: weights, softmax: {axis: 2}}
          - {from: [of.values, weights], matmul: {transpose_b: true}}
          - reshape: {shape: [$area, $channels, -1]}
          - transpose: {axes: [1, 0, 2]}
          - {name: seen, reshape: {shape: [$channels, $(in_height(input)), $(in_width(input))]}}
          - {from: of.values, reshape: {shape: [$area, $channels, -1]}}
          - transpose: {axes: [1, 0, 2]}
          - reshape: {shape: [$channels, $(in_height(input)), $(in_width(input))]}
          - {name: places, unit: {k: 7, groups: $channels, act: none}}
          - {add, from: [seen, places]}
          - unit: {act: none}
      - residual:
          - unit: {out: $(floor(ratio * channels))}
          - unit: {out: $channels, act: none}
  classify:
    params: {classes: required, k: 1, stride: 1}
    body:
      - unit: {out: 1280, k: $k, stride: $stride}
      - global_avg_pool
      - flatten
      - linear: {out_features: $classes}
      - softmax
  more:
    params: {out: required, hidden: required}
    body:
      - unit: {out: $hidden, k: 3}
      - unit: {out: $hidden, k: 3}
      - conv: {out_channels: $out, kernel_size: 1}
      - reshape: {shape: [$out, -1]}
  prototypes:
    params: {hidden: required, out: required}
    body:
      - unit: {out: $hidden, k: 3}
      - conv_transpose: {out_channels: $hidden, kernel_size: 2, stride: 2}
      - unit: {out: $hidden, k: 3}
      - unit: {out: $out}
"""

_BLOCKS = {found[1]: found[0] for found in re.finditer(r"(?m)^  (\w+):\n(?:    .*\n)+", TEXT)}


def called(layers: str, act: str) -> str:
    """The blocks that a text calls, and those that they call, as the text of a spec.

    Args:
        layers: what calls them.
        act: the word of the activation behind convolutions.
    """
    needed: set[str] = set()
    waiting = [layers]
    while waiting:
        text = waiting.pop()
        # A block stands where a kind does: at the beginning of an item, or behind its other keys.
        for name in re.findall(r"(?:- |[{\[,] ?)(\w+)(?=[:,}\]\n])", text):
            if name in _BLOCKS and name not in needed:
                needed.add(name)
                waiting.append(_BLOCKS[name])
    return "".join(text for name, text in _BLOCKS.items() if name in needed).replace("ACT", act)
