#!/bin/sh
# ./mistakes.sh pixels.csv said.csv digit.csv: an SVG of the first eight images whose digit was said wrongly.
tail -n +2 "$3" | paste -d, "$2" - | awk -F, -v shown=8 '
  BEGIN {
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d 118\" width=\"%d\">\n", shown * 96, shown * 96
    print "<style>text { font: 14px sans-serif; text-anchor: middle; fill: #222 } rect { shape-rendering: crispEdges }</style>"
    printf "<rect width=\"%d\" height=\"118\" fill=\"#fff\"/>\n", shown * 96
  }
  NR == FNR { said[FNR] = $1; meant[FNR] = $2; next }
  FNR == 1 { next }  # the names of the columns
  said[FNR - 1] != meant[FNR - 1] && count < shown {
    for (i = 1; i <= 64; ++i) {
      grey = 255 - int($i * 255 / 16)
      printf "<rect x=\"%d\" y=\"%d\" width=\"10\" height=\"10\" fill=\"rgb(%d,%d,%d)\"/>\n",
        count * 96 + 8 + (i - 1) % 8 * 10, 8 + int((i - 1) / 8) * 10, grey, grey, grey
    }
    printf "<text x=\"%d\" y=\"108\">%s (%s)</text>\n", count * 96 + 48, said[FNR - 1], meant[FNR - 1]
    ++count
  }
  END { print "</svg>" }' - "$1"
