#!/bin/sh
# ./picture.sh two_years.csv next_year.csv with.csv without.csv: the hours of daylight and what two models made of the
# three years, as an SVG. with.csv and without.csv have a line for each row of the first two files.
awk -F, '
  function across(year) { return 50 + year * 220 }
  function down(hours) { return 300 - (hours - 4) * 19 }
  FNR == 1 { ++file }
  file <= 2 && FNR > 1 { year[++rows] = $1; dots = dots sprintf("<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2\"/>\n", file == 1 ? "seen" : "unseen", across($1), down($2)) }
  file > 2 { points[file] = points[file] sprintf("%.1f,%.1f ", across(year[FNR]), down($1)) }
  END {
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 340\" width=\"760\">"
    print "<style>text { font: 13px sans-serif; fill: #444 } .seen { fill: #444 } .unseen { fill: #bbb } polyline { fill: none; stroke-width: 2 }"
    print ".with { stroke: #1f6fd0 } .without { stroke: #d0701f } line { stroke: #ccc }</style>"
    print "<rect width=\"760\" height=\"340\" fill=\"#fff\"/>"
    for (hours = 8; hours <= 16; hours += 4)
      printf "<line x1=\"50\" y1=\"%.1f\" x2=\"710\" y2=\"%.1f\"/><text x=\"14\" y=\"%.1f\">%d h</text>\n", down(hours), down(hours), down(hours) + 4, hours
    printf "<line x1=\"%d\" y1=\"40\" x2=\"%d\" y2=\"305\"/>\n", across(2), across(2)
    print "<clipPath id=\"frame\"><rect x=\"50\" y=\"40\" width=\"660\" height=\"265\"/></clipPath><g clip-path=\"url(#frame)\">"
    printf "%s<polyline class=\"without\" points=\"%s\"/>\n<polyline class=\"with\" points=\"%s\"/></g>\n", dots, points[4], points[3]
    printf "<text x=\"%d\" y=\"325\">two years to learn from</text><text x=\"%d\" y=\"325\">the year after</text>\n", across(0), across(2) + 6
    print "<text x=\"50\" y=\"24\" style=\"fill: #1f6fd0\">with Seasons</text><text x=\"160\" y=\"24\" style=\"fill: #d0701f\">with relu</text>"
    print "</svg>"
  }' "$@"
