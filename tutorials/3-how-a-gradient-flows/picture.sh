#!/bin/sh
# ./picture.sh FILE: the network as an SVG, with the numbers that the program printed: forwards above, slopes below.
awk '
  NF == 2 { value[$1] = $2 }
  function arrow(x1, y1, x2, y2, part, forwards, slope,    x, y) {
    x = x1 + (x2 - x1) * part
    y = y1 + (y2 - y1) * part
    printf "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", x1, y1, x2, y2
    labels = labels sprintf("<rect class=\"label\" x=\"%d\" y=\"%d\" width=\"36\" height=\"36\"/>\n", x - 18, y - 18)
    labels = labels sprintf("<text x=\"%d\" y=\"%d\">%s</text>", x, y - 3, forwards)
    labels = labels sprintf("<text class=\"slope\" x=\"%d\" y=\"%d\">%s</text>\n", x, y + 14, slope)
  }
  function unit(x, y, name, forwards, slope) {
    printf "<circle cx=\"%d\" cy=\"%d\" r=\"34\"/>\n<text class=\"name\" x=\"%d\" y=\"%d\">%s</text>", x, y, x, y - 14, name
    printf "<text x=\"%d\" y=\"%d\">%s</text>", x, y + 4, forwards
    if (slope != "") printf "<text class=\"slope\" x=\"%d\" y=\"%d\">%s</text>", x, y + 22, slope
    print ""
  }
  END {
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 320\" width=\"760\">"
    print "<style>text { font: 15px sans-serif; text-anchor: middle; fill: #1f4e9c } .name { fill: #444 } .slope { fill: #b3261e }"
    print "circle { fill: #fff; stroke: #444; stroke-width: 1.5 } line { stroke: #999; stroke-width: 1.5 } .label { fill: #fff }</style>"
    print "<rect width=\"760\" height=\"320\" fill=\"#fff\"/>"
    arrow(60, 70, 290, 70, 0.5, "0.5", value["dW1"])
    arrow(60, 70, 290, 230, 0.32, "-1", value["dW2"])
    arrow(60, 230, 290, 70, 0.32, "1", value["dW3"])
    arrow(60, 230, 290, 230, 0.5, "0.5", value["dW4"])
    arrow(290, 70, 520, 150, 0.5, "1", value["dv1"])
    arrow(290, 230, 520, 150, 0.5, "2", value["dv2"])
    print "<line x1=\"520\" y1=\"150\" x2=\"690\" y2=\"150\"/>"
    print labels
    unit(60, 70, "x1", "1", "")
    unit(60, 230, "x2", "2", "")
    unit(290, 70, "z1", value["z1"], value["dz1"])
    unit(290, 230, "z2", value["z2"], value["dz2"])
    unit(520, 150, "y", value["y"], value["dy"])
    unit(690, 150, "loss", value["loss"], "")
    print "<text x=\"260\" y=\"305\">blue: forwards</text><text class=\"slope\" x=\"480\" y=\"305\">red: slopes of the loss, backwards</text>"
    print "</svg>"
  }' "$1"
