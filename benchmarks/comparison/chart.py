"""A bar chart in SVG: each row's time relative to the best peer's."""
from html import escape

WIDTH, LEFT, RIGHT, TOP, STEP, BAR = 920, 150, 310, 58, 30, 16
MET, SHORT, INK, FAINT, LINE = "#0072b2", "#d55e00", "#1b1f24", "#5b6470", "#dfe3e8"


def bars(results):
    most = max(1.25, *(min(2.0, r["ratio"]) * 1.05 for r in results))
    height = TOP + STEP * len(results) + 44
    x = lambda ratio: LEFT + (WIDTH - LEFT - RIGHT) * min(ratio, most) / most
    text = lambda at, y, words, anchor="start", colour=INK, size=12: (
        f'<text x="{at:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{escape(words)}</text>')
    rule = lambda at, top, bottom, colour, width, dash="": (
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" stroke="{colour}" stroke-width="{width}"{dash}/>')
    bottom = TOP + STEP * len(results)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" role="img" '
             'aria-label="Time of Strata relative to the best peer">', f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
             text(LEFT, 24, "Time of Strata relative to the best peer (shorter is faster)", size=14)]
    for tick in (0.25 * i for i in range(int(most / 0.25) + 1)):
        parts += [rule(x(tick), TOP - 8, bottom, LINE, 1), text(x(tick), TOP - 14, f"{tick:g}", "middle", FAINT, 11)]
    parts.append(rule(x(1), TOP - 8, bottom, INK, 1.2))
    for i, r in enumerate(results):
        y = TOP + STEP * i + 4
        colour = SHORT if r["met"] is False else MET
        parts += [text(LEFT - 8, y + 13, r["workload"], "end"),
                  f'<rect x="{LEFT}" y="{y}" width="{x(r["ratio"]) - LEFT:.1f}" height="{BAR}" fill="{colour}"/>',
                  rule(x(r["floor_ms"] / r["best_peer_ms"]), y, y + BAR, "#ffffff", 2)]
        if r["bar"] is not None and r["against"] == r["best_peer"]:
            parts.append(rule(x(r["bar"]), y - 4, y + BAR + 4, INK, 1.6, ' stroke-dasharray="3 2"'))
        parts.append(text(WIDTH - RIGHT + 12, y + 13, f'{r["ratio"]:.2f}: {ms(r["ms"])} against {ms(r["best_peer_ms"])}, {r["best_peer"]}', size=11))
    parts += [text(LEFT, bottom + 22, "dashed: the bar; white: the floor of the machine, measured in the same run; orange: the bar is not met",
                   colour=FAINT, size=11), "</svg>"]
    return "\n".join(parts) + "\n"


def ms(value):
    return f"{value:.3g} ms" if value < 100 else f"{value:.0f} ms"
