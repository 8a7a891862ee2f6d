#!/bin/sh
# Hours of daylight at 52 degrees north, every fifth day, by the height of the sun: two years to learn from, and the next.
awk 'BEGIN {
  pi = atan2(0, -1)
  latitude = 52 * pi / 180
  for (day = 0; day < 3 * 365; day += 5) {
    file = day < 2 * 365 ? "two_years.csv" : "next_year.csv"
    if (day == 0 || day == 2 * 365) print "year,hours" > file
    declination = 23.44 * pi / 180 * sin(2 * pi * (day - 80) / 365)
    c = -sin(latitude) / cos(latitude) * sin(declination) / cos(declination)
    printf "%.4f,%.2f\n", day / 365, 24 / pi * atan2(sqrt(1 - c * c), c) > file
  }
}'
